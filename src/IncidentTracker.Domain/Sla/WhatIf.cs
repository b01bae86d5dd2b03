using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>The same duty under two books. Null: under that book it did not arise.</summary>
public sealed record ComparedClock(JudgedClock? Before, JudgedClock? After)
{
    public DutyClock Clock => (After ?? Before)!.Clock;

    public bool Differs => Before?.Clock.DueAt != After?.Clock.DueAt || Before?.IsBreached != After?.IsBreached;
}

/// <summary>A clock, when it ended if it did, and whether its word was overdue at any time.</summary>
public sealed record JudgedClock(DutyClock Clock, Instant? EndedAt, bool IsBreached);

/// <summary>What would have differed for the words that one party owed after one status.</summary>
/// <param name="More">Overdue only under the other book.</param>
/// <param name="Fewer">Overdue only under the book that held.</param>
public sealed record BreachDifference(int Before, int After, int More, int Fewer);

/// <summary>What one case would have been under another book.</summary>
public sealed record CaseDifference(string Case, ImmutableArray<ComparedClock> Clocks, ImmutableArray<Claim> WordsBefore, ImmutableArray<Claim> WordsAfter)
{
    public bool Differs => Clocks.Any(clock => clock.Differs);

    /// <summary>Lives a case twice and compares the clocks that belong to a period under either book.</summary>
    public static CaseDifference Of(string name, SlaBook before, SlaBook after, CaseFacts facts, Instant openedAt, IReadOnlyCollection<Claim> claims, ScorePeriod period, Instant now)
    {
        var (was, would) = (RelivedCase.Of(before, facts, openedAt, claims, now), RelivedCase.Of(after, facts, openedAt, claims, now));
        var (old, other) = (ByDuty(was, now), ByDuty(would, now));
        var clocks = old.Keys.Union(other.Keys).Select(duty => new ComparedClock(old.GetValueOrDefault(duty), other.GetValueOrDefault(duty)))
            .Where(pair => Belongs(pair.Before) || Belongs(pair.After)).OrderBy(pair => pair.Clock.StartedAt).ThenBy(pair => pair.Clock.Number);
        return new(name, [.. clocks], Said(was), Said(would));

        bool Belongs(JudgedClock? one) => one is not null && period.Has(one.EndedAt ?? one.Clock.DueAt);

        ImmutableArray<Claim> Said(RelivedCase life) => [.. life.Words.Where(word => period.Has(word.ReceivedAt))];
    }

    // Another book may start more or fewer clocks, so numbers do not name the same duty.
    private static Dictionary<(string, Track, string, OrganizationId, OrganizationId?, Instant, int), JudgedClock> ByDuty(RelivedCase life, Instant now)
    {
        var clocks = life.Ended.Select(end => new JudgedClock(end.Clock, end.EndedAt, IsOverdue(end.Clock, end.End is ClockEnd.Late or ClockEnd.Missed)))
            .Concat(life.Running.Select(clock => new JudgedClock(clock, null, IsOverdue(clock, now > clock.DueAt))));
        return clocks.GroupBy(one => (one.Clock.ItemId, one.Clock.Track, one.Clock.Status, one.Clock.Party, one.Clock.AskedBy, one.Clock.StartedAt))
            .SelectMany(same => same.OrderBy(one => one.Clock.Number).Select((one, i) => (Duty: (same.Key.ItemId, same.Key.Track, same.Key.Status, same.Key.Party, same.Key.AskedBy, same.Key.StartedAt, i), one)))
            .ToDictionary(pair => pair.Duty, pair => pair.one);
    }

    // The customer is never in arrears.
    private static bool IsOverdue(DutyClock clock, bool isOverdue) => isOverdue && clock.Party != OrganizationId.Customer;
}

/// <summary>
/// What would have differed in a period under another book: the sum over its cases. The order of the cases plays no part but
/// for which of them are shown.
/// </summary>
public sealed record WhatIf
{
    /// <summary>How many of the cases that differ are shown.</summary>
    public const int Shown = 100;

    public int Cases { get; init; }
    public int Differing { get; init; }
    public int Clocks { get; init; }

    /// <summary>By party and status.</summary>
    public ImmutableSortedDictionary<(string Party, string Status), BreachDifference> Breaches { get; init; } = ImmutableSortedDictionary<(string, string), BreachDifference>.Empty;

    /// <summary>How often the hub said each of its words, and would have.</summary>
    public ImmutableSortedDictionary<string, (int Before, int After)> Words { get; init; } = ImmutableSortedDictionary.Create<string, (int, int)>(StringComparer.Ordinal);

    /// <summary>The first cases that differ.</summary>
    public ImmutableArray<CaseDifference> First { get; init; } = [];

    public WhatIf With(CaseDifference one) => this with
    {
        Cases = Cases + 1,
        Differing = Differing + (one.Differs ? 1 : 0),
        Clocks = Clocks + one.Clocks.Length,
        Breaches = one.Clocks.Where(pair => pair.Before?.IsBreached == true || pair.After?.IsBreached == true).Aggregate(Breaches, Add),
        Words = one.WordsAfter.Aggregate(one.WordsBefore.Aggregate(Words, (all, word) => Count(all, word, 1, 0)), (all, word) => Count(all, word, 0, 1)),
        First = one.Differs && First.Length < Shown ? First.Add(one) : First,
    };

    private static ImmutableSortedDictionary<(string Party, string Status), BreachDifference> Add(ImmutableSortedDictionary<(string Party, string Status), BreachDifference> all, ComparedClock pair)
    {
        var of = (pair.Clock.Party.Value, pair.Clock.Status);
        var (before, after) = (pair.Before?.IsBreached == true ? 1 : 0, pair.After?.IsBreached == true ? 1 : 0);
        var sum = all.GetValueOrDefault(of, new(0, 0, 0, 0));
        return all.SetItem(of, new(sum.Before + before, sum.After + after, sum.More + (after > before ? 1 : 0), sum.Fewer + (before > after ? 1 : 0)));
    }

    private static ImmutableSortedDictionary<string, (int Before, int After)> Count(ImmutableSortedDictionary<string, (int Before, int After)> all, Claim word, int before, int after)
    {
        var sum = all.GetValueOrDefault(word.StatusCode);
        return all.SetItem(word.StatusCode, (sum.Before + before, sum.After + after));
    }
}
