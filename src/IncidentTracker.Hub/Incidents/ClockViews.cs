using System.ComponentModel;

namespace IncidentTracker.Incidents;

/// <summary>The clocks of a case.</summary>
internal sealed record ClockList(
    [property: Description("Public reference, for example K7Q-4M2-XDC.")] string Reference,
    [property: Description("Version of the timeline they were told from.")] long TimelineVersion,
    [property: Description("The moment for which running clocks are told, UTC.")] DateTimeOffset AsOfTime,
    [property: Description("The clocks, in the order in which they started.")] IReadOnlyList<ClockView> Clocks);

/// <summary>A clock: who owes, or owed, a word by when.</summary>
internal sealed record ClockView
{
    [Description("Names the clock within its case: 1 for the first that ever ran there.")]
    public required int Number { get; init; }

    [Description("The bag or object it is about. Absent: the case.")]
    public string? ItemId { get; init; }

    [Description("Who owes the word: a name, or \"You\" for the traveller.")]
    public required string From { get; init; }

    [Description("RUNNING, PAUSED, MET, LATE, MOVED (the duty went elsewhere in time) or MISSED (it went when it was overdue).")]
    public required string State { get; init; }

    [Description("When it started, UTC.")]
    public required DateTimeOffset StartTime { get; init; }

    [Description("When the word is due, UTC: at this moment it is in time, after it it is late. Absent while the clock is paused.")]
    public DateTimeOffset? DueTime { get; init; }

    [Description("When the pause ends, UTC. Only while the clock is paused.")]
    public DateTimeOffset? PausedUntilTime { get; init; }

    [Description("When it ended, UTC. Absent while it runs.")]
    public DateTimeOffset? EndTime { get; init; }

    [Description("How much of the counted time is over, ISO 8601. Never more than was given.")]
    public required string Elapsed { get; init; }

    [Description("How much counted time is left, ISO 8601.")]
    public required string Remaining { get; init; }

    [Description("How long the word is, or was, overdue, ISO 8601, every second counted. Absent when it is not.")]
    public string? Overdue { get; init; }

    [Description("One sentence for the traveller.")]
    public required string Sentence { get; init; }

    [Description("What only parties to the case read. Absent for the traveller.")]
    public ClockPartyView? Party { get; init; }
}

/// <summary>What a party to the case reads besides of a clock.</summary>
internal sealed record ClockPartyView(
    [property: Description("Who owes the word: organization identifier, or CUSTOMER.")] string PartyId,
    [property: Description("The status after which it is owed. Absent for a question.")] string? StatusCode,
    [property: Description("MAIN, DAMAGE, CLAIM or QUESTION. More may come.")] string Track,
    [property: Description("1 for the first word that is owed after the status, 2 for the one after that, and so on.")] int Cycle,
    [property: Description("Who asked; only for a question.")] string? AskedById,
    [property: Description("What counts as time, in a few words.")] string Rule,
    [property: Description("Policy it is judged by: identifier and version.")] string Policy,
    [property: Description("Calendar it is judged by: identifier and version.")] string Calendar,
    [property: Description("One sentence for whoever speaks with the traveller.")] string AgentSentence,
    [property: Description("One sentence for the party that owes the word.")] string PartnerSentence);

/// <summary>The arithmetic of a clock.</summary>
internal sealed record ExplanationView
{
    [Description("Public reference of the case.")]
    public required string Reference { get; init; }

    [Description("The moment for which it is explained, UTC: now, or when the clock ended.")]
    public required DateTimeOffset AsOfTime { get; init; }

    [Description("The clock.")]
    public required ClockView Clock { get; init; }

    [Description("The zone (IANA) of the place whose working hours count. Absent: every second counts.")]
    public string? TimeZone { get; init; }

    [Description("How much counted time there is in all, ISO 8601: elapsed and remaining together.")]
    public required string Given { get; init; }

    [Description("The way from the start to the due moment, without a gap. What counts and is over adds up to elapsed.")]
    public required IReadOnlyList<SegmentView> Segments { get; init; }
}

/// <summary>A stretch of that way.</summary>
internal sealed record SegmentView(
    [property: Description("From when, UTC.")] DateTimeOffset From,
    [property: Description("Up to and without this moment, UTC.")] DateTimeOffset To,
    [property: Description("How long, ISO 8601.")] string Length,
    [property: Description("Whether it counts.")] bool Counts,
    [property: Description("Why it does not count: outside working hours, a holiday by its name, or a pause. Absent when it does.")] string? Why,
    [property: Description("Whether it lies before asOfTime.")] bool Over);
