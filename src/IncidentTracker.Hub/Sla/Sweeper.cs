using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Sla;

/// <summary>
/// Finds the cases whose clocks are due and has their writers look at them. A round costs what is due, not what exists.
/// Any number of hubs sweep one database: a lease spreads the work, and what a case was told lies with the case, so that
/// each word is said once whoever looks.
/// </summary>
internal sealed partial class Sweeper : BackgroundService
{
    /// <summary>The measure of how long after its moment a case was looked at and the outcome on disk.</summary>
    public const string DelayName = "it.sla.fire.delay";

    private const int Most = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly Duration LeaseFor = Duration.FromSeconds(10);
    private static readonly Duration FirstPause = Duration.FromSeconds(10);
    private static readonly Duration LongestPause = Duration.FromHours(1);

    private readonly IDbContextFactory<HubDb> _dbs;
    private readonly Engine _engine;
    private readonly Ingest _ingest;
    private readonly TimeProvider _time;
    private readonly SlaOptions _options;
    private readonly ILogger<Sweeper> _log;
    private readonly Histogram<double> _delay;
    private readonly ConcurrentDictionary<IncidentId, int> _broken = [];

    public Sweeper(IMeterFactory meters, IDbContextFactory<HubDb> dbs, Engine engine, Ingest ingest, TimeProvider time, IOptions<SlaOptions> options, ILogger<Sweeper> log)
    {
        (_dbs, _engine, _ingest, _time, _options, _log) = (dbs, engine, ingest, time, options.Value, log);
        var meter = meters.Create("IncidentTracker");
        meter.CreateObservableGauge("it.sla.broken", () => _broken.Count, "{case}", "Cases whose clocks this hub could not look at when it last tried.");
        _delay = meter.CreateHistogram(DelayName, "s", "How long after its moment a case that is due was looked at.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 300] });
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => !_options.Sweep ? Task.CompletedTask
        : Rounds.EveryAsync(LookEvery, async stop => { while (await SweepAsync(stop) == Most) { } }, LogFailed, stoppingToken, atOnce: true);

    /// <summary>Looks at what is due now, and says how many cases that were.</summary>
    public async Task<int> SweepAsync(CancellationToken stop)
    {
        await using var db = await _dbs.CreateDbContextAsync(stop);
        var now = _time.Now();
        var due = await _engine.TakeDueAsync(db, now, now + LeaseFor, Most, stop);
        if (due.Count == 0) return 0;

        var results = await _ingest.LookAsync(due.Select(row => row.IncidentId), stop);
        var done = _time.Now();
        foreach (var (row, result) in due.Zip(results))
            if (result == LookResult.Broken) await LookLaterAsync(db, row, done, stop);
            else if (result == LookResult.Done)
            {
                _delay.Record((done - row.At).TotalSeconds);
                _broken.TryRemove(row.IncidentId, out _);
            }
        return due.Count;
    }

    // Whoever fails again and again must not take the time of the others, and is not what makes a hub late.
    private async Task LookLaterAsync(HubDb db, LookAgainRow row, Instant now, CancellationToken stop)
    {
        var failures = _broken.AddOrUpdate(row.IncidentId, 1, (_, before) => before + 1);
        var later = now + Duration.Min(FirstPause * Math.Pow(2, failures - 1), LongestPause);
        using var turn = await _engine.EnterAsync(stop);
        await db.LookAgain.Where(known => known.IncidentId == row.IncidentId && known.At == row.At).ExecuteUpdateAsync(set => set.SetProperty(known => known.At, later.ToWholeMicroseconds()).SetProperty(known => known.LeasedUntil, (Instant?)null), stop);
    }

    [LoggerMessage(LogLevel.Warning, "Looking for what is due failed; the hub tries again at once")]
    private partial void LogFailed(Exception failure);
}
