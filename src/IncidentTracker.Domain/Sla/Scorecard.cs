using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>How many clocks counted how.</summary>
public sealed record Tally(int Met, int Late, int Silent, int Moved, int Voided, int Open)
{
    public static readonly Tally Nothing = new(0, 0, 0, 0, 0, 0);

    /// <summary>Every clock, once.</summary>
    public int Clocks => Met + Late + Silent + Moved + Voided + Open;

    /// <summary>Of those that count, how many were met, from 0 to 1. Null: none counts.</summary>
    public double? ShareMet => Met + Late + Silent is var counted and > 0 ? (double)Met / counted : null;

    public Tally With(Score score) => score switch
    {
        Score.Met => this with { Met = Met + 1 },
        Score.Late => this with { Late = Late + 1 },
        Score.Silent => this with { Silent = Silent + 1 },
        Score.Moved => this with { Moved = Moved + 1 },
        Score.Voided => this with { Voided = Voided + 1 },
        _ => this with { Open = Open + 1 },
    };
}

/// <summary>How soon things were reported after they had happened. It needs as much memory as there are different lengths, to the second.</summary>
public sealed record Lags(ImmutableSortedDictionary<long, int> Seconds)
{
    public static readonly Lags None = new(ImmutableSortedDictionary<long, int>.Empty);

    public int Reports => Seconds.Values.Sum();

    /// <summary>Null: nothing was reported.</summary>
    public Duration? Longest => Seconds.IsEmpty ? null : Duration.FromSeconds(Seconds.Last().Key);

    /// <summary>So soon were at least 95 of 100 things reported. Null: nothing was.</summary>
    public Duration? P95
    {
        get
        {
            var left = (int)Math.Ceiling(Reports * 0.95);
            foreach (var (seconds, count) in Seconds)
                if ((left -= count) <= 0) return Duration.FromSeconds(seconds);
            return null;
        }
    }

    public Lags With(Duration lag)
    {
        var seconds = (long)lag.TotalSeconds;
        return new(Seconds.SetItem(seconds, Seconds.GetValueOrDefault(seconds) + 1));
    }
}

/// <summary>A clock that was overdue, and in which case.</summary>
public sealed record OverdueClock(string Case, ScoredClock Clock);

/// <summary>
/// How well a party kept others informed in a period: the sum of what every case says about it. The order of the cases plays
/// no part, and it needs no more memory for more of them.
/// </summary>
public sealed record Scorecard(OrganizationId Party)
{
    /// <summary>How many overdue clocks are named, the longest overdue ones.</summary>
    public const int Named = 100;

    /// <summary>The cases in which the party had any part.</summary>
    public int Cases { get; init; }

    /// <summary>As the hub saw it.</summary>
    public Tally Raw { get; init; } = Tally.Nothing;

    /// <summary>With the appeals that were granted.</summary>
    public Tally Adjusted { get; init; } = Tally.Nothing;

    /// <summary>The adjusted tally for each status after which a word was owed.</summary>
    public ImmutableSortedDictionary<string, Tally> ByStatus { get; init; } = ImmutableSortedDictionary.Create<string, Tally>(StringComparer.Ordinal);

    /// <summary>Of those that were late: handled in time, and only reported late.</summary>
    public int HandledInTime { get; init; }

    /// <summary>Time in which the party could not speak, and which it got back.</summary>
    public Duration GivenBack { get; init; }

    /// <summary>How much of the life of all cases was its time, as their ledgers have it.</summary>
    public Duration Time { get; init; }

    /// <summary>The part of it in which its word was overdue.</summary>
    public Duration Waiting { get; init; }

    /// <summary>How often customers or agents had to ask or tell meanwhile.</summary>
    public int Contacts { get; init; }

    public Lags Lags { get; init; } = Lags.None;

    /// <summary>Those that were overdue longest; at most <see cref="Named"/>.</summary>
    public ImmutableArray<OverdueClock> Longest { get; init; } = [];

    public Scorecard With(CaseScore score) => score.Party != Party ? throw new ArgumentException("It is about somebody else.", nameof(score)) : this with
    {
        Cases = Cases + 1,
        Raw = score.Clocks.Aggregate(Raw, (tally, clock) => tally.With(clock.Raw)),
        Adjusted = score.Clocks.Aggregate(Adjusted, (tally, clock) => tally.With(clock.Adjusted)),
        ByStatus = score.Clocks.Aggregate(ByStatus, (all, clock) => all.SetItem(clock.Clock.Status, all.GetValueOrDefault(clock.Clock.Status, Tally.Nothing).With(clock.Adjusted))),
        HandledInTime = HandledInTime + score.Clocks.Count(clock => clock.HandledInTime),
        GivenBack = score.Clocks.Aggregate(GivenBack, (sum, clock) => sum + clock.GivenBack),
        Time = Time + score.Time,
        Waiting = Waiting + score.Waiting,
        Contacts = Contacts + score.Contacts,
        Lags = score.Lags.Aggregate(Lags, (lags, lag) => lags.With(lag)),
        Longest = [.. Longest.Concat(score.Clocks.Where(clock => clock.Overdue > Duration.Zero).Select(clock => new OverdueClock(score.Case, clock)))
            .OrderByDescending(one => one.Clock.Overdue).ThenBy(one => one.Case, StringComparer.Ordinal).ThenBy(one => one.Clock.Clock.Number).Take(Named)],
    };

    /// <summary>The scorecards of everybody who has any part in the cases.</summary>
    public static ImmutableSortedDictionary<string, Scorecard> Add(ImmutableSortedDictionary<string, Scorecard> all, IEnumerable<CaseScore> scores)
    {
        foreach (var score in scores) all = all.SetItem(score.Party.Value, all.GetValueOrDefault(score.Party.Value, new(score.Party)).With(score));
        return all;
    }

    public static readonly ImmutableSortedDictionary<string, Scorecard> Nobody = ImmutableSortedDictionary.Create<string, Scorecard>(StringComparer.Ordinal);
}
