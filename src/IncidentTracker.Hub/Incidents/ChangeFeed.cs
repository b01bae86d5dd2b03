using System.Globalization;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Incidents;

/// <summary>
/// Asks the database for what is new by position, so that every hub sees what every other one wrote, and stops before the
/// oldest transaction that is still open, so that nothing is ever skipped.
/// </summary>
internal sealed class ChangeFeed(IDbContextFactory<HubDb> dbs, Engine engine)
{
    private const int Page = 500;

    /// <summary>Where the changes end at present.</summary>
    public async Task<ChangeCursor> NowAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var last = await db.Changes.AsNoTracking().Where(change => change.TransactionId < horizon)
            .OrderByDescending(change => change.TransactionId).ThenByDescending(change => change.Position).FirstOrDefaultAsync(stop);
        return new(last?.TransactionId ?? 0, last?.Position ?? 0);
    }

    /// <summary>Whether there is a change at this position.</summary>
    public async Task<bool> KnowsAsync(ChangeCursor cursor, CancellationToken stop)
    {
        if (cursor == ChangeCursor.Beginning) return true;
        await using var db = await dbs.CreateDbContextAsync(stop);
        return await db.Changes.AnyAsync(change => change.Position == cursor.Position && change.TransactionId == cursor.Transaction, stop);
    }

    /// <summary>What changed after a position, of one case or of all, up to where it was looked.</summary>
    public async Task<(IReadOnlyList<CaseChanged> Changes, ChangeCursor Until, bool IsFull)> AfterAsync(ChangeCursor after, IncidentId? only, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var rows = await db.Changes.AsNoTracking()
            .Where(change => change.TransactionId < horizon
                && (change.TransactionId > after.Transaction || (change.TransactionId == after.Transaction && change.Position > after.Position)))
            .OrderBy(change => change.TransactionId).ThenBy(change => change.Position).Take(Page)
            .Select(change => new { change.TransactionId, change.Position, change.IncidentId, MergedInto = db.Incidents.Where(incident => incident.Id == change.IncidentId).Select(incident => incident.MergedInto).FirstOrDefault() })
            .ToListAsync(stop);
        var until = rows.Count > 0 ? new ChangeCursor(rows[^1].TransactionId, rows[^1].Position) : after;
        return ([.. rows.Select(row => new CaseChanged(row.MergedInto ?? row.IncidentId, row.Position)).Where(change => only is null || change.Case == only)], until, rows.Count == Page);
    }
}

/// <summary>That a case has changed, and where that stands.</summary>
internal sealed record CaseChanged(IncidentId Case, long Position);

/// <summary>A position in the changes.</summary>
internal sealed record ChangeCursor(long Transaction, long Position)
{
    public static readonly ChangeCursor Beginning = new(0, 0);

    public static ChangeCursor? TryParse(string token) =>
        token.Split('.') is [var transaction, var position]
        && long.TryParse(transaction, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? new(first, second) : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Transaction}.{Position}");
}
