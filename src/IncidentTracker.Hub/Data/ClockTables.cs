using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>When to look at a case again. Whoever looks holds a lease, so that others look elsewhere.</summary>
internal sealed class LookAgainRow
{
    public required IncidentId IncidentId { get; set; }
    public required Instant At { get; set; }
    public Instant? LeasedUntil { get; set; }
}

/// <summary>A step about a clock of which people have to hear.</summary>
internal sealed class AlertRow
{
    public required IncidentId IncidentId { get; set; }
    public required int Clock { get; set; }
    public required ClockStage Stage { get; set; }
    public required string Party { get; set; }
    public required Instant DueAt { get; set; }
    public required Instant FiredAt { get; set; }
    public Instant? ToldAt { get; set; }

    /// <summary>Not before: it waits for others that are told with it, or for people to be at work.</summary>
    public Instant? WaitUntil { get; set; }

    /// <summary>The level at which people heard of it; nothing where there was nothing left to tell.</summary>
    public Delivery.ContactLevel? ToldTo { get; set; }
}

/// <summary>Many silences of one party that people hear of as one.</summary>
internal sealed class StormRow
{
    public required string Party { get; set; }

    /// <summary>The step its cases have in common; empty while the party is silent altogether.</summary>
    public required string Stage { get; set; }

    /// <summary>Whose cases they are, where people may hear only of their own; otherwise empty.</summary>
    public required string Owner { get; set; }

    /// <summary>For a party that is silent altogether: when it was last heard.</summary>
    public required Instant BeganAt { get; set; }

    /// <summary>When people were last told.</summary>
    public required Instant ToldAt { get; set; }

    /// <summary>Of how many cases they were told in all.</summary>
    public int Cases { get; set; }
}

/// <summary>When a partner was last heard, and which pauses are usual for it.</summary>
internal sealed class PulseRow
{
    public required string OrganizationId { get; set; }

    /// <summary>When it was first heard.</summary>
    public required Instant SinceAt { get; set; }

    public required Instant HeardAt { get; set; }

    /// <summary>The longest pause that there was twice.</summary>
    public int UsualPauseSeconds { get; set; }

    /// <summary>The longest pause there was, if only once.</summary>
    public int LongestPauseSeconds { get; set; }
}

internal sealed class StormTable : IEntityTypeConfiguration<StormRow>
{
    public void Configure(EntityTypeBuilder<StormRow> builder)
    {
        builder.ToTable("storms");
        builder.HasKey(row => new { row.Party, row.Stage, row.Owner, row.BeganAt }).HasName("storms_by_beginning");
    }
}

internal sealed class PulseTable : IEntityTypeConfiguration<PulseRow>
{
    public void Configure(EntityTypeBuilder<PulseRow> builder)
    {
        builder.ToTable("pulses");
        builder.HasKey(row => row.OrganizationId).HasName("pulses_by_organization");
    }
}

/// <summary>A policy, an agreement, working hours or maintenance, from a moment on.</summary>
internal sealed class SlaEditionRow
{
    public required EditionKind Kind { get; set; }
    public required string Name { get; set; }
    public required Instant ActiveFrom { get; set; }
    public required string Body { get; set; }
}

/// <summary>When any hub was last at work. There is one row.</summary>
internal sealed class PresenceRow
{
    public int Id { get; set; }
    public required Instant SeenAt { get; set; }
}

/// <summary>A stretch in which no hub was at work.</summary>
internal sealed class OutageRow
{
    public required Instant FromAt { get; set; }
    public required Instant UntilAt { get; set; }
}

internal sealed class SlaEditionTable : IEntityTypeConfiguration<SlaEditionRow>
{
    public void Configure(EntityTypeBuilder<SlaEditionRow> builder)
    {
        builder.ToTable("sla_editions");
        builder.HasKey(row => new { row.Kind, row.Name }).HasName("sla_editions_never_change");
    }
}

internal sealed class PresenceTable : IEntityTypeConfiguration<PresenceRow>
{
    public void Configure(EntityTypeBuilder<PresenceRow> builder)
    {
        builder.ToTable("presence");
        builder.HasKey(row => row.Id).HasName("presence_in_one_row");
        builder.Property(row => row.Id).ValueGeneratedNever();
    }
}

internal sealed class OutageTable : IEntityTypeConfiguration<OutageRow>
{
    public void Configure(EntityTypeBuilder<OutageRow> builder)
    {
        builder.ToTable("outages");
        builder.HasKey(row => row.FromAt).HasName("outages_by_beginning");
        builder.Property(row => row.FromAt).ValueGeneratedNever();
    }
}

internal sealed class LookAgainTable : IEntityTypeConfiguration<LookAgainRow>
{
    public void Configure(EntityTypeBuilder<LookAgainRow> builder)
    {
        builder.ToTable("look_again");
        builder.HasKey(row => row.IncidentId).HasName("look_again_by_incident");
        builder.Property(row => row.IncidentId).ValueGeneratedNever();
        builder.HasIndex(row => row.At).HasDatabaseName("look_again_by_moment");
    }
}

internal sealed class AlertTable : IEntityTypeConfiguration<AlertRow>
{
    public void Configure(EntityTypeBuilder<AlertRow> builder)
    {
        builder.ToTable("alerts");
        builder.HasKey(row => new { row.IncidentId, row.Clock, row.Stage }).HasName("alerts_once");
        builder.HasIndex(row => row.FiredAt).HasDatabaseName("alerts_to_tell").HasFilter("told_at IS NULL");
        builder.HasIndex(row => new { row.Party, row.FiredAt }).HasDatabaseName("alerts_by_party");
    }
}
