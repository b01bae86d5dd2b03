using System.Buffers.Text;
using System.Globalization;
using System.Text;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>The REST door for what was sent, and for those who would rather ask than be told.</summary>
internal static class DeliveryEndpoints
{
    public static void MapDeliveries(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/{endpointId}/deliveries", List).WithName("ListDeliveries").WithSummary("List what was sent to an endpoint, newest first").WithDescription("What waits and what was given up is in it too.").Problems(400, 401, 404);
        endpoints.MapGet("/{endpointId}/deliveries/{deliveryId}", Get).WithName("GetDelivery").WithSummary("Read a delivery with every attempt").WithDescription("And with its body, byte for byte.").Problems(401, 404);
        endpoints.MapPost("/{endpointId}/replays", Replay).WithName("ReplayDeliveries").WithSummary("Send a delivery again, or all of a time")
            .WithDescription("They come under the webhook-id they had. The schedule begins anew.").Problems(400, 401, 404, 409);
    }

    public static void MapEvents(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/events", Feed).WithTags("Webhooks").WithName("ListEvents")
        .WithSummary("Ask for events instead of being told")
        .WithDescription("The same events as by webhook, oldest first, for the caller's organization. They are written down from the first call on, or from the first endpoint. Go on with after.")
        .Problems(400, 401);

    private static async Task<Ok<DeliveryPage>> List(
        string endpointId, PartnerIdentity partner, HubDb db, CancellationToken stop, [FromQuery] int pageSize = PageSize.Usual, [FromQuery] string? pageToken = "")
    {
        if (pageSize < 0) throw new RefusedException(Refusals.FieldInvalid.At("page_size", "At least 1."));
        var (endpoint, size) = (await WebhookEndpoints.FindAsync(db, partner, endpointId, stop), PageSize.Of(pageSize));

        var query = db.Deliveries.AsNoTracking().Where(delivery => delivery.Lane == endpoint.Id);
        if (ReadToken(pageToken, endpoint.Id) is var (at, id))
            query = query.Where(delivery => delivery.CreatedAt < at || (delivery.CreatedAt == at && string.Compare(delivery.Id, id) < 0));
        var rows = await query.OrderByDescending(delivery => delivery.CreatedAt).ThenByDescending(delivery => delivery.Id).Take(size + 1).ToListAsync(stop);
        return TypedResults.Ok(new DeliveryPage([.. rows.Take(size).Select(DeliveryView.Of)], rows.Count > size ? WriteToken(rows[size - 1]) : ""));
    }

    private static async Task<Ok<DeliveryView>> Get(string endpointId, string deliveryId, PartnerIdentity partner, HubDb db, CancellationToken stop)
    {
        var endpoint = await WebhookEndpoints.FindAsync(db, partner, endpointId, stop);
        var delivery = await db.Deliveries.AsNoTracking().FirstOrDefaultAsync(row => row.Id == deliveryId && row.Lane == endpoint.Id, stop) ?? throw new RefusedException(Refusals.DeliveryNotFound);
        var attempts = await db.DeliveryAttempts.AsNoTracking().Where(attempt => attempt.DeliveryId == deliveryId).OrderBy(attempt => attempt.Fence).ToListAsync(stop);
        return TypedResults.Ok(DeliveryView.Of(delivery) with
        {
            Body = delivery.Body,
            Attempts = attempts.ConvertAll(attempt => new AttemptView(attempt.StartedAt.ToDateTimeOffset(), attempt.TookMilliseconds, attempt.Outcome, attempt.Status)),
        });
    }

    private static async Task<Accepted<ReplayView>> Replay(
        string endpointId, ReplayBody body, PartnerIdentity partner, HubDb db, Engine engine, DeliveryLoop loop, TimeProvider time, CancellationToken stop)
    {
        if (body.DeliveryId.Length > 0 == body.FromTime is not null) throw new RefusedException(Refusals.FieldRequired.At("delivery_id", "Either a delivery, or a time."));
        using var turn = await engine.EnterAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var endpoint = await WebhookEndpoints.HoldAsync(db, engine, partner, endpointId, stop);
        if (endpoint.State != EndpointState.Active) throw new RefusedException(Refusals.WebhookEndpointInactive);

        // What waits is on its way already, and an old challenge proves nothing.
        var query = db.Deliveries.Where(delivery => delivery.Lane == endpoint.Id && delivery.NextAt == null && delivery.EventType != EventBody.Challenge);
        if (body.OnlyParked) query = query.Where(delivery => delivery.DeliveredAt == null);
        if (body.FromTime is { } from)
        {
            var (first, end) = (Instant.FromDateTimeOffset(from), body.UntilTime is { } until ? Instant.FromDateTimeOffset(until) : time.Now() + Duration.FromSeconds(1));
            query = query.Where(delivery => delivery.CreatedAt >= first && delivery.CreatedAt < end);
        }
        else
        {
            query = query.Where(delivery => delivery.Id == body.DeliveryId);
            if (!await db.Deliveries.AnyAsync(delivery => delivery.Id == body.DeliveryId && delivery.Lane == endpoint.Id, stop)) throw new RefusedException(Refusals.DeliveryNotFound);
        }

        var now = time.Now();
        var count = await query.ExecuteUpdateAsync(set => set.SetProperty(delivery => delivery.NextAt, now).SetProperty(delivery => delivery.Attempts, 0)
            .SetProperty(delivery => delivery.DeliveredAt, (Instant?)null).SetProperty(delivery => delivery.ParkedReason, (string?)null), stop);
        await transaction.CommitAsync(stop);
        loop.Wake();
        return TypedResults.Accepted($"/api/v1/webhook-endpoints/{endpoint.Id}/deliveries", new ReplayView(count));
    }

    private static async Task<Ok<EventPage>> Feed(
        PartnerIdentity partner, HubDb db, FanOut fanOut, CancellationToken stop, [FromQuery] string? after = "", [FromQuery] int pageSize = PageSize.Usual)
    {
        if (pageSize < 0) throw new RefusedException(Refusals.FieldInvalid.At("page_size", "At least 1."));
        var own = db.Events.AsNoTracking().Where(one => one.OrganizationId == partner.Id.Value);
        var position = 0L;
        if (after is { Length: > 0 })
            position = await own.Where(one => one.Id == after).Select(one => one.Position).FirstOrDefaultAsync(stop) is > 0 and var known ? known : throw new RefusedException(Refusals.ResumeTokenInvalid.At("after"));
        else await fanOut.FollowAsync(partner.Id, stop);

        var rows = await own.Where(one => one.Position > position).OrderBy(one => one.Position).Take(PageSize.Of(pageSize)).Select(one => new { one.Id, one.Body }).ToListAsync(stop);
        return TypedResults.Ok(new EventPage([.. rows.Select(row => Told(row.Id, EventBody.Read(row.Body)))], rows.Count > 0 ? rows[^1].Id : after ?? ""));
    }

    private static FeedEvent Told(string id, EventView told) => new(id, told.Type, told.Timestamp, told.Data);

    private static string WriteToken(DeliveryRow last) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.Lane} {Moments.ToMicroseconds(last.CreatedAt)} {last.Id}")));

    private static (Instant At, string Id)? ReadToken(string? token, string lane)
    {
        if (string.IsNullOrEmpty(token)) return null;
        if (token.Length < 400 && Base64Url.IsValid(token) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ') is [var of, var at, var id] && of == lane
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var moment) && moment < 253_402_300_800_000_000) return (Moments.FromMicroseconds(moment), id);
        throw new RefusedException(Refusals.PageTokenMismatch.At("page_token"));
    }
}
