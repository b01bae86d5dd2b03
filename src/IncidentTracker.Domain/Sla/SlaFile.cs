using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain;

/// <summary>
/// What parties have agreed on, as people write it down: policies, agreements, working hours and announced maintenance, in
/// JSON. Every entry has a version and a day from which it holds, and says so itself.
/// </summary>
public static class SlaFile
{
    // Nobody waits for a word for longer, and sums of it still are moments.
    private static readonly Duration Longest = Duration.FromDays(3_660);

    // So many lengths of the longest time still end at a moment.
    private const int MostLengths = 100;

    // What was left out stays out.
    private static readonly JsonSerializerOptions AsWritten = new(CodeLists.Json) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    private static readonly JsonSerializerOptions ForPeople = new(AsWritten) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a file. Whatever is wrong is said with the entry it is in.</summary>
    /// <exception cref="SlaFileException">It cannot be used.</exception>
    public static IReadOnlyList<Edition> Read(string json)
    {
        var file = Parse<Content>(json, "the file");
        var calendars = file.Calendars.Or().Select(entry => entry.ToCalendar()).ToArray();
        if (calendars.GroupBy(calendar => calendar.Name).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new SlaFileException($"The calendar {twice.Key} stands there twice.");
        if (calendars.Any(calendar => calendar.Id == Calendar.Always.Id)) throw new SlaFileException($"A calendar cannot be named {Calendar.Always.Id}: that is the hub's own name for around the clock.");
        if (file.Policies.Or().Select(entry => entry.Name).Concat(file.Agreements.Or().Select(entry => entry.Name)).Any(name => name == CodeLists.DefaultPolicy.Name))
            throw new SlaFileException($"{CodeLists.DefaultPolicy.Name} is the policy that the hub comes with. Give yours another id, or a later version.");

        return
        [
            .. file.Policies.Or().Select(entry => new Edition(EditionKind.Policy, entry.Name, From(entry.ActiveFrom, entry.Name), Text(entry))),
            .. file.Agreements.Or().Select(entry => new Edition(EditionKind.Agreement, entry.Name, From(entry.ActiveFrom, entry.Name), Text(entry))),
            .. file.Hours.Or().Select(entry => new Edition(EditionKind.Hours, entry.Name, From(entry.ActiveFrom, entry.Name), Text(entry with
            {
                Inline = file.Calendars.Or().FirstOrDefault(calendar => calendar.Name == entry.Calendar) ?? throw new SlaFileException($"hours of {entry.Organization}: there is no calendar {entry.Calendar}; write id/version of one in \"calendars\"."),
            }))),
            .. file.Maintenance.Or().Select(entry => new Edition(EditionKind.Maintenance, entry.Name, From(entry.From, entry.Name), Text(entry))),
            .. file.Calendars.Or().Select(entry => new Edition(EditionKind.Calendar, entry.Name, Instant.FromUnixTimeTicks(0), Text(entry))),
        ];
    }

    /// <summary>The next version of the last calendar of this name in a file, as an entry for it, with holidays that were looked at. Empty: they are all in it already.</summary>
    /// <exception cref="SlaFileException">There is no such calendar.</exception>
    public static string WithHolidays(string json, string calendar, HolidayPreview preview)
    {
        var last = Parse<Content>(json, "the file").Calendars.Or().Where(entry => entry.Id == calendar).MaxBy(entry => entry.Version) ?? throw new SlaFileException($"the file has no calendar \"{calendar}\".");
        var next = preview.ApplyTo(last.ToCalendar(), preview.Days);
        return next.Version == last.Version ? "" : JsonSerializer.Serialize(last with { Version = next.Version, Holidays = [.. next.Holidays.Select(holiday => new HolidayEntry(LocalDatePattern.Iso.Format(holiday.Day), holiday.Name))] }, ForPeople);
    }

    /// <summary>What of a file is not known yet. Whatever has a name never changes, and of what clocks remember no two things have the same one.</summary>
    /// <exception cref="SlaFileException">A name means something else already.</exception>
    public static IReadOnlyList<Edition> NotKnown(IEnumerable<Edition> known, IEnumerable<Edition> read)
    {
        var all = new Dictionary<(bool, EditionKind, string), Edition>();
        foreach (var edition in known) all.TryAdd(Key(edition), edition);
        var added = new List<Edition>();
        foreach (var edition in read)
        {
            if (all.TryAdd(Key(edition), edition))
            {
                added.Add(edition);
                continue;
            }
            var before = all[Key(edition)];
            if (before.Kind != edition.Kind) throw new SlaFileException($"{edition.Name} would be a policy and an agreement. Clocks remember the name alone: give one of them another.");
            if (added.Contains(before)) throw new SlaFileException($"{edition.Name} stands there twice.");
            if (before.Body != edition.Body) throw new SlaFileException($"{edition.Name} is in the database with other content. What was announced never changes: give it a new version.");
        }
        return added;

        static (bool, EditionKind, string) Key(Edition edition) =>
            edition.Kind is EditionKind.Policy or EditionKind.Agreement ? (true, default, edition.Name) : (false, edition.Kind, edition.Name);
    }

    /// <summary>Puts editions into a book, on top of the default policy.</summary>
    public static SlaBook Book(IEnumerable<Edition> editions, IEnumerable<Closure> outages)
    {
        var inOrder = editions.OrderBy(edition => edition.From).ThenBy(edition => edition.Name, StringComparer.Ordinal).ToLookup(edition => edition.Kind);
        return SlaBook.Default with
        {
            Policies = [.. SlaBook.Default.Policies, .. inOrder[EditionKind.Policy].Select(edition => new Dated<SlaPolicy>(edition.From, Parse<PolicyEntry>(edition.Body, edition.Name).ToPolicy()))],
            Agreements = [.. inOrder[EditionKind.Agreement].Select(edition => new Dated<Agreement>(edition.From, Parse<AgreementEntry>(edition.Body, edition.Name).ToAgreement()))],
            Hours = [.. inOrder[EditionKind.Hours].Select(edition => new Dated<WorkingHours>(edition.From, Parse<HoursEntry>(edition.Body, edition.Name).ToHours()))],
            Closures = [.. inOrder[EditionKind.Maintenance].Select(edition => Parse<MaintenanceEntry>(edition.Body, edition.Name).ToClosure()).Concat(outages).OrderBy(closure => closure.From).ThenBy(closure => closure.Until)],
        };
    }

    private static T Parse<T>(string json, string name)
    {
        try
        {
            using (var written = JsonDocument.Parse(json))
                if (HasGap(written.RootElement)) throw new SlaFileException($"{name}: a list has null where an entry belongs.");
            return JsonSerializer.Deserialize<T>(json, CodeLists.Json) ?? throw new SlaFileException($"{name} is empty.");
        }
        catch (JsonException wrong)
        {
            // Which types the program has is nothing to whoever wrote the file.
            throw new SlaFileException($"{name}: {wrong.Path}: {(wrong.Message.StartsWith("The JSON value", StringComparison.Ordinal) ? "this value does not belong there. The README of Sla says what does." : wrong.Message)}");
        }
    }

    private static bool HasGap(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.Null || HasGap(one)),
        JsonValueKind.Object => element.EnumerateObject().Any(one => HasGap(one.Value)),
        _ => false,
    };

    private static string Text<T>(T entry) where T : IEntry
    {
        entry.Check();
        return JsonSerializer.Serialize(entry, AsWritten);
    }

    private static Instant From(string? text, string name) => text is null ? throw new SlaFileException($"{name}: say from when on it holds: \"activeFrom\": \"2027-01-01T00:00:00Z\".") : Moment(text, name);

    private static Instant Moment(string text, string name) => InstantPattern.ExtendedIso.Parse(text) is { Success: true } parsed
        ? parsed.Value : throw new SlaFileException($"{name}: \"{text}\" is no moment in UTC such as 2027-01-01T00:00:00Z.");

    private static Duration Length(string iso, string name)
    {
        if (PeriodPattern.NormalizingIso.Parse(iso) is { Success: true, Value: { Months: 0, Years: 0, Weeks: >= 0 and < 600, Days: >= 0 and < 4000 } period } && period.ToDuration() is var length && length >= Duration.Zero && length <= Longest) return length;
        throw new SlaFileException($"{name}: \"{iso}\" is no length such as PT4H or P1D, of at most ten years.");
    }

    private static void CheckOnce(ImmutableArray<RuleEntry> rules, string name)
    {
        if (rules.GroupBy(rule => rule.Status).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new SlaFileException($"{name}: there are two rules for {twice.Key}.");
    }

    private static void CheckLadder(ImmutableArray<Escalation> steps, string name)
    {
        if (steps.FirstOrDefault(step => step.To <= ClockStage.Breached) is { } low) throw new SlaFileException($"{name}: the steps of \"escalation\" are HEADQUARTERS, SUPERVISOR and MEDIATOR; {Named(low.To)} is none.");
        if (steps.FirstOrDefault(step => step.After is not (> 0 and <= MostLengths)) is { } far) throw new SlaFileException($"{name}: {Named(far.To)} comes after more than 0 and at most {MostLengths} lengths of the time that was given.");

        // Told is the highest step whose time has come. What stands behind a higher one, or comes no sooner than one, is passed over.
        var never = steps.Where((step, i) => steps.Take(i).Any(before => before.To >= step.To) || steps.Skip(i + 1).Any(later => later.To > step.To && later.After <= step.After)).ToArray();
        if (never.Length > 0) throw new SlaFileException($"{name}: in \"escalation\" {string.Join(" and ", never.Select(step => Named(step.To)))} {(never.Length == 1 ? "is" : "are")} never reached: the steps go up, each later than the one before.");

        static string Named(ClockStage stage) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(stage.ToString());
    }

    private static ImmutableArray<T> Or<T>(this ImmutableArray<T> given) => given.IsDefault ? [] : given;

    private interface IEntry
    {
        void Check();
    }

    private sealed record Content(
        ImmutableArray<PolicyEntry> Policies = default, ImmutableArray<CalendarEntry> Calendars = default, ImmutableArray<HoursEntry> Hours = default,
        ImmutableArray<AgreementEntry> Agreements = default, ImmutableArray<MaintenanceEntry> Maintenance = default);

    internal sealed record PolicyEntry(
        string Id, int Version, double WarnAt, int StillSearchingAtMost, string PauseAtMost, string Question, string Handover, ImmutableArray<Escalation> Escalation, ImmutableArray<RuleEntry> Rules,
        string? ActiveFrom = null, string? Note = null, ImmutableArray<PromptEntry> Prompts = default) : IEntry
    {
        [JsonIgnore]
        public string Name => $"{Id}/{Version}";

        public SlaPolicy ToPolicy() => new(Id, Version, WarnAt, StillSearchingAtMost, Length(PauseAtMost, Name), new(SlaRule.Question, Length(Question, Name), [], null, SlaHours.Business, false),
            new(SlaRule.Handover, Length(Handover, Name), [], null, SlaHours.Business, false),
            Escalation, [.. Rules.Select(rule => rule.ToRule(Name))])
        {
            Prompts = [.. Prompts.Or().Select(prompt => prompt.ToPrompt(Name))],
        };

        public void Check()
        {
            var policy = ToPolicy();
            if (Version < 1) throw new SlaFileException($"{Name}: versions begin with 1.");
            if (WarnAt is <= 0 or > 1) throw new SlaFileException($"{Name}: \"warnAt\" is a share of the time, above 0 and at most 1.");
            CheckLadder(policy.Escalation, Name);
            CheckOnce(Rules, Name);
            if (Rules.FirstOrDefault(rule => rule.Status is SlaRule.Question or SlaRule.Handover) is { } beside)
                throw new SlaFileException($"{Name}: a policy says \"{beside.Status.ToLowerInvariant()}\" beside its rules, not among them.");
            if (policy.Prompts.Select(prompt => prompt.Problem).FirstOrDefault(problem => problem is not null) is { } wrong) throw new SlaFileException($"{Name}: {wrong}");
            if (policy.Prompts.GroupBy(prompt => prompt.Name).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new SlaFileException($"{Name}: the prompt {twice.Key} stands there twice.");
            // A status without a rule would be a silence that nobody hears.
            if (CodeLists.StatusCodes.FirstOrDefault(status => status.NextWord is not null && policy.RuleFor(status.Code) is null) is { } missing)
                throw new SlaFileException($"{Name}: there is no rule for {missing.Code}.");
        }
    }

    internal sealed record RuleEntry(
        string Status, string Within, ImmutableArray<StepEntry> Steps = default, string? AfterEta = null, SlaHours Hours = SlaHours.Elapsed, bool Pauses = false, string? Then = null, string? Critical = null)
    {
        public SlaRule ToRule(string name) => Status is SlaRule.Question or SlaRule.Handover || CodeLists.Find(Status) is { NextWord: not null }
            ? new(Status, Length(Within, name), [.. Steps.Or().Select(step => new SlaStep(Length(step.UntilAge, name), Length(step.Within, name)))], AfterEta is { } after ? Length(after, name) : null, Hours, Pauses, Then is { } then ? Length(then, name) : null, Critical is { } critical ? Length(critical, name) : null)
            : throw new SlaFileException($"{name}: after {Status} nobody owes a word, or there is no such status.");
    }

    internal sealed record PromptEntry(
        string Name, string After, Role Asks, string Text, ImmutableArray<string> Unless = default, ImmutableArray<string> When = default, Phase Until = Phase.Found, string? Owner = null)
    {
        public Prompt ToPrompt(string policy) => new(Name, Length(After, policy), Asks, Text, Unless.Or(), When.Or(), Until, Owner is { } owner ? new(owner) : null);
    }

    internal sealed record StepEntry(string UntilAge, string Within);

    private sealed record AgreementEntry(string Id, int Version, string ActiveFrom, ScopeEntry For, ImmutableArray<RuleEntry> Rules, ImmutableArray<Escalation> Escalation = default) : IEntry
    {
        [JsonIgnore]
        public string Name => $"{Id}/{Version}";

        public Agreement ToAgreement() => new(Id, Version,
            new(For.Organization is { } party ? new(party) : null, For.Station ?? "", For.Tier ?? "", For.Priority, For.Kind), [.. Rules.Select(rule => rule.ToRule(Name))], Escalation.Or());

        public void Check()
        {
            if (Version < 1) throw new SlaFileException($"{Name}: versions begin with 1.");
            if (For == new ScopeEntry()) throw new SlaFileException($"{Name}: \"for\" names at least one of organization, station, tier, priority and kind. What holds for all is a policy.");
            if (Rules.IsEmpty) throw new SlaFileException($"{Name} has no rules, so it would change nothing. Its ladder, too, is for the words that its rules are about.");
            CheckLadder(ToAgreement().Escalation, Name);
            CheckOnce(Rules, Name);
        }
    }

    private sealed record ScopeEntry(string? Organization = null, string? Station = null, string? Tier = null, CasePriority? Priority = null, IncidentKind? Kind = null);

    private sealed record CalendarEntry(string Id, int Version, string Zone, ImmutableArray<WeekEntry> Week, ImmutableArray<HolidayEntry> Holidays = default) : IEntry
    {
        [JsonIgnore]
        public string Name => $"{Id}/{Version}";

        public Calendar ToCalendar()
        {
            var calendar = new Calendar(Id, Version, Zone, [.. Week.SelectMany(entry => entry.Days.SelectMany(day => entry.Hours.Select(hours => Window(day, hours))))],
                [.. Holidays.Or().Select(holiday => new Holiday(LocalDatePattern.Iso.Parse(holiday.Day) is { Success: true } day ? day.Value : throw new SlaFileException($"{Name}: \"{holiday.Day}\" is no day such as 2026-12-25."), holiday.Name))]);
            return calendar.Check().FirstOrDefault() is { } wrong ? throw new SlaFileException($"{Name}: {wrong}") : calendar;
        }

        public void Check() => _ = ToCalendar();

        private OpeningHours Window(IsoDayOfWeek day, string hours)
        {
            var parts = hours.Split('-');
            var times = parts.Select(part => LocalTimePattern.CreateWithInvariantCulture("HH:mm").Parse(part == "24:00" ? "00:00" : part)).ToArray();
            if (times.Length != 2 || times.Any(time => !time.Success) || day == IsoDayOfWeek.None) throw new SlaFileException($"{Name}: \"{hours}\" is no window such as 08:00-12:00.");
            return new(day, times[0].Value, times[1].Value);
        }
    }

    private sealed record WeekEntry(ImmutableArray<IsoDayOfWeek> Days, ImmutableArray<string> Hours);

    private sealed record HolidayEntry(string Day, string Name);

    private sealed record HoursEntry(string Organization, string Calendar, string ActiveFrom, string? Station = null, CalendarEntry? Inline = null) : IEntry
    {
        [JsonIgnore]
        public string Name => string.Create(CultureInfo.InvariantCulture, $"{Organization}{(Station is null ? "" : "-" + Station)}/{Calendar}");

        public WorkingHours ToHours() => new(new(Organization), Station ?? "", Inline!.ToCalendar());

        public void Check() => _ = ToHours();
    }

    private sealed record MaintenanceEntry(string Organization, string From, string Until, string Reason) : IEntry
    {
        [JsonIgnore]
        public string Name => $"{Organization}/{From}";

        // It was announced before it began, or it could not have been written down: editions hold from a later moment on.
        public Closure ToClosure() => new(new(Organization), Moment(From, Name), Moment(Until, Name), Moment(From, Name), Reason);

        public void Check()
        {
            var closure = ToClosure();
            if (closure.Until <= closure.From) throw new SlaFileException($"{Name}: the maintenance ends before it begins.");
            if (closure.Until - closure.From > Duration.FromDays(3)) throw new SlaFileException($"{Name}: maintenance of more than three days is none; agree on other times.");
        }
    }
}

/// <summary>An entry that has come into force, or will. It never changes: what is new has a new version.</summary>
/// <param name="Name">Identifier and version, for example gold/2.</param>
/// <param name="Body">The entry itself, in JSON.</param>
public sealed record Edition(EditionKind Kind, string Name, Instant From, string Body);

/// <summary>What an edition is about.</summary>
public enum EditionKind { Policy, Agreement, Hours, Maintenance, Calendar }

/// <summary>A file of agreements cannot be used; the message says what to change.</summary>
public sealed class SlaFileException(string message) : Exception(message);
