using System.ComponentModel;
using IncidentTracker.Data;
using IncidentTracker.Incidents;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>What happened, as webhooks and the feed tell it.</summary>
internal sealed record EventView(
    [property: Description("incident.opened, incident.update.published or incident.closed; to endpoints also endpoint.challenge, endpoint.test and endpoint.disabled. More may come.")] string Type,
    [property: Description("When the hub noted it, UTC.")] DateTimeOffset Timestamp,
    [property: Description("Of what.")] EventData Data);

/// <summary>Of what an event tells. Thin, and without anything about a person.</summary>
internal sealed record EventData
{
    [Description("Public reference of the case.")]
    public string? Reference { get; init; }

    [Description("1, 2, 3, ... for each case and receiver. A gap means that an event is still on its way or was lost: read the timeline.")]
    public long? Sequence { get; init; }

    [Description("The sequence before this one; 0 for the first.")]
    public long? PreviousSequence { get; init; }

    [Description("Version of the timeline that has it.")]
    public long? Version { get; init; }

    [Description("Where to read it.")]
    public EventLinks? Links { get; init; }

    [Description("The endpoint, when the event is about one.")]
    public string? EndpointId { get; init; }

    [Description("The word to send back as {\"challenge\":\"...\"}.")]
    public string? Challenge { get; init; }

    [Description("Why an endpoint was disabled: GONE or FAILED_FOR_FIVE_DAYS.")]
    public string? Reason { get; init; }
}

/// <summary>Where to read what is new, with the receiver's own key.</summary>
internal sealed record EventLinks([property: Description("The case.")] string Incident, [property: Description("Its timeline.")] string Timeline);

/// <summary>A page of events.</summary>
internal sealed record EventPage(
    [property: Description("The events, oldest first.")] IReadOnlyList<FeedEvent> Items,
    [property: Description("Send it as after to go on from here. Stays the same when there is nothing new.")] string NextAfter);

/// <summary>An event of the feed.</summary>
internal sealed record FeedEvent(
    [property: Description("The event.")] string Id,
    [property: Description("As in webhooks.")] string Type,
    [property: Description("When the hub noted it, UTC.")] DateTimeOffset Timestamp,
    [property: Description("As in webhooks.")] EventData Data);

/// <summary>A request to be told of events.</summary>
internal sealed record CreateEndpointBody([property: Description("https address, at most 2000 characters; port 443 or 8443.")] string Url = "");

/// <summary>Where an organization is told of events.</summary>
internal sealed record EndpointView
{
    [Description("The endpoint.")]
    public required string Id { get; init; }

    [Description("Its address.")]
    public required string Url { get; init; }

    [Description("PENDING until it has answered its challenge, ACTIVE, or DISABLED.")]
    public required string State { get; init; }

    [Description("GONE (it answered 410) or FAILED_FOR_FIVE_DAYS.")]
    public string? DisabledReason { get; init; }

    [Description("The first failure since the last success, UTC.")]
    public DateTimeOffset? FailingSinceTime { get; init; }

    [Description("It asked to be left alone until then, UTC.")]
    public DateTimeOffset? QuietUntilTime { get; init; }

    [Description("When it was made, UTC.")]
    public required DateTimeOffset CreateTime { get; init; }

    [Description("What signs the events, whsec_ and base64. Shown when it is made and never again.")]
    public string? Secret { get; init; }

    [Description("Until then the secret before it signs too, UTC.")]
    public DateTimeOffset? PreviousSecretExpireTime { get; init; }

    public static EndpointView Of(WebhookEndpointRow row, Instant now, bool withSecret = false) => new()
    {
        Id = row.Id,
        Url = row.Url,
        State = Named.Of(row.State),
        DisabledReason = row.DisabledReason,
        FailingSinceTime = row.FailingSince?.ToDateTimeOffset(),
        QuietUntilTime = row.QuietUntil > now ? row.QuietUntil?.ToDateTimeOffset() : null,
        CreateTime = row.CreatedAt.ToDateTimeOffset(),
        Secret = withSecret ? WebhookSecret.Text(row.Secret) : null,
        PreviousSecretExpireTime = row.PreviousSecretUntil > now ? row.PreviousSecretUntil?.ToDateTimeOffset() : null,
    };
}

/// <summary>The endpoints of an organization. There are few, so they come at once.</summary>
internal sealed record EndpointList([property: Description("The endpoints, oldest first.")] IReadOnlyList<EndpointView> Items);

/// <summary>A delivery to an endpoint.</summary>
internal sealed record DeliveryView
{
    [Description("The delivery: the webhook-id of every attempt.")]
    public required string Id { get; init; }

    [Description("The type of its event.")]
    public required string EventType { get; init; }

    [Description("WAITING, DELIVERED or PARKED.")]
    public required string State { get; init; }

    [Description("When it was queued, UTC.")]
    public required DateTimeOffset CreateTime { get; init; }

    [Description("When it is tried next, UTC.")]
    public DateTimeOffset? NextAttemptTime { get; init; }

    [Description("When it was taken, UTC.")]
    public DateTimeOffset? DeliverTime { get; init; }

    [Description("Why it is no longer tried: ATTEMPTS_EXHAUSTED, ENDPOINT_PENDING, ENDPOINT_DISABLED or GONE. A replay tries it again.")]
    public string? ParkedReason { get; init; }

    [Description("What is sent, byte for byte.")]
    public string? Body { get; init; }

    [Description("Every attempt, oldest first.")]
    public IReadOnlyList<AttemptView>? Attempts { get; init; }

    public static DeliveryView Of(DeliveryRow row) => new()
    {
        Id = row.Id,
        EventType = row.EventType,
        State = row.DeliveredAt is not null && row.NextAt is null ? "DELIVERED" : row.NextAt is not null ? "WAITING" : "PARKED",
        CreateTime = row.CreatedAt.ToDateTimeOffset(),
        NextAttemptTime = row.NextAt?.ToDateTimeOffset(),
        DeliverTime = row.DeliveredAt?.ToDateTimeOffset(),
        ParkedReason = row.ParkedReason,
    };
}

/// <summary>One try.</summary>
internal sealed record AttemptView(
    [property: Description("When it began, UTC.")] DateTimeOffset StartTime,
    [property: Description("How long it took, in milliseconds.")] int TookMilliseconds,
    [property: Description("DELIVERED, REFUSED_STATUS, REDIRECTED, GONE, THROTTLED, TIMED_OUT, CONNECTION_FAILED, ADDRESS_FORBIDDEN or NOT_ECHOED. More may come.")] string Outcome,
    [property: Description("The HTTP status, if there was an answer.")] int? Status);

/// <summary>A page of deliveries.</summary>
internal sealed record DeliveryPage(
    [property: Description("The deliveries, newest first.")] IReadOnlyList<DeliveryView> Items,
    [property: Description("Send it back as pageToken for the next page; empty at the end.")] string NextPageToken);

/// <summary>What to send again: one delivery, or all that were queued in a time.</summary>
internal sealed record ReplayBody
{
    [Description("One delivery.")]
    public string DeliveryId { get; init; } = "";

    [Description("Or all from this moment on, RFC 3339 with offset,")]
    public DateTimeOffset? FromTime { get; init; }

    [Description("and before this one. Absent: until now.")]
    public DateTimeOffset? UntilTime { get; init; }

    [Description("True: only those that were given up.")]
    public bool OnlyParked { get; init; }
}

/// <summary>What was queued again.</summary>
internal sealed record ReplayView([property: Description("How many deliveries.")] int Count);
