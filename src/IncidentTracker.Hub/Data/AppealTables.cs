using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>How an appeal was decided.</summary>
internal enum Verdict { Granted, Denied }

/// <summary>A party contests that its word was overdue.</summary>
internal sealed class AppealRow
{
    public required string Id { get; set; }
    public required IncidentId IncidentId { get; set; }
    public required int Clock { get; set; }
    public required string Party { get; set; }
    public required string Reason { get; set; }
    public required Instant AppealedAt { get; set; }
}

/// <summary>What was decided about an appeal.</summary>
internal sealed class AppealDecisionRow
{
    public required string AppealId { get; set; }
    public required Verdict Verdict { get; set; }
    public required string DecidedBy { get; set; }
    public required string Reason { get; set; }
    public required Instant DecidedAt { get; set; }
}

internal sealed class AppealTable : IEntityTypeConfiguration<AppealRow>
{
    public void Configure(EntityTypeBuilder<AppealRow> builder)
    {
        builder.ToTable("appeals");
        builder.HasKey(row => row.Id).HasName("appeals_by_id");
        builder.HasIndex(row => new { row.IncidentId, row.Clock }).IsUnique().HasDatabaseName("appeals_once_per_clock");
    }
}

internal sealed class AppealDecisionTable : IEntityTypeConfiguration<AppealDecisionRow>
{
    public void Configure(EntityTypeBuilder<AppealDecisionRow> builder)
    {
        builder.ToTable("appeal_decisions");
        builder.HasKey(row => row.AppealId).HasName("appeals_decided_once");
    }
}
