using System.Collections.Concurrent;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Alerts;

/// <summary>
/// Tells people about silences: each once, none that has ended meanwhile, and many of one party as one. Whoever is told
/// stands in the outbox in the same transaction in which the alert counts as told.
/// </summary>
internal sealed partial class AlertLoop(
    IDbContextFactory<HubDb> dbs, Engine engine, StandingAlerts standing, SilentLines lines, Storms storms, AlertMails mails, SlaBooks books, DeliveryLoop deliveries, TimeProvider time, ILogger<AlertLoop> log) : BackgroundService
{
    private const int Most = 2_000;

    // Words that fall due together are found within a moment, and must be told together.
    private static readonly Duration Settle = Duration.FromSeconds(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(OrganizationId, ContactLevel), bool> _missing = [];

    /// <summary>Tells what has to be told now, and says how many alerts that were.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        if (!await lines.AnyAsync(db, time.Now(), stop) && !await Due(db, time.Now()).AnyAsync(stop)) return 0;

        var told = 0;
        await engine.TryAloneAsync(db, AloneAt.Alerts, async () => told = await RoundAsync(db, time.Now(), stop), stop);
        if (told > 0) deliveries.Wake();
        return told;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.EveryAsync(LookEvery, async stop => { while (await RunAsync(stop) == Most) { } }, LogFailed, stoppingToken);

    private static IQueryable<AlertRow> Due(HubDb db, Instant now)
    {
        var settled = now - Settle;
        return db.Alerts.Where(alert => alert.ToldAt == null && alert.FiredAt < settled && (alert.WaitUntil == null || alert.WaitUntil <= now));
    }

    private async Task<int> RoundAsync(HubDb db, Instant now, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var told = await lines.TellAsync(db, now, stop);
        await db.SaveChangesAsync(stop);

        // With those that are due go those of the same parties that wait: together they may be enough.
        var settled = now - Settle;
        var parties = await Due(db, now).Select(alert => alert.Party).Distinct().ToArrayAsync(stop);
        var alerts = await db.Alerts.Where(alert => alert.ToldAt == null && alert.FiredAt < settled && parties.Contains(alert.Party))
            .OrderBy(alert => alert.WaitUntil == null || alert.WaitUntil <= now ? 0 : 1).ThenBy(alert => alert.FiredAt).Take(Most).ToListAsync(stop);
        var waiting = new HashSet<AlertRow>();
        foreach (var ofParty in (await standing.OfAsync(db, alerts, stop)).GroupBy(alert => alert.Clock.Party))
            waiting.UnionWith(await TellAsync(db, ofParty.Key, [.. ofParty], now, stop));
        foreach (var alert in alerts.Where(alert => !waiting.Contains(alert)))
        {
            alert.ToldAt = now;
            told++;
        }
        await db.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
        return told;
    }

    /// <summary>Tells these, and says which of them wait.</summary>
    private async Task<IReadOnlyList<AlertRow>> TellAsync(HubDb db, OrganizationId party, IReadOnlyList<StandingAlert> alerts, Instant now, CancellationToken stop)
    {
        var line = await SilentLines.OpenAsync(db, party, stop);
        var people = await People.FindAsync(db, party, alerts.Select(alert => alert.State.Owner), NoteMissing, stop);
        var waiting = alerts.Where(alert => WaitsForWork(alert, now)).Select(alert => alert.Row).ToList();
        foreach (var step in alerts.Where(alert => !waiting.Contains(alert.Row)).GroupBy(alert => Turn(alert, people)))
        {
            if (step.Key is not (var stage, { } level, var owner)) continue;        // there is nobody, and the log says so

            var known = level == ContactLevel.Supervisor || level == people.ForLine() ? line : null;
            if (await UntoldAsync(db, step.Where(alert => !(alert.Clock.StartedAt < known?.ToldAt)), stage, level, stop) is not { Count: > 0 } untold) continue;

            var storm = await storms.FindAsync(db, party, stage, owner?.Value ?? "", untold.Count, line is not null, now, stop);
            if (storm is not null && !Storms.IsTime(storm, untold, now))
            {
                waiting.AddRange(untold.Select(alert => alert.Row));
                continue;
            }
            var to = people.At(level, owner);
            if (storm is null || untold.Count == 1)
            {
                foreach (var alert in untold) alert.Row.ToldTo = TryTell(db, alert, level, to, now) ? level : null;
                continue;
            }
            foreach (var address in to) Outbox.Add(db, mails.OfMany(storm, stage, [.. untold.Select(alert => alert.Owed)], address), now);
            foreach (var alert in untold) alert.Row.ToldTo = level;
        }
        return waiting;
    }

    // Those who supervise hear of their own cases only, whichever step it was that came to them.
    private static (ClockStage Stage, ContactLevel? Level, OrganizationId? Owner) Turn(StandingAlert alert, People people)
    {
        var level = people.For(alert.Row.Stage, alert.State.Owner);
        return (alert.Row.Stage, level, level == ContactLevel.Supervisor ? alert.State.Owner : null);
    }

    /// <summary>Those of which the level has not heard at an earlier step that had nobody of its own.</summary>
    private static async Task<IReadOnlyList<StandingAlert>> UntoldAsync(HubDb db, IEnumerable<StandingAlert> alerts, ClockStage stage, ContactLevel level, CancellationToken stop)
    {
        var open = alerts.ToArray();
        if (stage <= ClockStage.Breached) return open;

        var ids = open.Select(alert => alert.Row.IncidentId).ToArray();
        var heard = await db.Alerts.Where(alert => ids.Contains(alert.IncidentId) && alert.ToldTo == level && alert.Stage != ClockStage.DueSoon).Select(alert => new { alert.IncidentId, alert.Clock }).ToListAsync(stop);
        return [.. open.Where(alert => !heard.Contains(new { alert.Row.IncidentId, alert.Row.Clock }))];
    }

    private bool TryTell(HubDb db, StandingAlert alert, ContactLevel level, IReadOnlyList<string> to, Instant now)
    {
        try
        {
            foreach (var address in to) Outbox.Add(db, mails.About(alert, level, address), now);
            return true;
        }
        catch (Exception failure) when (!engine.IsOutage(failure))
        {
            standing.GiveUp(alert.Row.IncidentId, failure);
            return false;
        }
    }

    // A reminder helps whoever can act on it. What is overdue wakes people.
    private bool WaitsForWork(StandingAlert alert, Instant now)
    {
        if (alert.Row.Stage != ClockStage.DueSoon) return false;

        var moment = Duration.FromTicks(10);
        var station = alert.State.Items.FirstOrDefault(item => item.Id == alert.Clock.ItemId)?.Station ?? "";
        if (!(books.Current.CalendarOf(alert.Clock.Party, station, now).After(now, moment) - moment is { } opens && opens > now)) return false;
        alert.Row.WaitUntil = opens;
        return true;
    }

    private void NoteMissing(OrganizationId organization, ContactLevel level)
    {
        if (_missing.TryAdd((organization, level), true)) LogMissing(organization, level);
    }

    [LoggerMessage(LogLevel.Warning, "Contacts:People has nobody of {Organization} at the level {Level}; the next level that has somebody is told instead")]
    private partial void LogMissing(OrganizationId organization, ContactLevel level);

    [LoggerMessage(LogLevel.Warning, "Alerts could not be told; they are told in the next round")]
    private partial void LogFailed(Exception failure);
}
