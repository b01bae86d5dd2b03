using System.Diagnostics.Metrics;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Sla;

/// <summary>
/// Watches the watchman: how long a case has been due at which no hub has looked. Asks the database, so it also sees that
/// every hub has stopped looking. While the hub itself is late, it says so to operators and on the pages.
/// </summary>
internal sealed partial class SweepWatch : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly Duration LateAfter = Duration.FromMinutes(2);

    private readonly IDbContextFactory<HubDb> _dbs;
    private readonly TimeProvider _time;
    private readonly ILogger<SweepWatch> _log;
    private double _lag;
    private Instant? _oldest;
    private volatile bool _isLate;

    public SweepWatch(IMeterFactory meters, IDbContextFactory<HubDb> dbs, TimeProvider time, ILogger<SweepWatch> log)
    {
        (_dbs, _time, _log) = (dbs, time, log);
        meters.Create("IncidentTracker").CreateObservableGauge("it.sla.oldest_due_unfired", () => Lag.TotalSeconds, "s", "For how long the oldest case has been due at which nobody has looked.");
    }

    /// <summary>For how long a case has been due at which nobody has looked.</summary>
    public Duration Lag => Duration.FromSeconds(Volatile.Read(ref _lag));

    /// <summary>Late enough that people must know: by minutes, and nobody has looked since the watch asked before.</summary>
    public bool IsLate => _isLate;

    /// <summary>Asks the database once: one look into an index.</summary>
    public async Task LookAsync(CancellationToken stop)
    {
        await using var db = await _dbs.CreateDbContextAsync(stop);
        var oldest = await db.LookAgain.OrderBy(row => row.At).Select(row => (Instant?)row.At).FirstOrDefaultAsync(stop);
        var now = _time.Now();
        var wasLate = IsLate;
        Volatile.Write(ref _lag, oldest < now ? (now - oldest.Value).TotalSeconds : 0);
        // In a demo minutes pass in a moment; what is still there the next time is late on any clock.
        _isLate = Lag > LateAfter && oldest == _oldest;
        _oldest = oldest;
        if (IsLate && !wasLate) LogLate(Lag);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.EveryAsync(LookEvery, LookAsync, LogUnknown, stoppingToken);

    [LoggerMessage(LogLevel.Error, "Words that are due are found {Lag} late. Is Sla:Sweep on for any hub, and does the database keep up?")]
    private partial void LogLate(Duration lag);

    [LoggerMessage(LogLevel.Warning, "Whether anything is overdue could not be asked; the figure is that of before")]
    private partial void LogUnknown(Exception failure);
}
