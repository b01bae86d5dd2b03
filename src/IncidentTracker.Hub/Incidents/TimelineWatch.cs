using System.Globalization;
using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using Microsoft.EntityFrameworkCore;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>
/// Follows what changes. Asks the database for what is new by position, so that every hub sees what every other one
/// wrote, and stops before the oldest transaction that is still open, so that nothing is ever skipped.
/// </summary>
internal sealed class TimelineWatch(IDbContextFactory<HubDb> dbs, Engine engine, CaseReader cases, CaseViews views, Drain drain)
{
    private const int Page = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    public async Task RunAsync(PartnerIdentity partner, IncidentId? only, string resumeToken, IServerStreamWriter<Wire.WatchTimelineResponse> responses, ServerCallContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Starting);
        var cursor = resumeToken.Length > 0 ? await ResumeAsync(resumeToken, ends.Token) : await NowAsync(ends.Token);
        if (only is { } present && resumeToken.Length == 0) await SendAsync(present, cursor);
        else await responses.WriteAsync(new() { ResumeToken = cursor.ToString() }, context.CancellationToken);

        var heartbeat = TimeProvider.System.GetTimestamp();
        try
        {
            while (true)
            {
                var changes = await ChangesAsync(cursor, only, ends.Token);
                foreach (var group in changes.Rows.GroupBy(change => change.MergedInto ?? change.IncidentId).OrderBy(group => group.Max(change => change.Position))) await SendAsync(group.Key, cursor);
                if (changes.Rows.Count > 0 || changes.Until != cursor)
                {
                    cursor = changes.Until;
                    if (changes.Rows.Count > 0) await responses.WriteAsync(new() { ResumeToken = cursor.ToString() }, context.CancellationToken);
                }
                if (changes.IsFull) continue;

                await Task.Delay(LookEvery, ends.Token);
                if (TimeProvider.System.GetElapsedTime(heartbeat) < HeartbeatEvery) continue;
                heartbeat = TimeProvider.System.GetTimestamp();
                await responses.WriteAsync(new() { ResumeToken = cursor.ToString() }, context.CancellationToken);
            }
        }
        catch (OperationCanceledException) when (drain.Starting.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw FailureMapping.GoingAway();
        }

        // The token beside a case is the one before the whole page: after a cut the page comes again rather than be lost.
        async Task SendAsync(IncidentId id, Cursor resume)
        {
            if (await cases.TryTellAsync(id, read => Tell(read, resume), ends.Token) is { } response) await responses.WriteAsync(response, context.CancellationToken);
        }

        Wire.WatchTimelineResponse? Tell(ReadCase read, Cursor resume)
        {
            if (!read.Story.State.IsOpenTo(partner.Reporter)) return null;
            var response = new Wire.WatchTimelineResponse { Incident = views.ForPartner(read), ResumeToken = resume.ToString() };
            response.Entries.Add(CaseViews.Entries(read, partner));
            return response;
        }
    }

    private async Task<Cursor> NowAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var last = await db.Changes.AsNoTracking().Where(change => change.TransactionId < horizon)
            .OrderByDescending(change => change.TransactionId).ThenByDescending(change => change.Position).FirstOrDefaultAsync(stop);
        return new(last?.TransactionId ?? 0, last?.Position ?? 0);
    }

    private async Task<Cursor> ResumeAsync(string token, CancellationToken stop)
    {
        if (Cursor.TryParse(token) is not { } cursor) throw new RefusedException(Refusals.ResumeTokenInvalid.At("resume_token"));
        if (cursor == Cursor.Beginning) return cursor;
        await using var db = await dbs.CreateDbContextAsync(stop);
        var known = await db.Changes.AnyAsync(change => change.Position == cursor.Position && change.TransactionId == cursor.Transaction, stop);
        return known ? cursor : throw new RefusedException(Refusals.ResumeTokenInvalid.At("resume_token"));
    }

    private async Task<(IReadOnlyList<Change> Rows, Cursor Until, bool IsFull)> ChangesAsync(Cursor after, IncidentId? only, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var rows = await db.Changes.AsNoTracking()
            .Where(change => change.TransactionId < horizon
                && (change.TransactionId > after.Transaction || (change.TransactionId == after.Transaction && change.Position > after.Position)))
            .OrderBy(change => change.TransactionId).ThenBy(change => change.Position).Take(Page)
            .Select(change => new Change(change.TransactionId, change.Position, change.IncidentId,
                db.Incidents.Where(incident => incident.Id == change.IncidentId).Select(incident => incident.MergedInto).FirstOrDefault()))
            .ToListAsync(stop);
        var until = rows.Count > 0 ? new Cursor(rows[^1].TransactionId, rows[^1].Position) : after;
        return ([.. rows.Where(change => only is null || (change.MergedInto ?? change.IncidentId) == only)], until, rows.Count == Page);
    }

    private sealed record Change(long TransactionId, long Position, IncidentId IncidentId, IncidentId? MergedInto);

    private sealed record Cursor(long Transaction, long Position)
    {
        public static readonly Cursor Beginning = new(0, 0);

        public static Cursor? TryParse(string token) =>
            token.Split('.') is [var transaction, var position]
            && long.TryParse(transaction, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? new(first, second) : null;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Transaction}.{Position}");
    }
}
