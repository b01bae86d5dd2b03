using System.Collections.Immutable;
using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain;

/// <summary>What a clock is doing.</summary>
public enum ClockState
{
    /// <summary>The word is owed; when its moment has passed, it is overdue.</summary>
    Running,

    /// <summary>Its time stands still for a reason that was given.</summary>
    Paused,

    /// <summary>The word came in time.</summary>
    Met,

    /// <summary>The word came too late.</summary>
    Late,

    /// <summary>The duty went elsewhere before the word was due.</summary>
    Moved,

    /// <summary>The duty went away when the word was overdue.</summary>
    Missed,
}

/// <summary>A part of the way of a clock from its start to its due moment.</summary>
/// <param name="Why">Why it does not count; empty when it does.</param>
/// <param name="IsOver">Whether it lies in the past of the explanation, which ends with the clock.</param>
public sealed record ClockSegment(Instant From, Instant To, bool Counts, string Why, bool IsOver)
{
    public Duration Length => To - From;
}

/// <summary>The same clock in one sentence for each of those who ask.</summary>
public sealed record ClockSentences(string Customer, string Agent, string Partner);

/// <summary>
/// The arithmetic of one clock, so that nobody has to believe it: from its start to its due moment without a gap, what
/// counts and what does not with the reason. It walks the calendar by which the clock was judged, with the same steps:
/// where the last counted segment ends, the word is due.
/// </summary>
public sealed record Explanation
{
    public required DutyClock Clock { get; init; }
    public required ClockState State { get; init; }

    /// <summary>The moment for which it is given: now, or the end of the clock.</summary>
    public required Instant AsOf { get; init; }

    /// <summary>When the word is due. Null while the clock is paused: nobody should rely on a moment that may still move.</summary>
    public Instant? DueAt => State == ClockState.Paused ? null : Clock.DueAt;

    /// <summary>From the start to the due moment; while the clock is paused, to the end of the pause.</summary>
    public required ImmutableArray<ClockSegment> Segments { get; init; }

    /// <summary>How much counted time there is in all.</summary>
    public required Duration Given { get; init; }

    /// <summary>How much of it is over: the sum of the counted segments that are. Never more than was given.</summary>
    public required Duration Elapsed { get; init; }

    public Duration Remaining => Given - Elapsed;

    /// <summary>How long the word is, or was, overdue on everybody's clock. Zero when it is not.</summary>
    public required Duration Overdue { get; init; }

    /// <summary>What counts, in a few words.</summary>
    public required string Rule { get; init; }

    /// <summary>The place on whose clock the party works; null where every second counts.</summary>
    public required string? Zone { get; init; }

    /// <summary>Explains a clock.</summary>
    /// <param name="ended">How it ended; null while it runs.</param>
    /// <param name="whyPaused">The reason that was given for the pause; empty where it is not for the reader.</param>
    public static Explanation Of(SlaBook book, DutyClock clock, EndedClock? ended, Instant now, string whyPaused = "")
    {
        // Since the last receipt the hub may have been away, or maintenance may have begun.
        if (ended is null) clock = book.GiveBack(clock, now);
        var asOf = ended?.EndedAt ?? Instant.Max(now, clock.StartedAt);
        var pinned = book.Pinned(clock.Calendar);
        // Where the calendar does not lead to the due moment, the clock was not judged by it: something was expected at a
        // time of its own, or the calendar has no working time.
        var way = Way(pinned);
        var isByCalendar = Duration.Max(Sum(way), clock.Length) - Duration.Min(Sum(way), clock.Length) < Duration.FromMilliseconds(1);
        if (!isByCalendar) way = Way(Calendar.Always);

        var isPaused = ended is null && asOf < clock.PausedUntil;
        return new()
        {
            Clock = clock,
            State = ended is null ? isPaused ? ClockState.Paused : ClockState.Running : Enum.Parse<ClockState>(ended.End.ToString()),
            AsOf = asOf,
            Segments = isPaused ? [.. way.Where(segment => segment.To <= clock.PausedUntil)] : way,
            Given = Sum(way),
            Elapsed = Sum(way.Where(segment => segment.IsOver)),
            Overdue = Duration.Max(Duration.Zero, asOf - clock.DueAt),
            Rule = isByCalendar ? pinned.Id == Calendar.Always.Id ? "every second counts" : $"working hours of calendar {clock.Calendar} count"
                : RuleOf(book, clock) is { AfterEta: { } after } ? $"{Words(after)} after the time that was expected" : $"every second counts, because calendar {clock.Calendar} has no working time",
            Zone = isByCalendar && pinned.Id != Calendar.Always.Id ? pinned.Zone : null,
        };

        ImmutableArray<ClockSegment> Way(Calendar calendar)
        {
            // Time is given back on the pinned calendar; one that was not judged by cannot say how much.
            Closure[] closures = calendar.Id == pinned.Id ? [.. GivenBack(book, clock, asOf)] : [];
            Instant[] cuts = [.. closures.SelectMany(closure => new[] { closure.From, closure.Until }), asOf];
            return [.. Pause(pinned, clock, whyPaused).Concat(calendar.Between(clock.PausedUntil ?? clock.StartedAt, clock.DueAt))
                .SelectMany(stretch => Cut(stretch, cuts)).Select(stretch => Closed(stretch, closures)).Select(stretch => new ClockSegment(stretch.From, stretch.To, stretch.Counts, stretch.Why, stretch.To <= asOf))];
        }
    }

    /// <summary>The sentences, with names, on the clock of a place.</summary>
    public ClockSentences Tell(Func<OrganizationId, string> nameOf, string zone)
    {
        var isCustomers = Clock.Party == OrganizationId.Customer;
        var party = isCustomers ? "the customer" : nameOf(Clock.Party);
        var what = Clock.Track == Track.Question ? "the answer to a question" : CodeLists.Find(Clock.Status) is { } status ? $"the next word after \"{status.Label[^1]}\"" : "the next word";
        var due = Sentences.Moment(Clock.DueAt, zone);
        var late = Words(Overdue);
        var skipped = Segments.Where(segment => !segment.Counts).Aggregate(Duration.Zero, (sum, segment) => sum + segment.Length);

        var arithmetic = $"{Words(Elapsed)} of {Words(Given)} are over{(skipped > Duration.Zero ? $", {Words(skipped)} on the way do not count" : "")}; {Rule}";
        return State switch
        {
            ClockState.Paused => new(
                isCustomers ? "Your case waits." : $"We wait until {Sentences.Moment(Clock.PausedUntil!.Value, zone)}. After that, {party} has to give news.",
                Sentence($"{what} from {party} is paused until {Sentences.Moment(Clock.PausedUntil!.Value, zone)}; {Words(Given)} are left after that."),
                Sentence($"{what} is paused until {Own(Clock.PausedUntil!.Value)}; {Words(Given)} are left after that (policy {Clock.Policy}, calendar {Clock.Calendar}).")),
            ClockState.Running => new(
                isCustomers ? $"Please answer by {due}, so that the work can go on." : Overdue > Duration.Zero ? $"We expected news from {party} by {due}. It has not come." : $"We expect news from {party} by {due}.",
                Sentence($"{what} from {party} {(Overdue > Duration.Zero ? $"was due {due} and is {late} overdue" : $"is due {due}")}: {arithmetic}."),
                Sentence($"{what} {(Overdue > Duration.Zero ? $"was due {Own(Clock.DueAt)} and is {late} overdue" : $"is due {Own(Clock.DueAt)}")} (policy {Clock.Policy}, calendar {Clock.Calendar}): {arithmetic}.")),
            ClockState.Met => Ended(isCustomers ? "You answered in time." : $"{party} gave news in time.", "came in time"),
            ClockState.Late => Ended(isCustomers ? "You have answered." : $"News from {party} came {late} late.", $"came {late} late"),
            ClockState.Moved => Ended(isCustomers ? "Your answer is no longer needed." : $"We no longer wait for this news from {party}.", "is no longer owed"),
            _ => Ended(isCustomers ? "Your answer is no longer needed." : $"News from {party} did not come.", $"never came and was {late} overdue at last"),
        };

        ClockSentences Ended(string customer, string how) => new(
            customer, Sentence($"{what} from {party} was due {due} and {how}: {arithmetic}."), Sentence($"{what} was due {Own(Clock.DueAt)} and {how} (policy {Clock.Policy}, calendar {Clock.Calendar}): {arithmetic}."));

        // A partner reads a moment as its own systems write it.
        string Own(Instant at) => OffsetDateTimePattern.Rfc3339.Format(at.InZone(Zone is null ? DateTimeZone.Utc : DateTimeZoneProviders.Tzdb[Zone]).ToOffsetDateTime());
    }

    /// <summary>A length of time in words, as exact as anybody wants to hear it: "1 day 2 h 5 min", "40 s".</summary>
    public static string Words(Duration length)
    {
        var (days, hours, minutes) = (length.Days, length.Hours, length.Minutes);
        string[] parts = [days > 0 ? Number(days, days == 1 ? "day" : "days") : "", hours > 0 ? Number(hours, "h") : "", minutes > 0 ? Number(minutes, "min") : ""];
        return string.Join(' ', parts.Where(part => part.Length > 0)) is { Length: > 0 } words ? words : Number(length.Seconds, "s");

        static string Number(int number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit}");
    }

    // A holiday inside a pause does not count for two reasons; who asks why the pause brought nothing should read both.
    private static IEnumerable<Stretch> Pause(Calendar calendar, DutyClock clock, string why) => clock.PausedUntil is not { } until ? [] :
        calendar.Between(clock.StartedAt, until).Select(stretch => stretch with
        {
            Counts = false,
            Why = $"paused{(why.Length > 0 ? ": " + why : "")}{(stretch.Counts ? "" : $", and not counted anyway: {stretch.Why}")}",
        });

    /// <summary>The stretches in which the party could not be expected to speak, as far as they were given back: no time twice.</summary>
    private static IEnumerable<Closure> GivenBack(SlaBook book, DutyClock clock, Instant asOf)
    {
        var upTo = clock.StartedAt;
        foreach (var closure in book.Closures)
        {
            if (!(clock.GivenBackUntil >= closure.Until) || closure.KnownFrom > asOf || closure.Until <= upTo || closure.From >= clock.DueAt || (closure.Organization is { } only && only != clock.Party)) continue;
            yield return closure with { From = Instant.Max(closure.From, upTo) };
            upTo = closure.Until;
        }
    }

    private static Stretch Closed(Stretch stretch, Closure[] closures) =>
        stretch.Counts && Array.Find(closures, closure => closure.From <= stretch.From && stretch.To <= closure.Until) is { } closed ? stretch with { Counts = false, Why = closed.Reason } : stretch;

    private static IEnumerable<Stretch> Cut(Stretch stretch, Instant[] cuts)
    {
        Instant[] ends = [.. cuts.Where(cut => stretch.From < cut && cut < stretch.To).Distinct().Order(), stretch.To];
        var from = stretch.From;
        foreach (var end in ends)
        {
            yield return stretch with { From = from, To = end };
            from = end;
        }
    }

    private static Duration Sum(IEnumerable<ClockSegment> segments) => segments.Where(segment => segment.Counts).Aggregate(Duration.Zero, (sum, segment) => sum + segment.Length);

    private static SlaRule? RuleOf(SlaBook book, DutyClock clock) =>
        book.Agreements.FirstOrDefault(dated => dated.Value.Name == clock.Policy)?.Value.Rules.FirstOrDefault(rule => rule.Status == clock.Status) ?? book.PinnedPolicy(clock).RuleFor(clock.Status);

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
