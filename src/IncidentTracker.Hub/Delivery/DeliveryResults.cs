using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>Writes down how a try ended and what follows from it. Only for whoever took the delivery last: the fence tells.</summary>
internal sealed partial class DeliveryResults(IDbContextFactory<HubDb> dbs, Engine engine, DeliveryMeter meter, TimeProvider time, ILogger<DeliveryResults> log)
{
    public const string Exhausted = "ATTEMPTS_EXHAUSTED";
    public const string EndpointDisabled = "ENDPOINT_DISABLED";

    public async Task WriteAsync(WebhookEndpointRow endpoint, DeliveryRow delivery, Attempt attempt, CancellationToken stop)
    {
        meter.Webhook(attempt.Outcome);
        var now = time.Now();
        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);

        var isChallenge = delivery.EventType == EventBody.Challenge;
        // A probe was not due: it changes nothing when it fails.
        var isProbe = delivery.NextAt > delivery.LockedUntil - Schedule.LockFor;
        var known = attempt switch
        {
            { Succeeded: true } => await DoneAsync(db, delivery, now, stop),
            { Outcome: AttemptOutcome.NotTried } => await ReleaseAsync(db, delivery, delivery.NextAt, stop),
            _ when isProbe => await ReleaseAsync(db, delivery, delivery.NextAt, stop),
            { Outcome: AttemptOutcome.Gone } when isChallenge => await ParkAsync(db, delivery, Named.Of(AttemptOutcome.Gone), stop),
            _ => await AgainAsync(db, delivery, Schedule.AfterWebhook(delivery.Attempts + 1), attempt.Wait ?? Duration.Zero, now, stop),
        };
        if (!known) return;

        if (attempt.Outcome != AttemptOutcome.NotTried && (attempt.Succeeded || !isProbe)) db.Add(Row(delivery, attempt, now));
        if (attempt.Succeeded) await PraiseAsync(db, endpoint, isChallenge, now, stop);
        else if (!isChallenge) await BlameAsync(db, endpoint, attempt, now, stop);

        await db.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
    }

    public async Task WriteAsync(DeliveryRow mail, Attempt attempt, CancellationToken stop)
    {
        meter.Mail(attempt.Outcome);
        var now = time.Now();
        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);

        var known = attempt.Outcome switch
        {
            AttemptOutcome.Delivered => await DoneAsync(db, mail, now, stop),
            AttemptOutcome.Rejected => await ParkAsync(db, mail, Mailer.ReasonOf(attempt), stop),
            _ => await AgainAsync(db, mail, Schedule.AfterMail(mail.Attempts + 1), Duration.Zero, now, stop),
        };
        if (!known) return;

        db.Add(Row(mail, attempt, now));
        await db.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
    }

    /// <summary>Stops an endpoint, gives up what waits for it, and tells its owner by mail and through its other endpoints.</summary>
    public async Task DisableAsync(HubDb db, WebhookEndpointRow endpoint, string reason, Instant now, CancellationToken stop)
    {
        var stopped = await db.WebhookEndpoints.Where(row => row.Id == endpoint.Id && row.State == EndpointState.Active)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.State, EndpointState.Disabled).SetProperty(row => row.DisabledReason, reason), stop);
        if (stopped == 0) return;

        LogDisabled(endpoint.Id, endpoint.OrganizationId, reason);
        await db.Deliveries.Where(row => row.Lane == endpoint.Id && row.NextAt != null).ExecuteUpdateAsync(set => set
            .SetProperty(row => row.NextAt, (Instant?)null).SetProperty(row => row.LockedUntil, (Instant?)null).SetProperty(row => row.ParkedReason, EndpointDisabled), stop);

        foreach (var other in await db.WebhookEndpoints.AsNoTracking().Where(row => row.OrganizationId == endpoint.OrganizationId && row.State == EndpointState.Active).ToListAsync(stop))
            db.Add(New(other.Id, EventBody.Disabled, $"disabled {endpoint.Id} {now}", EventBody.OfDisabled(endpoint.Id, now, reason), now));
        foreach (var address in await Contacts.FindAsync(db, new(endpoint.OrganizationId), ContactLevel.Partner, stop))
            Outbox.Add(db, Words(endpoint, reason, address, now), now);
    }

    /// <summary>A webhook that waits from now on.</summary>
    public static DeliveryRow New(string endpoint, string type, string key, string body, Instant now) =>
        new() { Id = Outbox.IdOf(endpoint, key), Channel = DeliveryChannel.Webhook, Lane = endpoint, EventType = type, Body = body, CreatedAt = now, NextAt = now };

    private static async Task PraiseAsync(HubDb db, WebhookEndpointRow endpoint, bool isChallenge, Instant now, CancellationToken stop)
    {
        if (isChallenge)
            await db.WebhookEndpoints.Where(row => row.Id == endpoint.Id && row.State == EndpointState.Pending)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.State, EndpointState.Active).SetProperty(row => row.DisabledReason, (string?)null), stop);

        var wasFailing = await db.WebhookEndpoints.Where(row => row.Id == endpoint.Id && row.FailingSince != null).ExecuteUpdateAsync(set => set
            .SetProperty(row => row.FailingSince, (Instant?)null).SetProperty(row => row.ProbeAt, (Instant?)null).SetProperty(row => row.QuietUntil, (Instant?)null), stop);
        // It is back: what waits for a later try need not wait any longer.
        if (wasFailing > 0)
            await db.Deliveries.Where(row => row.Lane == endpoint.Id && row.NextAt != null && row.NextAt > now).ExecuteUpdateAsync(set => set.SetProperty(row => row.NextAt, now), stop);
    }

    private async Task BlameAsync(HubDb db, WebhookEndpointRow endpoint, Attempt attempt, Instant now, CancellationToken stop)
    {
        await db.WebhookEndpoints.Where(row => row.Id == endpoint.Id && row.FailingSince == null).ExecuteUpdateAsync(set => set.SetProperty(row => row.FailingSince, now), stop);
        var quiet = attempt.Wait is { } wait ? now + wait : (Instant?)null;
        await db.WebhookEndpoints.Where(row => row.Id == endpoint.Id).ExecuteUpdateAsync(set => set
            .SetProperty(row => row.ProbeAt, now + Schedule.ProbeEvery).SetProperty(row => row.QuietUntil, row => quiet ?? row.QuietUntil), stop);

        if (attempt.Outcome == AttemptOutcome.Gone) await DisableAsync(db, endpoint, "GONE", now, stop);
        else if (endpoint.FailingSince is { } since && since + Schedule.DisableAfter <= now) await DisableAsync(db, endpoint, "FAILED_FOR_FIVE_DAYS", now, stop);
    }

    private static async Task<bool> DoneAsync(HubDb db, DeliveryRow delivery, Instant now, CancellationToken stop) => await Mine(db, delivery).ExecuteUpdateAsync(set => set
        .SetProperty(row => row.DeliveredAt, now).SetProperty(row => row.NextAt, (Instant?)null).SetProperty(row => row.LockedUntil, (Instant?)null), stop) > 0;

    private static async Task<bool> ReleaseAsync(HubDb db, DeliveryRow delivery, Instant? next, CancellationToken stop) => await Mine(db, delivery).ExecuteUpdateAsync(set => set
        .SetProperty(row => row.NextAt, next).SetProperty(row => row.LockedUntil, (Instant?)null), stop) > 0;

    private static async Task<bool> ParkAsync(HubDb db, DeliveryRow delivery, string reason, CancellationToken stop) => await Mine(db, delivery).ExecuteUpdateAsync(set => set
        .SetProperty(row => row.NextAt, (Instant?)null).SetProperty(row => row.LockedUntil, (Instant?)null).SetProperty(row => row.ParkedReason, reason), stop) > 0;

    private static async Task<bool> AgainAsync(HubDb db, DeliveryRow delivery, Duration? pause, Duration atLeast, Instant now, CancellationToken stop)
    {
        if (pause is not { } usual) return await ParkAsync(db, delivery, Exhausted, stop);
        return await Mine(db, delivery).ExecuteUpdateAsync(set => set.SetProperty(row => row.Attempts, delivery.Attempts + 1)
            .SetProperty(row => row.NextAt, now + Duration.Max(usual, atLeast)).SetProperty(row => row.LockedUntil, (Instant?)null), stop) > 0;
    }

    private static IQueryable<DeliveryRow> Mine(HubDb db, DeliveryRow delivery) => db.Deliveries.Where(row => row.Id == delivery.Id && row.Fence == delivery.Fence);

    private static DeliveryAttemptRow Row(DeliveryRow delivery, Attempt attempt, Instant now) => new()
    {
        DeliveryId = delivery.Id,
        Fence = delivery.Fence,
        Lane = delivery.Lane,
        StartedAt = now - Duration.FromTimeSpan(attempt.Took),
        TookMilliseconds = (int)attempt.Took.TotalMilliseconds,
        Outcome = Named.Of(attempt.Outcome),
        Status = attempt.Status,
    };

    private static MailDraft Words(WebhookEndpointRow endpoint, string reason, string address, Instant now)
    {
        var why = reason == "GONE" ? "It answered 410 Gone." : "It has failed for five days.";
        var text = $"""
            The hub sends no more events to {endpoint.Url}.

            {why} What is waiting for it is kept. When it works again, send it a new challenge and ask for a replay.
            """;
        var html = $"<p>The hub sends no more events to <code>{System.Net.WebUtility.HtmlEncode(endpoint.Url)}</code>.</p><p>{why} What is waiting for it is kept. When it works again, send it a new challenge and ask for a replay.</p>";
        return new($"disabled {endpoint.Id} {now} {address}", address, EventBody.Disabled, "A webhook endpoint of yours was disabled", text, html);
    }

    [LoggerMessage(LogLevel.Warning, "Endpoint {Endpoint} of {Organization} is disabled ({Reason}); its owner is told, and what waits for it can be sent again")]
    private partial void LogDisabled(string endpoint, string organization, string reason);
}
