using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Alerts;

/// <summary>
/// Many silences of one party at one step, told as one. What joins later waits until there is enough to tell again, and is
/// looked at anew then: nothing counts as told of which nobody was told.
/// </summary>
internal sealed partial class Storms(ILogger<Storms> log)
{
    /// <summary>More than so many of one party in <see cref="Within"/> are told as one.</summary>
    public const int Above = 20;

    public static readonly Duration Within = Duration.FromMinutes(10);

    /// <summary>What has joined is told after so long, or after <see cref="Within"/> when it is as many as all before.</summary>
    public static readonly Duration ToldAgainAfter = Duration.FromMinutes(30);

    // A storm of which nobody was told for so long is over.
    private static readonly Duration Lasts = Duration.FromHours(1);

    /// <summary>The storm in which these are, if there is one.</summary>
    /// <param name="isLine">The whole line of the party is silent: even a few are told as one.</param>
    public async Task<StormRow?> FindAsync(HubDb db, OrganizationId party, ClockStage stage, string owner, int count, bool isLine, Instant now, CancellationToken stop)
    {
        var (name, since, lasting) = (stage.ToString(), now - Within, now - Lasts);
        if (await db.Storms.Where(row => row.Party == party.Value && row.Stage == name && row.Owner == owner && row.ToldAt > lasting).OrderByDescending(row => row.BeganAt).FirstOrDefaultAsync(stop) is { } known) return known;

        var lately = db.Alerts.Where(alert => alert.Party == party.Value && alert.Stage == stage && alert.FiredAt > since);
        var isMany = count > Above || (isLine && count > 1) || await lately.CountAsync(stop) > Above;
        if (!isMany) return null;

        LogStorm(party, stage, count);
        // The first of them were told one by one.
        var told = owner.Length > 0 ? 0 : await lately.Where(alert => alert.ToldTo != null).Select(alert => alert.IncidentId).Distinct().CountAsync(stop);
        return db.Add(new StormRow { Party = party.Value, Stage = name, Owner = owner, BeganAt = now, ToldAt = now - ToldAgainAfter, Cases = told }).Entity;
    }

    /// <summary>Whether all of these are told now. Otherwise they wait.</summary>
    public static bool IsTime(StormRow storm, IReadOnlyList<StandingAlert> alerts, Instant now)
    {
        var joined = alerts.Select(alert => alert.Reference).Distinct().Count();
        var next = storm.ToldAt + (joined >= storm.Cases ? Within : ToldAgainAfter);
        if (next <= now)
        {
            (storm.ToldAt, storm.Cases) = (now, storm.Cases + joined);
            return true;
        }
        foreach (var alert in alerts) alert.Row.WaitUntil = next;
        return false;
    }

    [LoggerMessage(LogLevel.Warning, "{Party} is silent on many cases; those of the step {Stage} are told as one ({Count} so far)")]
    private partial void LogStorm(OrganizationId party, ClockStage stage, int count);
}
