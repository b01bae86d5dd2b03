using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Alerts;

/// <summary>
/// Tells people about silences: each once, none that has ended meanwhile, and many of one party as one. Whoever is told
/// stands in the outbox in the same transaction in which the alert counts as told.
/// </summary>
internal sealed partial class AlertLoop(IDbContextFactory<HubDb> dbs, Engine engine, AlertMails mails, DeliveryLoop deliveries, TimeProvider time, ILogger<AlertLoop> log) : BackgroundService
{
    /// <summary>More than so many of one party in <see cref="StormWithin"/> are told as one.</summary>
    public const int StormAbove = 20;

    public static readonly Duration StormWithin = Duration.FromMinutes(10);

    private const int Most = 2_000;

    // A storm is over when nothing was added for so long.
    private static readonly Duration StormLasts = Duration.FromMinutes(30);

    // Words that fall due together are found within a moment, and must be told together.
    private static readonly Duration Settle = Duration.FromSeconds(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Tells what has to be told now, and says how many alerts that were.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var settled = time.Now() - Settle;
        if (!await db.Alerts.AnyAsync(alert => alert.ToldAt == null && alert.FiredAt < settled, stop)) return 0;

        var told = 0;
        await engine.TryAloneAsync(db, AloneAt.Alerts, async () => told = await RoundAsync(db, time.Now(), stop), stop);
        if (told > 0) deliveries.Wake();
        return told;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.EveryAsync(LookEvery, async stop => { while (await RunAsync(stop) == Most) { } }, LogFailed, stoppingToken);

    private async Task<int> RoundAsync(HubDb db, Instant now, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var settled = now - Settle;
        var alerts = await db.Alerts.Where(alert => alert.ToldAt == null && alert.FiredAt < settled).OrderBy(alert => alert.FiredAt).Take(Most).ToListAsync(stop);
        var standing = await StandingAsync(db, alerts, stop);
        foreach (var ofParty in standing.GroupBy(alert => alert.Clock.Party)) await TellAsync(db, ofParty.Key, [.. ofParty], now, stop);
        foreach (var alert in alerts) alert.ToldAt = now;
        await db.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
        return alerts.Count;
    }

    /// <summary>Those whose word is still owed; a step that was overtaken by a later one is left to that.</summary>
    private static async Task<List<StandingAlert>> StandingAsync(HubDb db, IReadOnlyList<AlertRow> alerts, CancellationToken stop)
    {
        var ids = alerts.Select(alert => alert.IncidentId).Distinct().ToArray();
        var rows = await db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id)).ToDictionaryAsync(incident => incident.Id, stop);
        var standing = new List<StandingAlert>();
        foreach (var alert in alerts)
        {
            var row = rows[alert.IncidentId];
            var (state, watch) = CaseCodec.ReadStateAndWatch(row.State);
            if (watch.Running.FirstOrDefault(clock => clock.Number == alert.Clock) is not { } clock || clock.Stage > alert.Stage || !Reference.TryParse(row.Reference, out var reference)) continue;
            standing.Add(new(alert, reference, CaseCodec.ReadFacts(row.Facts), state, clock));
        }
        return standing;
    }

    private async Task TellAsync(HubDb db, OrganizationId party, IReadOnlyList<StandingAlert> alerts, Instant now, CancellationToken stop)
    {
        var silentSince = Pulse.SilentSince(await db.Pulses.AsNoTracking().SingleOrDefaultAsync(pulse => pulse.OrganizationId == party.Value, stop), now);
        // What is missed on one case alone is told as that case: whoever answers there needs no line.
        if (silentSince is { } last && await db.Alerts.Where(alert => alert.Party == party.Value && alert.FiredAt > last).Select(alert => alert.IncidentId).Distinct().CountAsync(stop) == 1) silentSince = null;
        if (silentSince is { } heard)
        {
            // One alert for a dead line. What goes up the ladder is still told at each level, once.
            await TellOnceAsync(db, party, "", heard, silentSince, [.. alerts.Where(alert => alert.Row.Stage <= ClockStage.Breached)], now, stop);
            alerts = [.. alerts.Where(alert => alert.Row.Stage > ClockStage.Breached)];
        }
        foreach (var step in alerts.GroupBy(alert => alert.Row.Stage))
        {
            var (since, lasting) = (now - StormWithin, now - StormLasts);
            var storm = await db.Storms.AsNoTracking().Where(row => row.Party == party.Value && row.Stage == step.Key.ToString() && row.LastAt > lasting).OrderByDescending(row => row.BeganAt).FirstOrDefaultAsync(stop);
            var lately = await db.Alerts.CountAsync(alert => alert.Party == party.Value && alert.Stage == step.Key && alert.FiredAt > since, stop);
            if (storm is not null || lately > StormAbove || silentSince is not null)
            {
                await TellOnceAsync(db, party, step.Key.ToString(), storm?.BeganAt ?? now, null, [.. step], now, stop);
                continue;
            }
            foreach (var alert in step)
                foreach (var to in await RecipientsAsync(db, party, [alert], stop))
                    Outbox.Add(db, mails.About(alert, to), now);
        }
    }

    private async Task TellOnceAsync(HubDb db, OrganizationId party, string stage, Instant began, Instant? silentSince, IReadOnlyList<StandingAlert> alerts, Instant now, CancellationToken stop)
    {
        if (alerts.Count == 0) return;
        if (await db.Storms.FindAsync([party.Value, stage, began], stop) is { } known)
        {
            (known.LastAt, known.Cases) = (now, known.Cases + alerts.Count);
            return;
        }
        LogStorm(party, alerts.Count);
        db.Add(new StormRow { Party = party.Value, Stage = stage, BeganAt = began, LastAt = now, Cases = alerts.Count });
        foreach (var to in await RecipientsAsync(db, party, alerts, stop))
            Outbox.Add(db, mails.About(party, alerts[0].Row.Stage, began, silentSince, alerts, to), now);
    }

    /// <summary>Whom a step is for: the party itself up to its headquarters, then whoever supervises the case, then whoever stands between.</summary>
    private static async Task<IReadOnlyList<string>> RecipientsAsync(HubDb db, OrganizationId party, IReadOnlyList<StandingAlert> alerts, CancellationToken stop)
    {
        var level = ContactLevels.Of(alerts.Max(alert => alert.Row.Stage));
        var organizations = level == ContactLevel.Supervisor ? alerts.Select(alert => alert.State.Owner?.Value).OfType<string>().Distinct().ToArray() : [party.Value];
        var contacts = db.Contacts.AsNoTracking().Where(contact => contact.Level == level);
        if (level != ContactLevel.Mediator) contacts = contacts.Where(contact => organizations.Contains(contact.OrganizationId));
        return await contacts.Select(contact => contact.Mail).Distinct().OrderBy(mail => mail).ToListAsync(stop);
    }

    [LoggerMessage(LogLevel.Warning, "{Party} is silent on many cases; people are told once ({Count} cases so far)")]
    private partial void LogStorm(OrganizationId party, int count);

    [LoggerMessage(LogLevel.Warning, "Alerts could not be told; they are told in the next round")]
    private partial void LogFailed(Exception failure);
}
