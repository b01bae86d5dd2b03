using System.Runtime.CompilerServices;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Scorecards;

/// <summary>A case with everything that was said about it, as it came in.</summary>
internal sealed record WalkedCase(IncidentId Id, string Reference, Instant OpenedAt, CaseFacts Facts, IReadOnlyCollection<Claim> Claims);

/// <summary>A case that cannot be read.</summary>
/// <param name="State">Where it stood, if at least that can be read.</param>
public sealed record UnreadCase(string Reference, CaseState? State)
{
    /// <summary>It may still say who is on it; to others it is only counted.</summary>
    public bool IsKnownTo(Reporter reporter) => State?.IsOpenTo(reporter) == true;
}

/// <summary>What was told of one case, or that it cannot be read.</summary>
internal sealed record Walked<T>(T? Told, UnreadCase? Unread) where T : class;

/// <summary>
/// Goes through the cases that matter for a period, oldest first, a page at a time: it needs the memory of one page, however
/// many there are. A case that cannot be read is named and passed by.
/// </summary>
internal sealed partial class CaseWalk(IDbContextFactory<HubDb> dbs, ILogger<CaseWalk> log)
{
    private const int PageSize = 100;

    /// <summary>Tells of each case something that is never null.</summary>
    /// <param name="isWanted">Asked before the claims are read. What fails here is not wanted.</param>
    public async IAsyncEnumerable<Walked<T>> ThroughAsync<T>(ScorePeriod period, Func<IncidentRow, bool> isWanted, Func<WalkedCase, T> tell, [EnumeratorCancellation] CancellationToken stop) where T : class
    {
        for (IncidentId? after = null; ;)
        {
            var page = await PageAsync(period, after, stop);
            var wanted = page.Where(row => IsWanted(row, isWanted)).ToArray();
            var (joined, claims) = await LoadAsync([.. wanted.Select(row => row.Id)], stop);
            foreach (var row in wanted) yield return Tell(row, joined, claims, tell);
            if (page.Count < PageSize) yield break;
            after = page[^1].Id;
        }
    }

    // What has not changed since, and is closed, has neither a clock that ended in the period nor one that runs.
    private async Task<List<IncidentRow>> PageAsync(ScorePeriod period, IncidentId? after, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var (from, to, closed) = (period.From, period.To, nameof(Phase.Closed));
        var cases = db.Incidents.AsNoTracking().Where(row => row.Reference != null && row.MergedInto == null && row.OpenedAt < to && (row.ChangedAt >= from || row.Phase != closed));
        if (after is { } last) cases = cases.Where(row => row.Id > last);
        return await cases.OrderBy(row => row.Id).Take(PageSize).ToListAsync(stop);
    }

    private async Task<(ILookup<IncidentId, IncidentRow> Joined, ILookup<IncidentId, ClaimRow> Claims)> LoadAsync(IncidentId[] ids, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var cases = ids.Select(id => (IncidentId?)id).ToArray();
        var joined = await db.Incidents.AsNoTracking().Where(row => row.MergedInto != null && cases.Contains(row.MergedInto)).ToListAsync(stop);
        IncidentId[] files = [.. ids, .. joined.Select(row => row.Id)];
        var claims = await db.Claims.AsNoTracking().Where(claim => files.Contains(claim.IncidentId)).ToListAsync(stop);
        return (joined.ToLookup(row => row.MergedInto!.Value), claims.Select(claim => claim.AsRow()).ToLookup(claim => claim.Incident));
    }

    private Walked<T> Tell<T>(IncidentRow row, ILookup<IncidentId, IncidentRow> joined, ILookup<IncidentId, ClaimRow> claims, Func<WalkedCase, T> tell) where T : class
    {
        var name = Reference.TryParse(row.Reference, out var reference) ? reference.ToString() : row.Reference!;
        try
        {
            var file = CaseLoading.Open(row.AsRow(), [.. joined[row.Id].Select(one => one.AsRow())]);
            return new(tell(new(row.Id, name, row.OpenedAt, file.Facts, [.. CaseLoading.Claims(file, claims).Select(one => one.Claim)])), null);
        }
        catch (Exception unreadable)
        {
            LogUnreadable(row.Id, unreadable);
            return new(null, new(name, StateOf(row)));
        }
    }

    private static CaseState? StateOf(IncidentRow row)
    {
        try { return CaseCodec.ReadState(row.State); }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException) { return null; }
    }

    private bool IsWanted(IncidentRow row, Func<IncidentRow, bool> isWanted)
    {
        try { return isWanted(row); }
        catch (Exception unreadable)
        {
            LogUnreadable(row.Id, unreadable);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is stored of {Incident} cannot be read; the report goes on without it, and says so")]
    private partial void LogUnreadable(IncidentId incident, Exception failure);
}
