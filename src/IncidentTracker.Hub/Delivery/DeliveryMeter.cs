using System.Diagnostics.Metrics;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Delivery;

/// <summary>Measures what waits in the outbox, for how long, and how attempts end.</summary>
internal sealed partial class DeliveryMeter : BackgroundService
{
    /// <summary>The name to listen to.</summary>
    public const string Name = "IncidentTracker";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly IDbContextFactory<HubDb> _dbs;
    private readonly TimeProvider _time;
    private readonly ILogger<DeliveryMeter> _log;
    private readonly Counter<long> _webhooks, _mails;
    private long _depth;
    private double _oldest;

    public DeliveryMeter(IMeterFactory meters, IDbContextFactory<HubDb> dbs, TimeProvider time, ILogger<DeliveryMeter> log)
    {
        (_dbs, _time, _log) = (dbs, time, log);
        var meter = meters.Create(Name);
        _webhooks = meter.CreateCounter<long>("it.webhook.attempts", "{attempt}", "Attempts at webhook endpoints, by how they ended.");
        _mails = meter.CreateCounter<long>("it.mail.attempts", "{attempt}", "Attempts at sending mail, by how they ended.");
        meter.CreateObservableGauge("it.outbox.depth", () => Interlocked.Read(ref _depth), "{delivery}", "Deliveries that wait, whatever for.");
        meter.CreateObservableGauge("it.outbox.oldest_age", () => Volatile.Read(ref _oldest), "s", "For how long the oldest of them has been due.");
    }

    public void Webhook(AttemptOutcome outcome) => _webhooks.Add(1, new KeyValuePair<string, object?>("outcome", Named.Of(outcome)));

    public void Mail(AttemptOutcome outcome) => _mails.Add(1, new KeyValuePair<string, object?>("outcome", Named.Of(outcome)));

    /// <summary>Counts what waits.</summary>
    public async Task LookAsync(CancellationToken stop)
    {
        await using var db = await _dbs.CreateDbContextAsync(stop);
        var waiting = db.Deliveries.Where(delivery => delivery.NextAt != null);
        var now = _time.Now();
        Interlocked.Exchange(ref _depth, await waiting.LongCountAsync(stop));
        var oldest = await waiting.MinAsync(delivery => delivery.NextAt, stop);
        Volatile.Write(ref _oldest, oldest is { } due && due < now ? (now - due).TotalSeconds : 0);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.EveryAsync(LookEvery, LookAsync, LogFailed, stoppingToken, atOnce: true);

    [LoggerMessage(LogLevel.Warning, "The outbox could not be counted; the figures are those of before")]
    private partial void LogFailed(Exception failure);
}
