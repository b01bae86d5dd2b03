using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>How a clock counts on a scorecard.</summary>
public enum Score
{
    /// <summary>The party spoke in time.</summary>
    Met,

    /// <summary>The party spoke, but after the word was due.</summary>
    Late,

    /// <summary>The word never came: the duty went away overdue, or is overdue still.</summary>
    Silent,

    /// <summary>The duty went elsewhere in time. It counts for nobody and against nobody.</summary>
    Moved,

    /// <summary>It does not count: an appeal was granted, or only time that was given back kept it from being overdue.</summary>
    Voided,

    /// <summary>The word is not due yet.</summary>
    Open,
}

/// <summary>A stretch of time for which is reckoned: with its first moment, without its last.</summary>
public sealed record ScorePeriod(Instant From, Instant To)
{
    public bool Has(Instant at) => From <= at && at < To;
}

/// <summary>A clock as it counts for its party.</summary>
/// <param name="At">When it ended; while it runs, when it is due. It decides to which period the clock belongs.</param>
/// <param name="Raw">As the hub saw it.</param>
/// <param name="Adjusted">With the appeals that were granted.</param>
/// <param name="Overdue">How long the word was, or is, overdue. Zero when it never was.</param>
/// <param name="HandledInTime">What the late word tells had happened before it was due: handled in time, reported late.</param>
/// <param name="GivenBack">Time in which the party could not speak, and which it got back.</param>
public sealed record ScoredClock(DutyClock Clock, Instant At, Instant? EndedAt, Score Raw, Score Adjusted, Duration Overdue, bool HandledInTime, Duration GivenBack)
{
    /// <summary>How often the customer, or an agent, had to ask or tell while it was overdue. With several, the one that was due first has it.</summary>
    public int Contacts { get; init; }

    internal bool IsOverdueAt(Instant at, Instant now) => Overdue > Duration.Zero && Clock.DueAt < at && at < (EndedAt ?? now);
}

/// <summary>What one case adds to the scorecard of one party.</summary>
/// <param name="Case">Names the case.</param>
/// <param name="Clocks">The party's clocks of the period, each once, in the order in which they started.</param>
/// <param name="Time">How much of the life of the case was the party's time, as the ledger has it.</param>
/// <param name="Waiting">The part of it in which a word of the party was overdue: all others waited for it.</param>
/// <param name="Contacts">How often the customer, or an agent, had to ask or tell meanwhile.</param>
/// <param name="Lags">How long after it happened each thing was reported that the party reported in the period.</param>
public sealed record CaseScore(
    string Case, OrganizationId Party, ImmutableArray<ScoredClock> Clocks, Duration Time, Duration Waiting, int Contacts, ImmutableArray<Duration> Lags)
{
    /// <summary>Scores one case for every party that has any part in it in a period.</summary>
    /// <param name="isGranted">Whether an appeal about the clock of this number was granted.</param>
    public static ImmutableArray<CaseScore> Of(
        string name, SlaBook book, CaseFacts facts, Instant openedAt, IReadOnlyCollection<Claim> claims, Func<int, bool> isGranted, ScorePeriod period, Instant now)
    {
        // Nobody owes a word about a bag that was only seen.
        if (facts.IsSighting) return [];

        var clocks = Scored(book, facts, openedAt, claims, isGranted, now).ToLookup(clock => clock.Clock.Party);
        var spans = Ledger.Of(book, facts, openedAt, claims, now).Within(period).Spans.ToLookup(span => span.Who);
        var words = claims.Where(claim => period.Has(claim.ReceivedAt)).ToArray();
        var lags = words.Where(IsReport).ToLookup(claim => claim.By, claim => Duration.Max(claim.Lag, Duration.Zero));
        var contacts = Asked(facts, claims, period);

        var scores = ImmutableArray.CreateBuilder<CaseScore>();
        foreach (var party in clocks.Select(of => of.Key).Concat(spans.Select(of => of.Key).OfType<OrganizationId>()).Concat(lags.Select(of => of.Key)).Distinct().OrderBy(party => party.Value, StringComparer.Ordinal))
        {
            if (party == OrganizationId.Customer) continue;

            var waitedFor = contacts.Select(at => clocks[party].Where(clock => clock.IsOverdueAt(at, now)).MinBy(clock => (clock.Clock.DueAt, clock.Clock.Number))?.Clock.Number).OfType<int>().ToArray();
            var overdue = Union(clocks[party].Where(clock => clock.Overdue > Duration.Zero).Select(clock => (clock.Clock.DueAt, clock.EndedAt ?? now)));
            var time = spans[party].ToArray();
            var score = new CaseScore(
                name, party, [.. clocks[party].Where(clock => period.Has(clock.At)).Select(clock => clock with { Contacts = waitedFor.Count(number => number == clock.Clock.Number) })], Sum(time.Select(span => span.Length)),
                Sum(time.SelectMany(span => overdue.Select(window => Overlap((span.From, span.Until), (Ledger.Second(window.From), Ledger.Second(window.Until)))))),
                waitedFor.Length, [.. lags[party]]);
            if (!score.IsEmpty) scores.Add(score);
        }
        return scores.ToImmutable();
    }

    // What was taken back, said twice or not believed was no question. By what was known when the period ended: what comes later changes nothing.
    private static Instant[] Asked(CaseFacts facts, IReadOnlyCollection<Claim> claims, ScorePeriod period)
    {
        if (!claims.Any(IsOfCustomer)) return [];
        return [.. Fold.All(facts, claims.Where(claim => claim.ReceivedAt < period.To)).Entries.Where(entry => entry.Counts && IsOfCustomer(entry.Claim)).Select(entry => entry.Claim.ReceivedAt)];

        bool IsOfCustomer(Claim claim) => claim.Reporter.SpeaksForCustomer && claim.Correction is not { Kind: CorrectionKind.Void } && period.Has(claim.ReceivedAt);
    }

    private bool IsEmpty => Clocks.IsEmpty && Time == Duration.Zero && Contacts == 0 && Lags.IsEmpty;

    private static IEnumerable<ScoredClock> Scored(SlaBook book, CaseFacts facts, Instant openedAt, IReadOnlyCollection<Claim> claims, Func<int, bool> isGranted, Instant now)
    {
        var (watch, ended) = Domain.Clocks.All(book, facts, openedAt, claims);
        var running = Domain.Clocks.GiveBack(book, watch, now).Running;
        var all = ended.Concat(running.Select(clock => new EndedClock(clock, now, clock.DueAt < now ? ClockEnd.Missed : ClockEnd.Moved))).OrderBy(clock => clock.Clock.Number).ToArray();
        var dueBefore = all.Any(clock => clock.Clock.GivenBackUntil is not null) ? DueWithoutGivingBack(book, facts, openedAt, claims) : [];
        return all.Select(clock =>
        {
            var isRunning = running.Contains(clock.Clock);
            var givenBack = dueBefore.TryGetValue(clock.Clock.Number, out var due) ? clock.Clock.DueAt - due : Duration.Zero;
            var raw = clock.End switch
            {
                ClockEnd.Late => Score.Late,
                ClockEnd.Missed => Score.Silent,
                _ when isRunning => Score.Open,
                _ when givenBack > Duration.Zero && due < clock.EndedAt => Score.Voided,
                ClockEnd.Met => Score.Met,
                _ => Score.Moved,
            };
            var isOverdue = raw is Score.Late or Score.Silent;
            return new ScoredClock(
                clock.Clock, isRunning ? clock.Clock.DueAt : clock.EndedAt, isRunning ? null : clock.EndedAt, raw, isOverdue && isGranted(clock.Clock.Number) ? Score.Voided : raw,
                isOverdue ? clock.EndedAt - clock.Clock.DueAt : Duration.Zero, raw == Score.Late && claims.Any(claim => EndedInTime(claim, clock, openedAt)), givenBack);
        });
    }

    // Nothing but due moments depends on it, so the clocks have the same numbers.
    private static Dictionary<int, Instant> DueWithoutGivingBack(SlaBook book, CaseFacts facts, Instant openedAt, IReadOnlyCollection<Claim> claims)
    {
        var (watch, ended) = Domain.Clocks.All(book with { Closures = [] }, facts, openedAt, claims);
        return watch.Running.Concat(ended.Select(one => one.Clock)).ToDictionary(clock => clock.Number, clock => clock.DueAt);
    }

    /// <summary>The word that ended it, about something that had happened before the word was due.</summary>
    private static bool EndedInTime(Claim claim, EndedClock clock, Instant openedAt) =>
        Instant.Max(claim.ReceivedAt, openedAt) == clock.EndedAt && claim.Judgement is null && claim.Classifier == Classifier.Actual
        && claim.IsWordOf(clock.Clock.Party) && claim.Happened is { } happened && happened.Latest <= clock.Clock.DueAt;

    // Of a day that was only named by its date nobody knows how long ago it was.
    private static bool IsReport(Claim claim) =>
        claim is { Judgement: null, IsInternal: false, Classifier: Classifier.Actual, Happened: { Precision: not TimePrecision.Date }, Reporter.SpeaksForCustomer: false };

    private static Duration Overlap((Instant From, Instant Until) one, (Instant From, Instant Until) other) =>
        Duration.Max(Instant.Min(one.Until, other.Until) - Instant.Max(one.From, other.From), Duration.Zero);

    private static List<(Instant From, Instant Until)> Union(IEnumerable<(Instant From, Instant Until)> windows)
    {
        var union = new List<(Instant From, Instant Until)>();
        foreach (var window in windows.OrderBy(window => window.From))
        {
            if (union.Count > 0 && window.From <= union[^1].Until) union[^1] = (union[^1].From, Instant.Max(union[^1].Until, window.Until));
            else union.Add(window);
        }
        return union;
    }

    private static Duration Sum(IEnumerable<Duration> lengths) => lengths.Aggregate(Duration.Zero, (sum, length) => sum + length);
}
