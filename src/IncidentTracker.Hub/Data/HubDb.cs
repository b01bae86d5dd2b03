using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace IncidentTracker.Data;

/// <summary>The hub's memory. Features query it directly; nothing wraps it.</summary>
internal sealed class HubDb(DbContextOptions<HubDb> options, Engine engine) : DbContext(options)
{
    public DbSet<OrganizationRow> Organizations => Set<OrganizationRow>();
    public DbSet<IncidentRow> Incidents => Set<IncidentRow>();
    public DbSet<ClaimEntity> Claims => Set<ClaimEntity>();
    public DbSet<ExternalReferenceRow> ExternalReferences => Set<ExternalReferenceRow>();
    public DbSet<TravellerRow> Travellers => Set<TravellerRow>();
    public DbSet<OpenRequestRow> OpenRequests => Set<OpenRequestRow>();
    public DbSet<StreamRow> Streams => Set<StreamRow>();
    public DbSet<LookAgainRow> LookAgain => Set<LookAgainRow>();
    public DbSet<DutyRow> Duties => Set<DutyRow>();
    public DbSet<DutiesCursorRow> DutiesCursor => Set<DutiesCursorRow>();
    public DbSet<StormRow> Storms => Set<StormRow>();
    public DbSet<PulseRow> Pulses => Set<PulseRow>();
    public DbSet<SlaEditionRow> SlaEditions => Set<SlaEditionRow>();
    public DbSet<PresenceRow> Presence => Set<PresenceRow>();
    public DbSet<OutageRow> Outages => Set<OutageRow>();
    public DbSet<AlertRow> Alerts => Set<AlertRow>();
    public DbSet<ChangeRow> Changes => Set<ChangeRow>();
    public DbSet<AppealRow> Appeals => Set<AppealRow>();
    public DbSet<AppealDecisionRow> AppealDecisions => Set<AppealDecisionRow>();
    public DbSet<ProtectionKeyRow> ProtectionKeys => Set<ProtectionKeyRow>();
    public DbSet<WebhookEndpointRow> WebhookEndpoints => Set<WebhookEndpointRow>();
    public DbSet<DeliveryRow> Deliveries => Set<DeliveryRow>();
    public DbSet<DeliveryAttemptRow> DeliveryAttempts => Set<DeliveryAttemptRow>();
    public DbSet<EventFollowerRow> EventFollowers => Set<EventFollowerRow>();
    public DbSet<EventRow> Events => Set<EventRow>();
    public DbSet<EventCursorRow> EventCursor => Set<EventCursorRow>();
    public DbSet<ContactRow> Contacts => Set<ContactRow>();
    public DbSet<MailRefusalRow> MailRefusals => Set<MailRefusalRow>();

    /// <summary>The changes after a place and before the horizon, in the order in which they are followed.</summary>
    public IQueryable<ChangeRow> ChangesAfter(long transaction, long position, long horizon) => Changes.AsNoTracking()
        .Where(change => change.TransactionId < horizon && (change.TransactionId > transaction || (change.TransactionId == transaction && change.Position > position)))
        .OrderBy(change => change.TransactionId).ThenBy(change => change.Position);

    /// <summary>The last change before the horizon; null: nothing has changed yet.</summary>
    public Task<ChangeRow?> LastChangeAsync(long horizon, CancellationToken stop) => Changes.AsNoTracking().Where(change => change.TransactionId < horizon)
        .OrderByDescending(change => change.TransactionId).ThenByDescending(change => change.Position).FirstOrDefaultAsync(stop);

    // Every failure is thrown to somebody who knows whether it is one: that another hub was quicker is none.
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.ConfigureWarnings(warnings => warnings.Log(
        (RelationalEventId.CommandError, LogLevel.Debug), (CoreEventId.SaveChangesFailed, LogLevel.Debug), (CoreEventId.OptimisticConcurrencyException, LogLevel.Debug)));

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(HubDb).Assembly);
        engine.Configure(modelBuilder);
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
            property.SetColumnName(SnakeCase(property.Name));
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        engine.Configure(configurationBuilder);
        configurationBuilder.Properties<Enum>().HaveConversion<string>();
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}

/// <summary>Identifiers are stored as what is inside them.</summary>
internal sealed class IncidentIdConverter() : ValueConverter<IncidentId, Guid>(id => id.Value, value => new(value));
