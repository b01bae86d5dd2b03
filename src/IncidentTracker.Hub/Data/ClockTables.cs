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
