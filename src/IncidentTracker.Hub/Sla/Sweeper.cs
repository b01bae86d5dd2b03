using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Sla;

/// <summary>
/// Finds the cases whose clocks are due and has their writers look at them. A round costs what is due, not what exists.
/// Any number of hubs sweep one database: a lease spreads the work, and what a case was told lies with the case, so that
/// each word is said once whoever looks.
/// </summary>
internal sealed partial class Sweeper(IDbContextFactory<HubDb> dbs, Engine engine, Ingest ingest, TimeProvider time, IOptions<SlaOptions> options, ILogger<Sweeper> log) : BackgroundService
{
    private const int Most = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly Duration LeaseFor = Duration.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Sweep) return;

        using var timer = new PeriodicTimer(LookEvery);
        try
        {
            do
            {
                try
                {
                    while (await SweepAsync(stoppingToken) == Most) { }
                }
                catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(failure);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
    }

    /// <summary>Looks at what is due now, and says how many cases that were.</summary>
    public async Task<int> SweepAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var now = time.Now();
        var due = await engine.TakeDueAsync(db, now, now + LeaseFor, Most, stop);
        if (due.Count > 0) await ingest.LookAsync(due, stop);
        return due.Count;
    }

    [LoggerMessage(LogLevel.Warning, "Looking for what is due failed; the hub tries again at once")]
    private partial void LogFailed(Exception failure);
}
