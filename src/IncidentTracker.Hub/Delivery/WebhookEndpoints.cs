using System.Security.Cryptography;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>The REST door for endpoints of webhooks: making them, proving them, changing their secret.</summary>
internal static class WebhookEndpoints
{
    private const int LongestUrl = 2_000;
    private static readonly Duration BothSecretsFor = Duration.FromHours(24);

    public static void MapWebhooks(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1/webhook-endpoints").WithTags("Webhooks");
        api.MapPost("/", Create).WithName("CreateWebhookEndpoint").WithSummary("Have events sent to an address")
            .WithDescription("The answer shows the secret, once. The hub then sends endpoint.challenge; events follow when it was answered with 2xx and {\"challenge\":\"...\"}. Signed by Standard Webhooks 1.0; at least once, in any order.")
            .Problems(400, 401, 409);
        api.MapGet("/", List).WithName("ListWebhookEndpoints").WithSummary("List the caller's endpoints").WithDescription("They are few and come at once, oldest first.").Problems(401);
        api.MapGet("/{endpointId}", Get).WithName("GetWebhookEndpoint").WithSummary("Read an endpoint").WithDescription("Its state, and since when it has failed. The secret is not shown again.").Problems(401, 404);
        api.MapDelete("/{endpointId}", Delete).WithName("DeleteWebhookEndpoint").WithSummary("Remove an endpoint and all its deliveries").WithDescription("What was on its way may still arrive.").Problems(401, 404);
        api.MapPost("/{endpointId}/rotations", Rotate).WithName("RotateWebhookSecret").WithSummary("Get a new secret")
            .WithDescription("For 24 hours every event carries two signatures, with the new secret and with the one before.").Problems(401, 404);
        api.MapPost("/{endpointId}/challenges", ChallengeAgain).WithName("ChallengeWebhookEndpoint").WithSummary("Send a new challenge, to activate the endpoint")
            .WithDescription("For an endpoint that has not answered its first one, or was disabled.").Problems(401, 404, 409);
        api.MapPost("/{endpointId}/test-events", Test).WithName("SendTestEvent").WithSummary("Send endpoint.test").WithDescription("It travels like every other event; the log shows how it went.").Problems(401, 404, 409);
        api.MapDeliveries();
    }

    private static async Task<Created<EndpointView>> Create(
        PartnerIdentity partner, CreateEndpointBody body, IDbContextFactory<HubDb> dbs, Engine engine, Egress egress, FanOut fanOut, DeliveryLoop loop, IOptions<WebhookOptions> options, TimeProvider time, CancellationToken stop)
    {
        if (body.Url.Length == 0) throw new RefusedException(Refusals.FieldRequired.At("url"));
        if (body.Url.Length > LongestUrl) throw new RefusedException(Refusals.FieldTooLong.At("url", $"At most {LongestUrl} characters."));
        if (!Uri.TryCreate(body.Url, UriKind.Absolute, out var address) || !egress.MayBeEndpoint(address)) throw new RefusedException(Refusals.WebhookUrlRefused.At("url"));

        await fanOut.FollowAsync(partner.Id, stop);
        var now = time.Now();
        var endpoint = new WebhookEndpointRow
        {
            Id = $"whe_{Guid.CreateVersion7(now.ToDateTimeOffset()):N}",
            OrganizationId = partner.Id.Value,
            Url = address.AbsoluteUri,
            State = EndpointState.Pending,
            Secret = WebhookSecret.New(),
            CreatedAt = now,
        };
        using (await engine.EnterAsync(stop))
        {
            await using var db = await dbs.CreateDbContextAsync(stop);
            if (await db.WebhookEndpoints.CountAsync(row => row.OrganizationId == endpoint.OrganizationId, stop) >= options.Value.EndpointsPerOrganization)
                throw new RefusedException(Refusals.WebhookEndpointLimit);
            db.Add(endpoint);
            db.Add(Challenge(endpoint, now));
            if (!await db.TrySaveAsync(engine, stop)) throw new RefusedException(Refusals.WebhookEndpointExists.At("url"));
        }
        loop.Wake();
        return TypedResults.Created($"/api/v1/webhook-endpoints/{endpoint.Id}", EndpointView.Of(endpoint, now, withSecret: true));
    }

    private static async Task<Ok<EndpointList>> List(PartnerIdentity partner, HubDb db, TimeProvider time, CancellationToken stop)
    {
        var now = time.Now();
        var rows = await Own(db, partner).AsNoTracking().OrderBy(row => row.Id).ToListAsync(stop);
        return TypedResults.Ok(new EndpointList(rows.ConvertAll(row => EndpointView.Of(row, now))));
    }

    private static async Task<Ok<EndpointView>> Get(string endpointId, PartnerIdentity partner, HubDb db, TimeProvider time, CancellationToken stop) =>
        TypedResults.Ok(EndpointView.Of(await FindAsync(db, partner, endpointId, stop), time.Now()));

    private static async Task<NoContent> Delete(string endpointId, PartnerIdentity partner, HubDb db, Engine engine, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        db.Remove(await HoldAsync(db, engine, partner, endpointId, stop));
        await db.SaveChangesAsync(stop);
        await db.DeliveryAttempts.Where(attempt => db.Deliveries.Any(delivery => delivery.Lane == endpointId && delivery.Id == attempt.DeliveryId)).ExecuteDeleteAsync(stop);
        await db.Deliveries.Where(delivery => delivery.Lane == endpointId).ExecuteDeleteAsync(stop);
        await transaction.CommitAsync(stop);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<EndpointView>> Rotate(string endpointId, PartnerIdentity partner, HubDb db, Engine engine, TimeProvider time, CancellationToken stop)
    {
        var now = time.Now();
        using var turn = await engine.EnterAsync(stop);
        var endpoint = await FindAsync(db, partner, endpointId, stop);
        (endpoint.PreviousSecret, endpoint.PreviousSecretUntil, endpoint.Secret) = (endpoint.Secret, now + BothSecretsFor, WebhookSecret.New());
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(EndpointView.Of(endpoint, now, withSecret: true));
    }

    private static async Task<Accepted<DeliveryView>> ChallengeAgain(string endpointId, PartnerIdentity partner, HubDb db, Engine engine, DeliveryLoop loop, TimeProvider time, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var (endpoint, now) = (await HoldAsync(db, engine, partner, endpointId, stop), time.Now());
        if (endpoint.State == EndpointState.Active) throw new RefusedException(Refusals.WebhookEndpointActive);
        (endpoint.State, endpoint.FailingSince, endpoint.ProbeAt, endpoint.QuietUntil) = (EndpointState.Pending, null, null, null);

        // One that waits is sent now instead of later.
        var challenge = await db.Deliveries.FirstOrDefaultAsync(row => row.Lane == endpointId && row.NextAt != null && row.EventType == EventBody.Challenge, stop);
        if (challenge is null) db.Add(challenge = Challenge(endpoint, now));
        (challenge.NextAt, challenge.Attempts) = (now, 0);
        return await QueuedAsync(db, transaction, loop, challenge, stop);
    }

    private static async Task<Accepted<DeliveryView>> Test(string endpointId, PartnerIdentity partner, HubDb db, Engine engine, DeliveryLoop loop, TimeProvider time, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var (endpoint, now) = (await HoldAsync(db, engine, partner, endpointId, stop), time.Now());
        if (endpoint.State != EndpointState.Active) throw new RefusedException(Refusals.WebhookEndpointInactive);
        var test = DeliveryResults.New(endpoint.Id, EventBody.Test, $"test {Guid.NewGuid()}", EventBody.OfTest(endpoint.Id, now), now);
        db.Add(test);
        return await QueuedAsync(db, transaction, loop, test, stop);
    }

    /// <summary>The caller's own endpoint. That of others does not exist.</summary>
    public static async Task<WebhookEndpointRow> FindAsync(HubDb db, PartnerIdentity partner, string id, CancellationToken stop) =>
        await Own(db, partner).FirstOrDefaultAsync(row => row.Id == id, stop) ?? throw new RefusedException(Refusals.WebhookEndpointNotFound);

    /// <summary>The same, and nobody else changes it until the current transaction ends: what is queued for it now is not queued for one that was disabled.</summary>
    public static async Task<WebhookEndpointRow> HoldAsync(HubDb db, Engine engine, PartnerIdentity partner, string id, CancellationToken stop) =>
        (await engine.HoldEndpointsAsync(db, [partner.Id.Value], stop)).FirstOrDefault(row => row.Id == id) ?? throw new RefusedException(Refusals.WebhookEndpointNotFound);

    private static IQueryable<WebhookEndpointRow> Own(HubDb db, PartnerIdentity partner) => db.WebhookEndpoints.Where(row => row.OrganizationId == partner.Id.Value);

    private static async Task<Accepted<DeliveryView>> QueuedAsync(HubDb db, IDbContextTransaction transaction, DeliveryLoop loop, DeliveryRow delivery, CancellationToken stop)
    {
        await db.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
        loop.Wake();
        return TypedResults.Accepted($"/api/v1/webhook-endpoints/{delivery.Lane}/deliveries/{delivery.Id}", DeliveryView.Of(delivery));
    }

    private static DeliveryRow Challenge(WebhookEndpointRow endpoint, Instant now)
    {
        var word = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return DeliveryResults.New(endpoint.Id, EventBody.Challenge, $"challenge {word}", EventBody.OfChallenge(endpoint.Id, now, word), now);
    }

    public static RouteHandlerBuilder Problems(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) route.ProducesProblem(status);
        return route;
    }
}
