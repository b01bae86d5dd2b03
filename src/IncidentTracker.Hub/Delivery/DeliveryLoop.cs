using System.Collections.Concurrent;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>
/// Takes what is due and tries it. Every endpoint is a lane with a few places, and so is the mail, so that whoever is slow
/// holds up nobody else; one that fails has a single place until it is back. Each hub counts its own places.
/// </summary>
internal sealed partial class DeliveryLoop(
    IDbContextFactory<HubDb> dbs, Engine engine, Postman postman, Mailer mailer, DeliveryResults results, IOptions<WebhookOptions> options, TimeProvider time, ILogger<DeliveryLoop> log) : BackgroundService
{
    private const int MailsAtOnce = 4;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    // Longer than any pause of the schedule: whatever waits is due for a probe.
    private static readonly Duration Everything = Duration.FromDays(7);

    // The mail server was not there: when to look again, with one mail. 0: it is there.
    private long _mailAgainAt;

    // Too much has failed at an endpoint just now: until when this hub leaves it alone. Others go by what they have seen.
    private readonly ConcurrentDictionary<string, Instant> _restsUntil = new();

    private readonly ConcurrentDictionary<string, int> _busy = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>There may be something to do.</summary>
    public void Wake()
    {
        try { _wake.Release(); }
        catch (SemaphoreFullException) { }      // it will look anyway
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TakeAsync(stoppingToken);
                await _wake.WaitAsync(LookEvery, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { break; }
            catch (Exception failure)
            {
                LogFailed(failure);
                await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            }
        }
        await Task.WhenAll(_running.Keys);      // they were told to stop
    }

    private async Task TakeAsync(CancellationToken stop)
    {
        var now = time.Now();
        await using var db = await dbs.CreateDbContextAsync(stop);
        foreach (var lane in await LanesAsync(db, now, stop))
        {
            var room = lane.Places - _busy.GetValueOrDefault(lane.Id);
            if (room <= 0 || _restsUntil.GetValueOrDefault(lane.Id) > now) continue;

            IReadOnlyList<DeliveryRow> taken;
            using (await engine.EnterAsync(stop)) taken = await engine.TakeDeliveriesAsync(db, lane.Id, lane.Due, now, time.In(Schedule.LockFor), room, CancellationToken.None);
            foreach (var delivery in taken) Start(lane, delivery, delivery.NextAt > now, stop);
        }
    }

    private async Task<List<Lane>> LanesAsync(HubDb db, Instant now, CancellationToken stop)
    {
        var probing = now - Schedule.ProbeAfter;
        var endpoints = await db.WebhookEndpoints.AsNoTracking()
            .Where(endpoint => endpoint.State != EndpointState.Disabled && (endpoint.QuietUntil == null || endpoint.QuietUntil <= now))
            .Select(endpoint => new
            {
                Row = endpoint,
                IsDue = db.Deliveries.Any(delivery => delivery.Lane == endpoint.Id && delivery.NextAt != null && delivery.NextAt <= now),
                IsProbed = endpoint.FailingSince != null && endpoint.FailingSince <= probing && endpoint.ProbeAt <= now && db.Deliveries.Any(delivery => delivery.Lane == endpoint.Id && delivery.NextAt != null),
            })
            .Where(endpoint => endpoint.IsDue || endpoint.IsProbed).ToListAsync(stop);

        var lanes = endpoints.ConvertAll(endpoint => new Lane(
            endpoint.Row.Id, endpoint.Row, endpoint.Row.FailingSince is null ? options.Value.AtOnce : 1, endpoint.IsDue ? now : now + Everything));
        var mailAgainAt = Interlocked.Read(ref _mailAgainAt);
        if (mailAgainAt <= now.ToUnixTimeTicks() && await db.Deliveries.AnyAsync(delivery => delivery.Lane == Outbox.MailLane && delivery.NextAt != null && delivery.NextAt <= now, stop))
            lanes.Add(new(Outbox.MailLane, null, mailAgainAt == 0 ? MailsAtOnce : 1, now));
        return lanes;
    }

    private void Start(Lane lane, DeliveryRow delivery, bool isProbe, CancellationToken stop)
    {
        _busy.AddOrUpdate(lane.Id, 1, (_, busy) => busy + 1);
        var work = Task.Run(() => DeliverAsync(lane, delivery, isProbe, stop), CancellationToken.None);
        _running.TryAdd(work, true);
        work.ContinueWith(done =>
        {
            _running.TryRemove(done, out _);
            _busy.AddOrUpdate(lane.Id, 0, (_, busy) => busy - 1);
            if (!stop.IsCancellationRequested) Wake();
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    // What ends without a result is tried again when its lock runs out, under the same id.
    private async Task DeliverAsync(Lane lane, DeliveryRow delivery, bool isProbe, CancellationToken stop)
    {
        try
        {
            if (lane.Endpoint is { } endpoint)
            {
                var attempt = await postman.SendAsync(endpoint, delivery, stop);
                if (attempt is { Outcome: AttemptOutcome.NotTried, Wait: { } rest }) _restsUntil[endpoint.Id] = time.In(rest);
                else if (attempt.Succeeded) _restsUntil.TryRemove(endpoint.Id, out _);
                await results.WriteAsync(endpoint, delivery, attempt, isProbe);
            }
            else
            {
                var attempt = await mailer.SendAsync(delivery, stop);
                Interlocked.Exchange(ref _mailAgainAt, attempt.Wait is { } wait ? time.In(wait).ToUnixTimeTicks() : 0);
                await results.WriteAsync(delivery, attempt);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
        catch (Exception failure) { LogUnknown(delivery.Id, failure); }
    }

    [LoggerMessage(LogLevel.Warning, "Deliveries could not be taken; the next round tries again")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Warning, "How delivery {Delivery} ended could not be written down; it is tried again when its lock has run out")]
    private partial void LogUnknown(string delivery, Exception failure);

    /// <summary>What shares a fate, how many of it may run at once, and up to when it is due.</summary>
    private sealed record Lane(string Id, WebhookEndpointRow? Endpoint, int Places, Instant Due);
}
