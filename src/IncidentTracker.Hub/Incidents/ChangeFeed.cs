using System.Globalization;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Incidents;

/// <summary>How far somebody has followed the changes.</summary>
internal sealed record ChangeCursor(long Transaction, long Position)
{
    public static readonly ChangeCursor Beginning = new(0, 0);

    public static ChangeCursor? TryParse(string token) =>
        token.Split('.') is [var transaction, var position]
        && long.TryParse(transaction, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? new(first, second) : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Transaction}.{Position}");
}

/// <summary>
/// What changes, for those who follow it. Asks the database for what is new by position, so that every hub sees what every
/// other one wrote, and stops before the oldest transaction that is still open, so that nothing is ever skipped.
/// </summary>
internal sealed class ChangeFeed(IDbContextFactory<HubDb> dbs, Engine engine)
{
    private const int Page = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    /// <summary>Where to begin: after a token of earlier, or now.</summary>
    public async Task<ChangeCursor> BeginAsync(string resumeToken, CancellationToken stop) => resumeToken.Length > 0 ? await ResumeAsync(resumeToken, stop) : await NowAsync(stop);

    /// <summary>Follows until it is stopped. Each case that changed is told with the cursor before its page: after a cut the page comes again rather than be lost.</summary>
    /// <param name="signOfLife">After each page with changes, and every quarter of a minute.</param>
    public async Task FollowAsync(ChangeCursor cursor, IncidentId? only, Func<IncidentId, ChangeCursor, Task> tell, Func<ChangeCursor, Task> signOfLife, CancellationToken stop)
    {
        var heartbeat = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var changes = await ChangesAsync(cursor, only, stop);
            foreach (var group in changes.Rows.GroupBy(change => change.MergedInto ?? change.IncidentId).OrderBy(group => group.Max(change => change.Position))) await tell(group.Key, cursor);
            if (changes.Rows.Count > 0 || changes.Until != cursor)
            {
                cursor = changes.Until;
                if (changes.Rows.Count > 0) await signOfLife(cursor);
            }
            if (changes.IsFull) continue;

            await Task.Delay(LookEvery, stop);
            if (TimeProvider.System.GetElapsedTime(heartbeat) < HeartbeatEvery) continue;
            heartbeat = TimeProvider.System.GetTimestamp();
            await signOfLife(cursor);
        }
    }

    private async Task<ChangeCursor> NowAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var last = await db.LastChangeAsync(horizon, stop);
        return new(last?.TransactionId ?? 0, last?.Position ?? 0);
    }

    private async Task<ChangeCursor> ResumeAsync(string token, CancellationToken stop)
    {
        if (ChangeCursor.TryParse(token) is not { } cursor) throw new RefusedException(Refusals.ResumeTokenInvalid.At("resume_token"));
        if (cursor == ChangeCursor.Beginning) return cursor;
        await using var db = await dbs.CreateDbContextAsync(stop);
        var known = await db.Changes.AnyAsync(change => change.Position == cursor.Position && change.TransactionId == cursor.Transaction, stop);
        return known ? cursor : throw new RefusedException(Refusals.ResumeTokenInvalid.At("resume_token"));
    }

    private async Task<(IReadOnlyList<Change> Rows, ChangeCursor Until, bool IsFull)> ChangesAsync(ChangeCursor after, IncidentId? only, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var rows = await db.ChangesAfter(after.Transaction, after.Position, horizon).Take(Page)
            .Select(change => new Change(change.TransactionId, change.Position, change.IncidentId,
                db.Incidents.Where(incident => incident.Id == change.IncidentId).Select(incident => incident.MergedInto).FirstOrDefault()))
            .ToListAsync(stop);
        var until = rows.Count > 0 ? new ChangeCursor(rows[^1].TransactionId, rows[^1].Position) : after;
        return ([.. rows.Where(change => only is null || (change.MergedInto ?? change.IncidentId) == only)], until, rows.Count == Page);
    }

    private sealed record Change(long TransactionId, long Position, IncidentId IncidentId, IncidentId? MergedInto);
}
