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

    private readonly IDbContextFactory<HubDb> _dbs;
    private readonly Engine _engine;
    private readonly Ingest _ingest;
    private readonly TimeProvider _time;
    private readonly SlaOptions _options;
    private readonly ILogger<Sweeper> _log;
    private readonly Histogram<double> _delay;

    public Sweeper(IMeterFactory meters, IDbContextFactory<HubDb> dbs, Engine engine, Ingest ingest, TimeProvider time, IOptions<SlaOptions> options, ILogger<Sweeper> log)
    {
        (_dbs, _engine, _ingest, _time, _options, _log) = (dbs, engine, ingest, time, options.Value, log);
        _delay = meters.Create("IncidentTracker").CreateHistogram(DelayName, "s", "How long after its moment a case that is due was looked at.", tags: null,
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

        var words = await _ingest.LookAsync(due.Select(row => row.IncidentId), stop);
        var done = _time.Now();
        foreach (var (row, said) in due.Zip(words))
            if (said is not null) _delay.Record((done - row.At).TotalSeconds);
        return due.Count;
    }

    [LoggerMessage(LogLevel.Warning, "Looking for what is due failed; the hub tries again at once")]
    private partial void LogFailed(Exception failure);
}
