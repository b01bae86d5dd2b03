using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>An organization of the register.</summary>
internal sealed class OrganizationRow
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required OrganizationKind Kind { get; set; }

    /// <summary>Identifiers separated by spaces.</summary>
    public required string ActsFor { get; set; }
}

/// <summary>A case, or a file of sightings when it has no reference.</summary>
internal sealed class IncidentRow
{
    public required IncidentId Id { get; set; }
    public string? Reference { get; set; }
    public required Instant OpenedAt { get; set; }
    public IncidentId? MergedInto { get; set; }
    public long Version { get; set; }
    public required Instant ChangedAt { get; set; }
    public required string Phase { get; set; }

    /// <summary>How many clocks run. None in a closed case; the database holds the hub to it.</summary>
    public int Clocks { get; set; }

    public required byte[] Facts { get; set; }
    public required byte[] State { get; set; }

    public CaseRow AsRow() => new(Id, Reference, MergedInto, OpenedAt, Version, Facts, State);
}

/// <summary>What a party said.</summary>
internal sealed class ClaimEntity
{
    public required IncidentId IncidentId { get; set; }
    public required string PartnerId { get; set; }
    public required string UpdateId { get; set; }
    public required Instant ReceivedAt { get; set; }
    public required byte[] Hash { get; set; }
    public required byte[] Body { get; set; }

    public ClaimRow AsRow() => new(IncidentId, PartnerId, UpdateId, ReceivedAt, Hash, Body);
}

/// <summary>An identifier that another system gave to a case. <see cref="Day"/> is YYYY-MM-DD or empty.</summary>
internal sealed class ExternalReferenceRow
{
    public required ReferenceScheme Scheme { get; set; }
    public required string Value { get; set; }
    public required string Day { get; set; }
    public required IncidentId IncidentId { get; set; }
}

/// <summary>The traveller of a case.</summary>
internal sealed class TravellerRow
{
    public required IncidentId IncidentId { get; set; }
    public required string FamilyName { get; set; }
}

/// <summary>A request that opened a case.</summary>
internal sealed class OpenRequestRow
{
    public required string PartnerId { get; set; }
    public required string RequestId { get; set; }
    public required byte[] Hash { get; set; }
    public required IncidentId IncidentId { get; set; }
}

/// <summary>How far a partner's stream has come.</summary>
internal sealed class StreamRow
{
    public required string PartnerId { get; set; }
    public required string StreamId { get; set; }
    public long NextSequence { get; set; }
}

/// <summary>That a case changed.</summary>
internal sealed class ChangeRow
{
    public long Position { get; set; }
    public long TransactionId { get; set; }
    public required IncidentId IncidentId { get; set; }
    public long Version { get; set; }
}

/// <summary>A key that signs what the hub gives to browsers.</summary>
internal sealed class ProtectionKeyRow
{
    public required string Name { get; set; }
    public required string Xml { get; set; }
}

internal sealed class OrganizationTable : IEntityTypeConfiguration<OrganizationRow>
{
    public void Configure(EntityTypeBuilder<OrganizationRow> builder)
    {
        builder.ToTable("organizations");
        builder.HasKey(row => row.Id).HasName("organizations_by_id");
    }
}

internal sealed class IncidentTable : IEntityTypeConfiguration<IncidentRow>
{
    public void Configure(EntityTypeBuilder<IncidentRow> builder)
    {
        builder.ToTable("incidents", table => table.HasCheckConstraint("incidents_closed_have_no_clocks", "phase <> 'Closed' OR clocks = 0"));
        builder.HasKey(row => row.Id).HasName("incidents_by_id");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Version).IsConcurrencyToken();
        builder.Property(row => row.Clocks).HasDefaultValue(0);
        builder.HasIndex(row => row.Reference).IsUnique().HasDatabaseName("incidents_by_reference");
        builder.HasIndex(row => row.MergedInto).HasDatabaseName("incidents_by_survivor").HasFilter("merged_into IS NOT NULL");
    }
}

internal sealed class ClaimTable : IEntityTypeConfiguration<ClaimEntity>
{
    public void Configure(EntityTypeBuilder<ClaimEntity> builder)
    {
        builder.ToTable("claims");
        builder.HasKey(row => new { row.IncidentId, row.PartnerId, row.UpdateId }).HasName("claims_once_for_ever");
    }
}

internal sealed class ExternalReferenceTable : IEntityTypeConfiguration<ExternalReferenceRow>
{
    public void Configure(EntityTypeBuilder<ExternalReferenceRow> builder)
    {
        builder.ToTable("external_references");
        builder.HasKey(row => new { row.Scheme, row.Value, row.Day, row.IncidentId }).HasName("external_references_by_value");
    }
}

internal sealed class TravellerTable : IEntityTypeConfiguration<TravellerRow>
{
    public void Configure(EntityTypeBuilder<TravellerRow> builder)
    {
        builder.ToTable("travellers");
        builder.HasKey(row => row.IncidentId).HasName("travellers_by_incident");
        builder.Property(row => row.IncidentId).ValueGeneratedNever();
    }
}

internal sealed class OpenRequestTable : IEntityTypeConfiguration<OpenRequestRow>
{
    public void Configure(EntityTypeBuilder<OpenRequestRow> builder)
    {
        builder.ToTable("open_requests");
        builder.HasKey(row => new { row.PartnerId, row.RequestId }).HasName("open_requests_once");
    }
}

internal sealed class StreamTable : IEntityTypeConfiguration<StreamRow>
{
    public void Configure(EntityTypeBuilder<StreamRow> builder)
    {
        builder.ToTable("streams");
        builder.HasKey(row => new { row.PartnerId, row.StreamId }).HasName("streams_by_name");
    }
}

internal sealed class ChangeTable : IEntityTypeConfiguration<ChangeRow>
{
    public void Configure(EntityTypeBuilder<ChangeRow> builder)
    {
        builder.ToTable("changes");
        builder.HasKey(row => row.Position).HasName("changes_by_position");
        builder.HasIndex(row => new { row.TransactionId, row.Position }).HasDatabaseName("changes_by_transaction");
    }
}

internal sealed class ProtectionKeyTable : IEntityTypeConfiguration<ProtectionKeyRow>
{
    public void Configure(EntityTypeBuilder<ProtectionKeyRow> builder)
    {
        builder.ToTable("protection_keys");
        builder.HasKey(row => row.Name).HasName("protection_keys_by_name");
    }
}
