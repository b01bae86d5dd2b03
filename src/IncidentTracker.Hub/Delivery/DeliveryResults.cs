using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>
/// Writes down how a try ended and what follows from it. Only for whoever took the delivery last: the fence tells. A hub
/// that stops writes what it knows first, so nothing here is cancelled.
/// </summary>
internal sealed partial class DeliveryResults(IDbContextFactory<HubDb> dbs, Engine engine, Unreachable unreachable, DeliveryMeter meter, TimeProvider time, ILogger<DeliveryResults> log)
{
    public const string Exhausted = "ATTEMPTS_EXHAUSTED";
    public const string EndpointDisabled = "ENDPOINT_DISABLED";
    public const string EndpointPending = "ENDPOINT_PENDING";

    /// <param name="isProbe">It was not due: it changes nothing when it fails.</param>
    public async Task WriteAsync(WebhookEndpointRow endpoint, DeliveryRow delivery, Attempt attempt, bool isProbe)
    {
        meter.Webhook(attempt.Outcome);
        var now = time.Now();
        using var turn = await engine.EnterAsync(CancellationToken.None);
        await using var db = await dbs.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var isChallenge = delivery.EventType == EventBody.Challenge;
        // The usual success says nothing new of the endpoint. Otherwise it is held before the delivery, as everybody does, and looked
        // at as it is now: another hub may have seen a success meanwhile.
        var isUsual = attempt.Succeeded && !isChallenge && endpoint.FailingSince is null;
        IReadOnlyList<WebhookEndpointRow> endpoints = isUsual ? [endpoint] : await engine.HoldEndpointsAsync(db, [endpoint.OrganizationId], CancellationToken.None);
        if (endpoints.FirstOrDefault(row => row.Id == endpoint.Id) is not { } held) return;
        var known = attempt switch
        {
            { Succeeded: true } => await DoneAsync(db, delivery, now),
            _ when isProbe || attempt.Outcome == AttemptOutcome.NotTried => await ReleaseAsync(db, delivery, delivery.NextAt),
            { Outcome: AttemptOutcome.Gone } when isChallenge => await ParkAsync(db, delivery, Named.Of(AttemptOutcome.Gone)),
            _ => await AgainAsync(db, delivery, Schedule.AfterWebhook(delivery.Attempts + 1), attempt.Wait ?? Duration.Zero),
        };
        if (!known) return;

        if (attempt.Outcome != AttemptOutcome.NotTried && (attempt.Succeeded || !isProbe)) db.Add(Row(delivery, attempt, now));
        if (attempt.Succeeded) await PraiseAsync(db, held, isChallenge, now);
        // What was not tried says nothing: another hub may be getting through.
        else if (!isChallenge && attempt.Outcome != AttemptOutcome.NotTried) await BlameAsync(db, held, endpoints, attempt, now);

        await db.SaveChangesAsync();
        await transaction.CommitAsync();
    }

    public async Task WriteAsync(DeliveryRow mail, Attempt attempt)
    {
        meter.Mail(attempt.Outcome);
        // Another mail to the same address may tell the same at this moment; then it is told already.
        if (!await TryWriteAsync(mail, attempt)) await TryWriteAsync(mail, attempt);
    }

    private async Task<bool> TryWriteAsync(DeliveryRow mail, Attempt attempt)
    {
        var now = time.Now();
        using var turn = await engine.EnterAsync(CancellationToken.None);
        await using var db = await dbs.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();

        var known = attempt.Outcome switch
        {
            AttemptOutcome.Delivered => await DoneAsync(db, mail, now),
            AttemptOutcome.Rejected or AttemptOutcome.NotNeeded => await ParkAsync(db, mail, Mailer.ReasonOf(attempt)),
            _ when attempt.Wait is { } wait => mail.CreatedAt + Schedule.MailWaitsFor > now ? await ReleaseAsync(db, mail, time.In(wait)) : await ParkAsync(db, mail, Exhausted),
            _ => await AgainAsync(db, mail, Schedule.AfterMail(mail.Attempts + 1), Duration.Zero),
        };
        if (!known) return true;

        db.Add(Row(mail, attempt, now));
        if (attempt is { Outcome: AttemptOutcome.Rejected, Status: > 0 }) await unreachable.TellAsync(db, mail, Mailer.ReasonOf(attempt), now);
        if (!await db.TrySaveAsync(engine, CancellationToken.None)) return false;
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>A webhook that waits from now on.</summary>
    public static DeliveryRow New(string endpoint, string type, string key, string body, Instant now) =>
        new() { Id = Outbox.IdOf(endpoint, key), Channel = DeliveryChannel.Webhook, Lane = endpoint, EventType = type, Body = body, CreatedAt = now, NextAt = now };

    private static async Task PraiseAsync(HubDb db, WebhookEndpointRow endpoint, bool isChallenge, Instant now)
    {
        if (isChallenge && endpoint.State == EndpointState.Pending) (endpoint.State, endpoint.DisabledReason) = (EndpointState.Active, null);
        if (endpoint.FailingSince is null) return;

        (endpoint.FailingSince, endpoint.ProbeAt, endpoint.QuietUntil) = (null, null, null);
        // It is back: what waits for a later try need not wait any longer.
        await db.Deliveries.Where(row => row.Lane == endpoint.Id && row.NextAt != null && row.NextAt > now).ExecuteUpdateAsync(set => set.SetProperty(row => row.NextAt, now));
    }

    private async Task BlameAsync(HubDb db, WebhookEndpointRow endpoint, IReadOnlyList<WebhookEndpointRow> endpoints, Attempt attempt, Instant now)
    {
        // Nobody knows how it was while nothing was tried, so that time is not held against it.
        if (endpoint.FailingSince is null || endpoint.ProbeAt + Schedule.ForgetAfter < now) endpoint.FailingSince = now;
        endpoint.ProbeAt = time.In(Schedule.ProbeEvery);
        if (attempt.Wait is { } wait) endpoint.QuietUntil = time.In(wait);

        if (attempt.Outcome == AttemptOutcome.Gone) await DisableAsync(db, endpoint, endpoints, "GONE", now);
        else if (endpoint.FailingSince + Schedule.DisableAfter <= now) await DisableAsync(db, endpoint, endpoints, "FAILED_FOR_FIVE_DAYS", now);
    }

    /// <summary>Stops an endpoint, gives up what waits for it, and tells its owner by mail and through its other endpoints.</summary>
    private async Task DisableAsync(HubDb db, WebhookEndpointRow endpoint, IReadOnlyList<WebhookEndpointRow> endpoints, string reason, Instant now)
    {
        if (endpoint.State != EndpointState.Active) return;
        (endpoint.State, endpoint.DisabledReason) = (EndpointState.Disabled, reason);

        LogDisabled(endpoint.Id, endpoint.OrganizationId, reason);
        // The fence keeps out what is still on its way: its end must not bring it back into the queue.
        await db.Deliveries.Where(row => row.Lane == endpoint.Id && row.NextAt != null).ExecuteUpdateAsync(set => set.SetProperty(row => row.Fence, row => row.Fence + 1)
            .SetProperty(row => row.NextAt, (Instant?)null).SetProperty(row => row.LockedUntil, (Instant?)null).SetProperty(row => row.ParkedReason, EndpointDisabled));

        foreach (var other in endpoints.Where(row => row.State == EndpointState.Active))
            db.Add(New(other.Id, EventBody.Disabled, $"disabled {endpoint.Id} {now}", EventBody.OfDisabled(endpoint.Id, now, reason), now));
        foreach (var address in await Contacts.FindAsync(db, new(endpoint.OrganizationId), ContactLevel.Partner, CancellationToken.None))
            Outbox.Add(db, Words(endpoint, reason, address, now), now);
    }

    private static async Task<bool> DoneAsync(HubDb db, DeliveryRow delivery, Instant now) => await Mine(db, delivery).ExecuteUpdateAsync(set => set
        .SetProperty(row => row.DeliveredAt, now).SetProperty(row => row.NextAt, (Instant?)null).SetProperty(row => row.LockedUntil, (Instant?)null)) > 0;

    private static async Task<bool> ReleaseAsync(HubDb db, DeliveryRow delivery, Instant? next) => await Mine(db, delivery).ExecuteUpdateAsync(set => set
        .SetProperty(row => row.NextAt, next).SetProperty(row => row.LockedUntil, (Instant?)null)) > 0;

    private static async Task<bool> ParkAsync(HubDb db, DeliveryRow delivery, string reason) => await Mine(db, delivery).ExecuteUpdateAsync(set => set
        .SetProperty(row => row.NextAt, (Instant?)null).SetProperty(row => row.LockedUntil, (Instant?)null).SetProperty(row => row.ParkedReason, reason)) > 0;

    private async Task<bool> AgainAsync(HubDb db, DeliveryRow delivery, Duration? pause, Duration atLeast)
    {
        if (pause is not { } usual) return await ParkAsync(db, delivery, Exhausted);
        var next = time.In(Duration.Max(usual, atLeast));
        return await Mine(db, delivery).ExecuteUpdateAsync(set => set.SetProperty(row => row.Attempts, delivery.Attempts + 1)
            .SetProperty(row => row.NextAt, next).SetProperty(row => row.LockedUntil, (Instant?)null)) > 0;
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
