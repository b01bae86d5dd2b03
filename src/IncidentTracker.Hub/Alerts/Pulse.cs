using System.Collections.Concurrent;
using System.Collections.Immutable;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Alerts;

/// <summary>
/// When each partner was last heard, whatever it said. A partner whose line is dead makes many cases silent at once; whoever
/// is told needs to hear of the line, not of each case.
/// </summary>
internal sealed partial class Pulse(IDbContextFactory<HubDb> dbs, Engine engine, SlaBooks books, TimeProvider time, ILogger<Pulse> log) : BackgroundService
{
    /// <summary>Nobody is called silent after less.</summary>
    public static readonly Duration ShortestSilence = Duration.FromMinutes(15);

    private const int LongerThanUsual = 3;

    // Nothing is concluded about a partner before it has been known for so many of its usual pauses, for an hour, and for
    // long enough to tell whether its longest pause was a habit.
    private const int PausesToKnow = 5;
    private const int LongestToKnow = 2;
    private static readonly Duration ShortestAcquaintance = Duration.FromHours(1);

    // A weekend may be usual; a partner that comes back after a month has not got used to that.
    private static readonly Duration LongestPause = Duration.FromDays(3);

    // What was usual once is forgotten: after a week it weighs half.
    private static readonly Duration HalfForgottenAfter = Duration.FromDays(7);

    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Instant> _heard = new(StringComparer.Ordinal);

    /// <summary>A partner has said something.</summary>
    public void Heard(OrganizationId partner) => _heard[partner.Value] = time.Now();

    /// <summary>Whether a partner has been silent for much longer than is usual for it. Time in which it could not be heard, or said before that it would not speak, does not count.</summary>
    public static bool IsSilent(PulseRow pulse, ImmutableArray<Closure> closures, Instant now)
    {
        var (usual, longest) = (Duration.FromSeconds(pulse.UsualPauseSeconds), Duration.FromSeconds(pulse.LongestPauseSeconds));
        return pulse.HeardAt - pulse.SinceAt >= Duration.Max(ShortestAcquaintance, Duration.Max(usual * PausesToKnow, longest * LongestToKnow))
            && Pause(pulse, closures, now) > Duration.Max(ShortestSilence, usual * LongerThanUsual);
    }

    /// <summary>Writes down who was heard since the last time.</summary>
    public async Task NoteAsync(CancellationToken stop)
    {
        var heard = _heard.ToArray();
        if (heard.Length == 0) return;

        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        var names = heard.Select(one => one.Key).ToArray();
        var known = await db.Pulses.Where(pulse => names.Contains(pulse.OrganizationId)).ToDictionaryAsync(pulse => pulse.OrganizationId, stop);
        foreach (var (partner, at) in heard)
        {
            if (!known.TryGetValue(partner, out var pulse)) db.Add(new PulseRow { OrganizationId = partner, SinceAt = at, HeardAt = at });
            else if (pulse.HeardAt < at) Learn(pulse, Duration.Min(LongestPause, Pause(pulse, books.Current.Closures, at)), at);
        }
        await db.TrySaveAsync(engine, stop);        // false: another hub heard the same partner first
        foreach (var one in heard) _heard.TryRemove(one);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.EveryAsync(NoteEvery, NoteAsync, LogFailed, stoppingToken);

    // One long pause may be an outage, to which nobody should get used. The second one like it is a habit.
    private static void Learn(PulseRow pulse, Duration pause, Instant at)
    {
        var left = Math.Pow(0.5, (at - pulse.HeardAt) / HalfForgottenAfter);
        var seconds = (int)Math.Ceiling(pause.TotalSeconds);
        pulse.UsualPauseSeconds = Math.Max((int)(pulse.UsualPauseSeconds * left), Math.Min(seconds, pulse.LongestPauseSeconds));
        pulse.LongestPauseSeconds = Math.Max((int)(pulse.LongestPauseSeconds * left), seconds);
        pulse.HeardAt = at;
    }

    private static Duration Pause(PulseRow pulse, ImmutableArray<Closure> closures, Instant until)
    {
        var (pause, at) = (Duration.Zero, pulse.HeardAt);
        foreach (var closure in closures.Where(closure => closure.KnownFrom <= until && (closure.Organization is not { } only || only.Value == pulse.OrganizationId)))
        {
            if (closure.From >= until) break;
            pause += Duration.Max(Duration.Zero, closure.From - at);
            at = Instant.Max(at, closure.Until);
        }
        return pause + Duration.Max(Duration.Zero, until - at);
    }

    [LoggerMessage(LogLevel.Warning, "Who was heard could not be written down; it is tried again")]
    private partial void LogFailed(Exception failure);
}
