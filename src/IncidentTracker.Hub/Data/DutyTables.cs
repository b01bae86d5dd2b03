using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>That a party owes a word: where to look, and in which order.</summary>
internal sealed class DutyRow
{
    public required IncidentId IncidentId { get; set; }
    public required int Clock { get; set; }
    public required string Party { get; set; }
    public required Instant DueAt { get; set; }
}

/// <summary>How far the duties have followed the changes. There is one row.</summary>
internal sealed class DutiesCursorRow
{
    public int Id { get; set; }
    public long TransactionId { get; set; }
    public long Position { get; set; }
}

internal sealed class DutyTable : IEntityTypeConfiguration<DutyRow>
{
    public void Configure(EntityTypeBuilder<DutyRow> builder)
    {
        builder.ToTable("duties");
        builder.HasKey(row => new { row.IncidentId, row.Clock }).HasName("duties_by_clock");
        builder.HasIndex(row => new { row.Party, row.DueAt, row.IncidentId, row.Clock }).HasDatabaseName("duties_by_party");
    }
}

internal sealed class DutiesCursorTable : IEntityTypeConfiguration<DutiesCursorRow>
{
    public void Configure(EntityTypeBuilder<DutiesCursorRow> builder)
    {
        builder.ToTable("duties_cursor");
        builder.HasKey(row => row.Id).HasName("duties_cursor_in_one_row");
        builder.Property(row => row.Id).ValueGeneratedNever();
    }
}
