using System.Collections.Immutable;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Scorecards;

/// <summary>The scorecards of a period.</summary>
/// <param name="Unreadable">The cases that could not be read.</param>
/// <param name="SilentLines">How often the whole line of each party was silent.</param>
/// <param name="SilentNow">Whose whole line is silent now.</param>
public sealed record ScoreReport(
    ScorePeriod Period, Instant AsOf, int Cases, ImmutableSortedDictionary<string, Scorecard> Cards, IReadOnlyList<UnreadCase> Unreadable, IReadOnlyDictionary<string, int> SilentLines, IReadOnlyList<SilentNow> SilentNow)
{
    public Scorecard Of(OrganizationId party) => Cards.GetValueOrDefault(party.Value, new(party));

    public int SilencesOf(OrganizationId party) => SilentLines.GetValueOrDefault(party.Value);
}

/// <summary>Whose time it was in the cases of an owner: every second of their life in a period, once.</summary>
public sealed record TimeReport(ScorePeriod Period, Instant AsOf, int Cases, ImmutableArray<LedgerTotal> Totals, IReadOnlyList<UnreadCase> Unreadable)
{
    public Duration Lifetime => Totals.Aggregate(Duration.Zero, (sum, total) => sum + total.Length);
}

/// <summary>A party of which nothing at all is heard at present, and how many cases wait for it, as people were told.</summary>
public sealed record SilentNow(OrganizationId Party, Instant Since, int Cases);

/// <summary>Reckons how well each party kept others informed: every case of a period, folded one by one.</summary>
internal sealed class PartyScores(CaseWalk walk, IDbContextFactory<HubDb> dbs, SlaBooks books, Register register, TimeProvider time)
{
    /// <summary>The scores of each case, oldest case first.</summary>
    /// <param name="only">Of this party only; null: of all.</param>
    public async IAsyncEnumerable<Walked<IReadOnlyList<CaseScore>>> EachAsync(
        OrganizationId? only, ScorePeriod period, Instant now, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var book = books.Current;
        var granted = await GrantedAsync(stop);
        await foreach (var walked in walk.ThroughAsync<IReadOnlyList<CaseScore>>(period, _ => true, Score, stop)) yield return walked;

        IReadOnlyList<CaseScore> Score(WalkedCase one) =>
            [.. CaseScore.Of(one.Reference, book, one.Facts, one.OpenedAt, one.Claims, clock => granted.Contains((one.Id, clock)), period, now).Where(score => (only is null || score.Party == only) && IsScored(score.Party))];
    }

    public async Task<ScoreReport> ReportAsync(OrganizationId? only, ScorePeriod period, CancellationToken stop)
    {
        var now = time.Now();
        var (cases, cards, unreadable) = (0, Scorecard.Nobody, new List<UnreadCase>());
        await foreach (var walked in EachAsync(only, period, now, stop))
        {
            if (walked.Unread is { } unread) unreadable.Add(unread);
            else (cases, cards) = (cases + 1, Scorecard.Add(cards, walked.Told!));
        }
        return new(period, now, cases, cards, unreadable, await SilentLinesAsync(period, stop), await SilentNowAsync(stop));
    }

    /// <summary>Whose time it was in the cases of an owner, in a period.</summary>
    public async Task<TimeReport> TimeAsync(OrganizationId owner, ScorePeriod period, CancellationToken stop)
    {
        var (now, book) = (time.Now(), books.Current);
        var (cases, totals, unreadable) = (0, new List<LedgerTotal>(), new List<UnreadCase>());
        // The owner at present, as with drafts.
        await foreach (var walked in walk.ThroughAsync(period, row => CaseCodec.ReadState(row.State).Owner == owner, one => Ledger.Of(book, one.Facts, one.OpenedAt, one.Claims, now).Within(period), stop))
        {
            if (walked.Unread is { } unread) unreadable.Add(unread);
            else cases++;
            totals = Together(totals.Concat(walked.Told?.Totals ?? []));
        }
        return new(period, now, cases, [.. totals], unreadable);
    }

    private static List<LedgerTotal> Together(IEnumerable<LedgerTotal> totals) =>
        [.. totals.GroupBy(total => total.Who).Select(of => new LedgerTotal(of.Key, of.Aggregate(Duration.Zero, (sum, total) => sum + total.Length))).OrderByDescending(total => total.Length).ThenBy(total => total.Who?.Value, StringComparer.Ordinal)];

    // Travellers and those who speak for them ask; they owe nobody a word.
    private bool IsScored(OrganizationId party) => register.Find(party)?.Kind is not (OrganizationKind.Customer or OrganizationKind.Agent);

    private async Task<HashSet<(IncidentId, int)>> GrantedAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var granted = await db.Appeals.AsNoTracking().Join(db.AppealDecisions.Where(decision => decision.Verdict == Verdict.Granted), appeal => appeal.Id, decision => decision.AppealId, (appeal, _) => new { appeal.IncidentId, appeal.Clock }).ToListAsync(stop);
        return [.. granted.Select(one => (one.IncidentId, one.Clock))];
    }

    private async Task<Dictionary<string, int>> SilentLinesAsync(ScorePeriod period, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var (from, to) = (period.From, period.To);
        return await db.Storms.Where(storm => storm.Stage == "" && storm.BeganAt >= from && storm.BeganAt < to).GroupBy(storm => storm.Party).ToDictionaryAsync(of => of.Key, of => of.Count(), stop);
    }

    private async Task<List<SilentNow>> SilentNowAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        return await Alerts.SilentLines.Lasting(db).OrderBy(storm => storm.BeganAt).Select(storm => new SilentNow(new(storm.Party), storm.BeganAt, storm.Cases)).ToListAsync(stop);
    }
}
