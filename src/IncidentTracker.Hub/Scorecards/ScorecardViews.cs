using System.ComponentModel;
using System.Xml;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using NodaTime;

namespace IncidentTracker.Scorecards;

/// <summary>How well a party kept others informed in a period.</summary>
internal sealed record ScorecardView
{
    private const int MostNamed = 100;

    [Description("Whose it is.")]
    public required string OrganizationId { get; init; }

    [Description("Its name.")]
    public required string Name { get; init; }

    [Description("From this moment on, UTC.")]
    public required DateTimeOffset FromTime { get; init; }

    [Description("Up to and without this moment, UTC.")]
    public required DateTimeOffset ToTime { get; init; }

    [Description("The moment for which running clocks are told, UTC.")]
    public required DateTimeOffset AsOfTime { get; init; }

    [Description("How many cases it had any part in.")]
    public required int Cases { get; init; }

    [Description("As the hub saw it.")]
    public required TallyView Raw { get; init; }

    [Description("The same with the appeals that were granted: those clocks are voided.")]
    public required TallyView Adjusted { get; init; }

    [Description("Of the late ones: what the word tells had happened before it was due. Handled in time, reported late.")]
    public required int HandledInTime { get; init; }

    [Description("Time in which it could not speak and which it got back, ISO 8601.")]
    public required string GivenBack { get; init; }

    [Description("How much of the life of all cases was its time, ISO 8601: the sum of their ledgers.")]
    public required string Time { get; init; }

    [Description("The same in seconds.")]
    public required long TimeSeconds { get; init; }

    [Description("The part of it in which a word of its was overdue and all others waited, ISO 8601.")]
    public required string Waiting { get; init; }

    [Description("The same in seconds.")]
    public required long WaitingSeconds { get; init; }

    [Description("How often travellers or agents had to ask or tell meanwhile.")]
    public required int Contacts { get; init; }

    [Description("How many things it reported that it knew the moment of.")]
    public required int Reports { get; init; }

    [Description("So soon after they happened at least 95 of 100 were reported, ISO 8601. Absent: nothing was reported.")]
    public string? ReportedWithinP95 { get; init; }

    [Description("The longest that anything took to be reported, ISO 8601.")]
    public string? ReportedWithinLongest { get; init; }

    [Description("How often its whole line was silent.")]
    public required int LineSilences { get; init; }

    [Description("The adjusted tally for each status after which a word was owed.")]
    public required IReadOnlyList<StatusTallyView> Statuses { get; init; }

    [Description("The clocks that were overdue longest, at most 100. The CSV has all.")]
    public required IReadOnlyList<OverdueView> LongestOverdue { get; init; }

    [Description("How many cases of the hub could not be read and are missing here.")]
    public required int UnreadableCases { get; init; }

    [Description("Those of them that the caller is a party to, at most 100.")]
    public required IReadOnlyList<string> UnreadableReferences { get; init; }

    public static ScorecardView Of(ScoreReport report, OrganizationId party, Register register, Func<UnreadCase, bool> mayName)
    {
        var card = report.Of(party);
        return new()
        {
            OrganizationId = party.Value,
            Name = register.NameOf(party),
            FromTime = report.Period.From.ToDateTimeOffset(),
            ToTime = report.Period.To.ToDateTimeOffset(),
            AsOfTime = report.AsOf.ToDateTimeOffset(),
            Cases = card.Cases,
            Raw = TallyView.Of(card.Raw),
            Adjusted = TallyView.Of(card.Adjusted),
            HandledInTime = card.HandledInTime,
            GivenBack = Iso(card.GivenBack),
            Time = Iso(card.Time),
            TimeSeconds = (long)card.Time.TotalSeconds,
            Waiting = Iso(card.Waiting),
            WaitingSeconds = (long)card.Waiting.TotalSeconds,
            Contacts = card.Contacts,
            Reports = card.Lags.Reports,
            ReportedWithinP95 = card.Lags.P95 is { } p95 ? Iso(p95) : null,
            ReportedWithinLongest = card.Lags.Longest is { } longest ? Iso(longest) : null,
            LineSilences = report.SilencesOf(party),
            Statuses = [.. card.ByStatus.Select(one => new StatusTallyView(one.Key, TallyView.Of(one.Value)))],
            LongestOverdue = [.. card.Longest.Select(OverdueView.Of)],
            UnreadableCases = report.Unreadable.Count,
            UnreadableReferences = [.. report.Unreadable.Where(mayName).Take(MostNamed).Select(one => one.Reference)],
        };
    }

    public static string Iso(Duration length) => XmlConvert.ToString(length.ToTimeSpan());
}

/// <summary>How many clocks counted how.</summary>
internal sealed record TallyView(
    [property: Description("All of them: the sum of the following.")] int Clocks,
    [property: Description("The word came in time.")] int Met,
    [property: Description("The word came, but late.")] int Late,
    [property: Description("The word never came: the duty went away overdue, or is overdue still.")] int Silent,
    [property: Description("The duty went elsewhere in time: it counts for nobody.")] int Moved,
    [property: Description("It does not count: an appeal was granted, or only time that was given back kept it from being overdue.")] int Voided,
    [property: Description("The word is not due yet.")] int Open,
    [property: Description("Met, of those that were met, late or silent, from 0 to 1. Absent: there are none.")] double? ShareMet)
{
    public static TallyView Of(Tally tally) => new(tally.Clocks, tally.Met, tally.Late, tally.Silent, tally.Moved, tally.Voided, tally.Open, tally.ShareMet is { } share ? Math.Round(share, 4) : null);
}

/// <summary>The tally of one status.</summary>
internal sealed record StatusTallyView(
    [property: Description("The status after which a word was owed, or QUESTION.")] string StatusCode,
    [property: Description("How many clocks counted how.")] TallyView Adjusted);

/// <summary>A clock that was overdue.</summary>
internal sealed record OverdueView(
    [property: Description("Public reference of the case.")] string Reference,
    [property: Description("Number of the clock within its case.")] int Clock,
    [property: Description("The status after which a word was owed, or QUESTION.")] string StatusCode,
    [property: Description("When the word was due, UTC.")] DateTimeOffset DueTime,
    [property: Description("When the clock ended, UTC. Absent: it is overdue still.")] DateTimeOffset? EndTime,
    [property: Description("How long it was overdue, ISO 8601.")] string Overdue,
    [property: Description("LATE or SILENT.")] string Raw,
    [property: Description("The same, or VOIDED by an appeal.")] string Adjusted,
    [property: Description("Handled in time, reported late.")] bool HandledInTime)
{
    public static OverdueView Of(OverdueClock one) => new(
        one.Case, one.Clock.Clock.Number, one.Clock.Clock.Status, one.Clock.Clock.DueAt.ToDateTimeOffset(), one.Clock.EndedAt?.ToDateTimeOffset(), ScorecardView.Iso(one.Clock.Overdue),
        Named.Of(one.Clock.Raw), Named.Of(one.Clock.Adjusted), one.Clock.HandledInTime);
}
