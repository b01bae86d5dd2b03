using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>Whether events are sent to an endpoint: not before it has proven to be its owner's, and not once it has failed for too long.</summary>
internal enum EndpointState { Pending, Active, Disabled }

/// <summary>How a delivery travels.</summary>
internal enum DeliveryChannel { Webhook, Mail }

/// <summary>Where an organization wants to be told of events.</summary>
internal sealed class WebhookEndpointRow
{
    public required string Id { get; set; }
    public required string OrganizationId { get; set; }
    public required string Url { get; set; }
    public required EndpointState State { get; set; }

    /// <summary>Why it is disabled: a stable code.</summary>
    public string? DisabledReason { get; set; }

    public required byte[] Secret { get; set; }

    /// <summary>The secret before the rotation, while both count.</summary>
    public byte[]? PreviousSecret { get; set; }

    public Instant? PreviousSecretUntil { get; set; }
    public required Instant CreatedAt { get; set; }

    /// <summary>The first failure since the last success.</summary>
    public Instant? FailingSince { get; set; }

    /// <summary>While it fails: when to try it again, whether or not anything is due.</summary>
    public Instant? ProbeAt { get; set; }

    /// <summary>It asked to be left alone until then.</summary>
    public Instant? QuietUntil { get; set; }
}

/// <summary>Something to be told to somebody outside. Its id is what the receiver knows it by, at every attempt.</summary>
internal sealed class DeliveryRow
{
    public required string Id { get; set; }
    public required DeliveryChannel Channel { get; set; }

    /// <summary>What shares a fate: the endpoint's id, or "mail".</summary>
    public required string Lane { get; set; }

    /// <summary>The mail address. Webhooks have none: theirs is that of the endpoint.</summary>
    public string? Recipient { get; set; }

    public required string EventType { get; set; }
    public required string Body { get; set; }
    public required Instant CreatedAt { get; set; }

    /// <summary>Failed attempts since the schedule began.</summary>
    public int Attempts { get; set; }

    /// <summary>When it is due; nothing once it is delivered or parked.</summary>
    public Instant? NextAt { get; set; }

    /// <summary>Until then the hub that took it has the time to try.</summary>
    public Instant? LockedUntil { get; set; }

    /// <summary>Grows with each taking. A result counts only from the one who took it last.</summary>
    public long Fence { get; set; }

    public Instant? DeliveredAt { get; set; }

    /// <summary>Why it was given up: a stable code.</summary>
    public string? ParkedReason { get; set; }
}

/// <summary>One try, and how it ended.</summary>
internal sealed class DeliveryAttemptRow
{
    public required string DeliveryId { get; set; }
    public required long Fence { get; set; }
    public required string Lane { get; set; }
    public required Instant StartedAt { get; set; }
    public required int TookMilliseconds { get; set; }
    public required string Outcome { get; set; }

    /// <summary>The HTTP status or the SMTP reply, if there was an answer.</summary>
    public int? Status { get; set; }
}

/// <summary>An organization for which events are written down, from this moment on.</summary>
internal sealed class EventFollowerRow
{
    public required string OrganizationId { get; set; }
    public required Instant SinceAt { get; set; }

    /// <summary>The last change before it began to follow.</summary>
    public long SinceTransactionId { get; set; }
    public long SincePosition { get; set; }
}

/// <summary>That an organization can read something new of a case.</summary>
internal sealed class EventRow
{
    public long Position { get; set; }
    public required string Id { get; set; }
    public required string OrganizationId { get; set; }
    public required IncidentId IncidentId { get; set; }

    /// <summary>1, 2, 3, ... for each organization and case.</summary>
    public required long Sequence { get; set; }

    public required long Version { get; set; }
    public required string Phase { get; set; }

    /// <summary>A hash of all that the organization could read then.</summary>
    public required byte[] Fingerprint { get; set; }

    public required string EventType { get; set; }
    public required string Body { get; set; }
}

/// <summary>How far the changes of cases have been turned into events. One row.</summary>
internal sealed class EventCursorRow
{
    public const int Only = 1;

    public required int Id { get; set; }
    public long TransactionId { get; set; }
    public long Position { get; set; }
}

/// <summary>Whom to write to.</summary>
internal sealed class ContactRow
{
    public required string OrganizationId { get; set; }
    public required Delivery.ContactLevel Level { get; set; }
    public required string Mail { get; set; }
}

/// <summary>An address that wants no more mail.</summary>
internal sealed class MailRefusalRow
{
    public required string Mail { get; set; }
    public required Instant RefusedAt { get; set; }
}

internal sealed class WebhookEndpointTable : IEntityTypeConfiguration<WebhookEndpointRow>
{
    public void Configure(EntityTypeBuilder<WebhookEndpointRow> builder)
    {
        builder.ToTable("webhook_endpoints");
        builder.HasKey(row => row.Id).HasName("webhook_endpoints_by_id");
        builder.HasIndex(row => new { row.OrganizationId, row.Url }).IsUnique().HasDatabaseName("webhook_endpoints_one_per_address");
    }
}

internal sealed class DeliveryTable : IEntityTypeConfiguration<DeliveryRow>
{
    public void Configure(EntityTypeBuilder<DeliveryRow> builder)
    {
        builder.ToTable("deliveries");
        builder.HasKey(row => row.Id).HasName("deliveries_once_for_ever");
        builder.HasIndex(row => new { row.Lane, row.NextAt }).HasDatabaseName("deliveries_waiting").HasFilter("next_at IS NOT NULL");
        builder.HasIndex(row => new { row.Lane, row.CreatedAt, row.Id }).HasDatabaseName("deliveries_by_lane");
    }
}

internal sealed class DeliveryAttemptTable : IEntityTypeConfiguration<DeliveryAttemptRow>
{
    public void Configure(EntityTypeBuilder<DeliveryAttemptRow> builder)
    {
        builder.ToTable("delivery_attempts");
        builder.HasKey(row => new { row.DeliveryId, row.Fence }).HasName("delivery_attempts_by_delivery");
    }
}

internal sealed class EventFollowerTable : IEntityTypeConfiguration<EventFollowerRow>
{
    public void Configure(EntityTypeBuilder<EventFollowerRow> builder)
    {
        builder.ToTable("event_followers");
        builder.HasKey(row => row.OrganizationId).HasName("event_followers_by_organization");
    }
}

internal sealed class EventTable : IEntityTypeConfiguration<EventRow>
{
    public void Configure(EntityTypeBuilder<EventRow> builder)
    {
        builder.ToTable("events");
        builder.HasKey(row => row.Position).HasName("events_by_position");
        builder.Property(row => row.Id).IsRequired();
        builder.HasIndex(row => row.Id).IsUnique().HasDatabaseName("events_by_id");
        builder.HasIndex(row => new { row.OrganizationId, row.Position }).HasDatabaseName("events_by_organization");
        builder.HasIndex(row => new { row.IncidentId, row.OrganizationId, row.Sequence }).IsUnique().HasDatabaseName("events_without_gaps");
    }
}

internal sealed class EventCursorTable : IEntityTypeConfiguration<EventCursorRow>
{
    public void Configure(EntityTypeBuilder<EventCursorRow> builder)
    {
        builder.ToTable("event_cursor");
        builder.HasKey(row => row.Id).HasName("event_cursor_is_one");
        builder.Property(row => row.Id).ValueGeneratedNever();
    }
}

internal sealed class ContactTable : IEntityTypeConfiguration<ContactRow>
{
    public void Configure(EntityTypeBuilder<ContactRow> builder)
    {
        builder.ToTable("contacts");
        builder.HasKey(row => new { row.OrganizationId, row.Level, row.Mail }).HasName("contacts_once");
    }
}

internal sealed class MailRefusalTable : IEntityTypeConfiguration<MailRefusalRow>
{
    public void Configure(EntityTypeBuilder<MailRefusalRow> builder)
    {
        builder.ToTable("mail_refusals");
        builder.HasKey(row => row.Mail).HasName("mail_refusals_by_address");
    }
}
