using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>
/// Removes what was told long ago, a little at a time. What waits stays, and so does the newest event of each case and
/// organization: the next one counts on from it.
/// </summary>
internal sealed partial class Purge(IDbContextFactory<HubDb> dbs, Engine engine, IOptions<WebhookOptions> options, TimeProvider time, ILogger<Purge> log) : BackgroundService
{
    private const int AtOnce = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);

    public async Task PurgeAsync(CancellationToken stop)
    {
        var before = time.Now() - Duration.FromTimeSpan(options.Value.KeepFor);
        await using var db = await dbs.CreateDbContextAsync(stop);
        foreach (var lane in await db.WebhookEndpoints.Select(endpoint => endpoint.Id).ToListAsync(stop)) await PurgeLaneAsync(db, lane, before, stop);
        await PurgeLaneAsync(db, Outbox.MailLane, before, stop);
        await PurgeEventsAsync(db, before, stop);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.EveryAsync(LookEvery, PurgeAsync, LogFailed, stoppingToken);

    private async Task PurgeLaneAsync(HubDb db, string lane, Instant before, CancellationToken stop)
    {
        var old = db.Deliveries.Where(row => row.Lane == lane && row.CreatedAt < before && row.NextAt == null);
        while (await old.OrderBy(row => row.CreatedAt).Select(row => row.Id).Take(AtOnce).ToListAsync(stop) is { Count: > 0 } ids)
        {
            using var turn = await engine.EnterAsync(stop);
            await db.DeliveryAttempts.Where(attempt => ids.Contains(attempt.DeliveryId)).ExecuteDeleteAsync(stop);
            await old.Where(row => ids.Contains(row.Id)).ExecuteDeleteAsync(stop);
        }
    }

    private async Task PurgeEventsAsync(HubDb db, Instant before, CancellationToken stop)
    {
        // The id begins with its moment, so that one from just then tells older from newer.
        var (bound, last) = ($"evt_{Guid.CreateVersion7(before.ToDateTimeOffset()):N}", 0L);
        while (await db.Events.Where(one => one.Position > last && string.Compare(one.Id, bound) < 0).OrderBy(one => one.Position).Select(one => one.Position).Take(AtOnce).ToListAsync(stop) is { Count: > 0 } positions)
        {
            last = positions[^1];
            using var turn = await engine.EnterAsync(stop);
            await db.Events.Where(one => positions.Contains(one.Position)
                && db.Events.Any(newer => newer.IncidentId == one.IncidentId && newer.OrganizationId == one.OrganizationId && newer.Sequence > one.Sequence)).ExecuteDeleteAsync(stop);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What was told long ago could not be removed; the next round tries again")]
    private partial void LogFailed(Exception failure);
}
