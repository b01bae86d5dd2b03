using System.Collections.Concurrent;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Alerts;

/// <summary>
/// When each partner was last heard, whatever it said. A partner whose line is dead makes many cases silent at once; whoever
/// is told needs to hear of the line, not of each case.
/// </summary>
internal sealed partial class Pulse(IDbContextFactory<HubDb> dbs, Engine engine, TimeProvider time, ILogger<Pulse> log) : BackgroundService
{
    /// <summary>Nobody is called silent after less.</summary>
    public static readonly Duration ShortestSilence = Duration.FromMinutes(15);

    private const int LongerThanUsual = 3;

    // What was usual once is forgotten slowly: after about seventy pauses it weighs half.
    private const double Forgetting = 0.99;

    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Instant> _heard = new(StringComparer.Ordinal);

    /// <summary>A partner has said something.</summary>
    public void Heard(OrganizationId partner) => _heard[partner.Value] = time.Now();

    /// <summary>Since when a partner has been silent for much longer than is usual for it. Null: it has not.</summary>
    public static Instant? SilentSince(PulseRow? pulse, Instant now) =>
        pulse is not null && now - pulse.HeardAt > Duration.Max(ShortestSilence, Duration.FromSeconds(pulse.UsualPauseSeconds) * LongerThanUsual) ? pulse.HeardAt : null;

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
            if (!known.TryGetValue(partner, out var pulse)) db.Add(new PulseRow { OrganizationId = partner, HeardAt = at });
            else if (pulse.HeardAt < at)
            {
                // An outage is no pause that anybody should get used to.
                var pause = SilentSince(pulse, at) is null ? (at - pulse.HeardAt).TotalSeconds : 0;
                (pulse.UsualPauseSeconds, pulse.HeardAt) = ((int)Math.Max(pause, pulse.UsualPauseSeconds * Forgetting), at);
            }
        }
        await db.TrySaveAsync(engine, stop);        // false: another hub heard the same partner first
        foreach (var one in heard) _heard.TryRemove(one);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.EveryAsync(NoteEvery, NoteAsync, LogFailed, stoppingToken);

    [LoggerMessage(LogLevel.Warning, "Who was heard could not be written down; it is tried again")]
    private partial void LogFailed(Exception failure);
}
