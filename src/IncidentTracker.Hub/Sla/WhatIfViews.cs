using System.ComponentModel;
using System.Text.Json;
using IncidentTracker.Domain;
using IncidentTracker.Scorecards;
using NodaTime;

namespace IncidentTracker.Sla;

/// <summary>A draft, and the period to try it on.</summary>
internal sealed record WhatIfBody
{
    [Description("Policies, agreements, calendars, hours and maintenance, in the form of a file of agreements. What is known already may stand in it unchanged.")]
    public required JsonElement Draft { get; init; }

    [Description("First day or moment of the period, UTC. Leave out for thirty days before its end.")]
    public string? From { get; init; }

    [Description("End of the period, which is not part of it any more, UTC. Leave out for now.")]
    public string? To { get; init; }
}

/// <summary>What a draft would have changed.</summary>
internal sealed record WhatIfView
{
    private const int MostNamed = 100;

    [Description("From this moment on, UTC.")]
    public required DateTimeOffset FromTime { get; init; }

    [Description("Up to and without this moment, UTC.")]
    public required DateTimeOffset ToTime { get; init; }

    [Description("The moment for which running clocks are told, UTC.")]
    public required DateTimeOffset AsOfTime { get; init; }

    [Description("How many cases were tried.")]
    public required int Cases { get; init; }

    [Description("In how many of them any clock of the period would have been due at another moment, or overdue where it was not, or the other way round.")]
    public required int CasesThatDiffer { get; init; }

    [Description("How many clocks were compared.")]
    public required int Clocks { get; init; }

    [Description("Words that would have been overdue and were not.")]
    public required int MoreBreaches { get; init; }

    [Description("Words that were overdue and would not have been.")]
    public required int FewerBreaches { get; init; }

    [Description("By who owed the word and after which status. Only where anything was or would have been overdue.")]
    public required IReadOnlyList<BreachView> Breaches { get; init; }

    [Description("How often the hub would have said each of its words in the period.")]
    public required IReadOnlyList<WordsView> HubWords { get; init; }

    [Description("The first 100 cases that differ, oldest first.")]
    public required IReadOnlyList<DifferingCaseView> FirstThatDiffer { get; init; }

    [Description("How many cases could not be read and are missing here.")]
    public required int UnreadableCases { get; init; }

    [Description("Which, at most 100.")]
    public required IReadOnlyList<string> UnreadableReferences { get; init; }

    public static WhatIfView Of(WhatIf told, ScorePeriod period, Instant now, IReadOnlyList<UnreadCase> unread) => new()
    {
        FromTime = period.From.ToDateTimeOffset(),
        ToTime = period.To.ToDateTimeOffset(),
        AsOfTime = now.ToDateTimeOffset(),
        Cases = told.Cases,
        CasesThatDiffer = told.Differing,
        Clocks = told.Clocks,
        MoreBreaches = told.Breaches.Values.Sum(breach => breach.More),
        FewerBreaches = told.Breaches.Values.Sum(breach => breach.Fewer),
        Breaches = [.. told.Breaches.Select(one => new BreachView(one.Key.Party, one.Key.Status, one.Value.Before, one.Value.After, one.Value.More, one.Value.Fewer))],
        HubWords = [.. told.Words.Select(one => new WordsView(one.Key, one.Value.Before, one.Value.After))],
        FirstThatDiffer = [.. told.First.Select(one => new DifferingCaseView(one.Case, [.. one.Clocks.Where(clock => clock.Differs).Select(ComparedClockView.Of)]))],
        UnreadableCases = unread.Count,
        UnreadableReferences = [.. unread.Take(MostNamed).Select(one => one.Reference)],
    };
}

/// <summary>How many words one party owed after one status and did not give in time.</summary>
internal sealed record BreachView(
    [property: Description("Who owed the word.")] string PartyId,
    [property: Description("The status after which it was owed, or QUESTION.")] string StatusCode,
    [property: Description("Overdue by what held.")] int Before,
    [property: Description("Overdue with the draft.")] int After,
    [property: Description("Overdue only with the draft.")] int More,
    [property: Description("Overdue only by what held.")] int Fewer);

/// <summary>How often the hub said one of its words, and would have.</summary>
internal sealed record WordsView(
    [property: Description("SLA_DUE_SOON, SLA_BREACHED, ESCALATED, SLA_CLEARED, PAUSE_ENDED or ETA_PASSED.")] string StatusCode,
    [property: Description("By what held.")] int Before,
    [property: Description("With the draft.")] int After);

/// <summary>A case that would have been another.</summary>
internal sealed record DifferingCaseView(
    [property: Description("Public reference of the case.")] string Reference,
    [property: Description("The clocks of the period that differ.")] IReadOnlyList<ComparedClockView> Clocks);

/// <summary>The same duty, by what held and with the draft.</summary>
internal sealed record ComparedClockView(
    [property: Description("Who owed the word.")] string PartyId,
    [property: Description("The status after which it was owed, or QUESTION.")] string StatusCode,
    [property: Description("The bag or object it is about. Absent: the case.")] string? ItemId,
    [property: Description("When the clock started, UTC.")] DateTimeOffset StartTime,
    [property: Description("By what held. Absent: there was no such clock.")] JudgedClockView? Before,
    [property: Description("With the draft. Absent: there would have been no such clock.")] JudgedClockView? After)
{
    public static ComparedClockView Of(ComparedClock pair) => new(
        pair.Clock.Party.Value, pair.Clock.Status, pair.Clock.ItemId.Length > 0 ? pair.Clock.ItemId : null, pair.Clock.StartedAt.ToDateTimeOffset(), JudgedClockView.Of(pair.Before), JudgedClockView.Of(pair.After));
}

/// <summary>A clock under one of the two.</summary>
internal sealed record JudgedClockView(
    [property: Description("When the word was due, UTC.")] DateTimeOffset DueTime,
    [property: Description("When the clock ended, UTC. Absent: it runs.")] DateTimeOffset? EndTime,
    [property: Description("Whether the word was overdue at any time.")] bool Overdue,
    [property: Description("What it was judged by: identifier and version.")] string Policy,
    [property: Description("In which working hours: identifier and version.")] string Calendar)
{
    public static JudgedClockView? Of(JudgedClock? one) =>
        one is null ? null : new(one.Clock.DueAt.ToDateTimeOffset(), one.EndedAt?.ToDateTimeOffset(), one.IsBreached, one.Clock.Policy, one.Clock.Calendar);
}
