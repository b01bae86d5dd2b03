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
    }
}
