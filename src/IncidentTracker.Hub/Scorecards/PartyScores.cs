using System.Collections.Immutable;
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

/// <summary>A party of which nothing at all is heard at present, and how many cases wait for it, as people were told.</summary>
public sealed record SilentNow(OrganizationId Party, Instant Since, int Cases);

/// <summary>Reckons how well each party kept others informed: every case of a period, folded one by one.</summary>
internal sealed class PartyScores(CaseWalk walk, IDbContextFactory<HubDb> dbs, SlaBooks books, TimeProvider time)
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
            [.. CaseScore.Of(one.Reference, book, one.Facts, one.OpenedAt, one.Claims, clock => granted.Contains((one.Id, clock)), period, now).Where(score => only is null || score.Party == only)];
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
