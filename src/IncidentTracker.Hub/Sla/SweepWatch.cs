using System.Diagnostics.Metrics;
using System.Globalization;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Sla;

/// <summary>
/// Watches the watchman: how long a case has been due at which no hub has looked, and how long an alert waits of which no hub
/// has told people. Asks the database, so it also sees that every hub has stopped. While the hub itself is late, it says so
/// to operators and on the pages.
/// </summary>
internal sealed partial class SweepWatch : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly IDbContextFactory<HubDb> _dbs;
    private readonly TimeProvider _time;
    private readonly ILogger<SweepWatch> _log;
    private readonly Delay _looking = new(), _telling = new();
    private Instant? _lookedAt;

    public SweepWatch(IMeterFactory meters, IDbContextFactory<HubDb> dbs, TimeProvider time, ILogger<SweepWatch> log)
    {
        (_dbs, _time, _log) = (dbs, time, log);
        var meter = meters.Create("IncidentTracker");
        meter.CreateObservableGauge("it.sla.oldest_due_unfired", () => _looking.Lag.TotalSeconds, "s", "For how long the oldest case has been due at which nobody has looked.");
        meter.CreateObservableGauge("it.alerts.oldest_untold", () => _telling.Lag.TotalSeconds, "s", "For how long the oldest alert has been waiting of which nobody has told people.");
    }

    /// <summary>For how long a case has been due at which nobody has looked.</summary>
    public Duration Lag => _looking.Lag;

    /// <summary>For how long an alert has been waiting of which nobody has told people.</summary>
    public Duration TellingLag => _telling.Lag;

    /// <summary>Late enough that people must know.</summary>
    public bool IsLate => _looking.IsLate || _telling.IsLate;

    /// <summary>What is late, for operators; empty: nothing is.</summary>
    public string Trouble => string.Join("; ", new[]
    {
        _looking.IsLate ? string.Create(CultureInfo.InvariantCulture, $"words that are due are found {Lag.TotalSeconds:0} s late") : "",
        _telling.IsLate ? string.Create(CultureInfo.InvariantCulture, $"people are told of silences {TellingLag.TotalSeconds:0} s late") : "",
    }.Where(text => text.Length > 0));

    /// <summary>Asks the database once: two looks into indexes.</summary>
    public async Task LookAsync(CancellationToken stop)
    {
        await using var db = await _dbs.CreateDbContextAsync(stop);
        var due = await db.LookAgain.OrderBy(row => row.At).Select(row => (Instant?)row.At).FirstOrDefaultAsync(stop);
        var untold = await db.Alerts.Where(alert => alert.ToldAt == null).OrderBy(alert => alert.FiredAt).Select(alert => (Instant?)alert.FiredAt).FirstOrDefaultAsync(stop);
        var now = _time.Now();
        var sinceLook = now - (_lookedAt ?? now);
        _lookedAt = now;
        if (_looking.See(due, now, sinceLook)) LogLate(Lag);
        if (_telling.See(untold, now, sinceLook)) LogUntold(TellingLag);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.EveryAsync(LookEvery, LookAsync, LogUnknown, stoppingToken);

    /// <summary>How late one kind of work is.</summary>
    private sealed class Delay
    {
        private static readonly Duration LateAfter = Duration.FromMinutes(2);

        private double _lag;
        private bool _wasBehind;
        private volatile bool _isLate;

        public Duration Lag => Duration.FromSeconds(Volatile.Read(ref _lag));

        /// <summary>Behind by minutes, twice running: whether or not it moves on meanwhile.</summary>
        public bool IsLate => _isLate;

        /// <summary>Takes what has waited longest, and says whether it is late from now on.</summary>
        public bool See(Instant? oldest, Instant now, Duration sinceLook)
        {
            Volatile.Write(ref _lag, oldest < now ? (now - oldest.Value).TotalSeconds : 0);
            // In a demo minutes pass in a moment: what came up since the last look is late on no clock.
            var isBehind = Lag > Duration.Max(LateAfter, sinceLook);
            var wasLate = _isLate;
            _isLate = isBehind && _wasBehind;
            _wasBehind = isBehind;
            return _isLate && !wasLate;
        }
    }

    [LoggerMessage(LogLevel.Error, "Words that are due are found {Lag} late. Is Sla:Sweep on for any hub, and does the database keep up?")]
    private partial void LogLate(Duration lag);

    [LoggerMessage(LogLevel.Error, "People are told of silences {Lag} late. Do the lines above say why?")]
    private partial void LogUntold(Duration lag);

    [LoggerMessage(LogLevel.Warning, "Whether anything is overdue could not be asked; the figure is that of before")]
    private partial void LogUnknown(Exception failure);
}
