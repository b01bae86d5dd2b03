using System.Data.Common;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using NodaTime;
using Npgsql;

namespace IncidentTracker.Data;

/// <summary>PostgreSQL: many hubs on one database.</summary>
internal sealed class PostgresEngine : Engine, IDisposable
{
    private const long UpgradeLock = 7_242_001;     // any number, as long as every hub uses the same
    private const long AloneLocks = 7_242_000;
    private const int TagLocks = 7_242;             // the first half of the keys that tags are locked by

    private readonly NpgsqlDataSource _source;

    public PostgresEngine(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        // A cancelled wait for a standby is answered with success: the commit would be acknowledged and could still be
        // lost. Without a cancel a timeout breaks the connection instead, and nothing is acknowledged.
        settings.CancellationTimeout = -1;
        Default("Command Timeout", () => settings.CommandTimeout = 10);
        Default("Timeout", () => settings.Timeout = 3);
        Default("Keepalive", () => settings.KeepAlive = 5);
        Default("Max Auto Prepare", () => settings.MaxAutoPrepare = 64);
        Default("Auto Prepare Min Usages", () => settings.AutoPrepareMinUsages = 2);
        Default("Application Name", () => settings.ApplicationName = "IncidentTracker hub");
        // After a failover the old answer about which host leads must not be believed for long.
        Default("Host Recheck Seconds", () => settings.HostRecheckSeconds = 1);
        _source = NpgsqlDataSource.Create(settings);

        void Default(string key, Action set)
        {
            if (!settings.ShouldSerialize(key)) set();
        }
    }

    public override string Schema => "postgres";

    public override int Writers => 2;

    public override void Configure(DbContextOptionsBuilder options) => options.UseNpgsql(_source);

    public override void Configure(ModelConfigurationBuilder types)
    {
        types.Properties<Instant>().HaveConversion<MomentConverter>();
        types.Properties<IncidentId>().HaveConversion<IncidentIdConverter>();
    }

    public override void Configure(ModelBuilder model)
    {
        model.Entity<ChangeRow>().Property(row => row.TransactionId).HasDefaultValueSql("((pg_current_xact_id())::text)::bigint");
        model.Entity<IncidentRow>().HasStorageParameter("fillfactor", 70);
        model.Entity<LookAgainRow>().HasStorageParameter("fillfactor", 70);
    }

    public override Task PrepareAsync(HubDb db, CancellationToken stop) => Task.CompletedTask;

    public override Task HoldOthersAsync(HubDb db, CancellationToken stop) =>
        db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({UpgradeLock})", stop);

    public override async Task HoldTagAsync(DbConnection connection, DbTransaction? transaction, string tag, CancellationToken stop)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT pg_advisory_xact_lock($1, hashtext($2))";
        command.Parameters.Add(new NpgsqlParameter { Value = TagLocks });
        command.Parameters.Add(new NpgsqlParameter { Value = tag });
        await command.ExecuteNonQueryAsync(stop);
    }

    public override Task<IDisposable> EnterAsync(CancellationToken stop) => Task.FromResult(NoGate);

    public override bool IsDuplicate(DbUpdateException failure) =>
        failure.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public override bool IsOutage(Exception failure) => failure switch
    {
        PostgresException postgres => postgres.SqlState[..2] is "08" or "53" or "57" or "58" or "25",
        Google.Protobuf.InvalidProtocolBufferException => false,     // an IOException, but what is stored is broken and stays so
        NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or IOException => true,
        _ => failure.InnerException is { } inner && IsOutage(inner),
    };

    public override bool IsConflict(Exception failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation };

    public override async Task<long> HorizonAsync(HubDb db, CancellationToken stop) =>
        await db.Database.SqlQuery<long>($"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS \"Value\"").SingleAsync(stop);

    // A lock of the session, not of a transaction: an open transaction would hold back everybody who follows changes.
    public override async Task<bool> TryAloneAsync(HubDb db, AloneAt at, Func<Task> work, CancellationToken stop)
    {
        await db.Database.OpenConnectionAsync(stop);
        try
        {
            if (!await db.Database.SqlQuery<bool>($"SELECT pg_try_advisory_lock({AloneLocks + (long)at}) AS \"Value\"").SingleAsync(stop)) return false;
            try { await work(); }
            finally { await db.Database.SqlQuery<bool>($"SELECT pg_advisory_unlock({AloneLocks + (long)at}) AS \"Value\"").SingleAsync(CancellationToken.None); }
            return true;
        }
        finally { await db.Database.CloseConnectionAsync(); }
    }

    public override async Task<IReadOnlyList<DeliveryRow>> TakeDeliveriesAsync(HubDb db, string lane, Instant due, Instant now, Instant until, int most, CancellationToken stop) =>
        await db.Deliveries.FromSql($"""
            UPDATE deliveries SET locked_until = {until.ToDateTimeUtc()}, fence = fence + 1
            WHERE id IN (SELECT id FROM deliveries WHERE lane = {lane} AND next_at <= {due.ToDateTimeUtc()} AND (locked_until IS NULL OR locked_until <= {now.ToDateTimeUtc()})
                         ORDER BY next_at LIMIT {most} FOR UPDATE SKIP LOCKED)
            RETURNING *
            """).AsNoTracking().ToListAsync(stop);

    // In one order, so that two who hold several do not wait for each other.
    public override async Task<IReadOnlyList<WebhookEndpointRow>> HoldEndpointsAsync(HubDb db, IReadOnlyCollection<string> organizations, CancellationToken stop) =>
        await db.WebhookEndpoints.FromSql($"SELECT * FROM webhook_endpoints WHERE organization_id = ANY({organizations.ToArray()}) ORDER BY id FOR UPDATE").ToListAsync(stop);

    public override async Task<DateTimeOffset?> TimeAsync(HubDb db, CancellationToken stop) =>
        await db.Database.SqlQuery<DateTimeOffset>($"SELECT clock_timestamp() AS \"Value\"").SingleAsync(stop);

    public override async Task<IReadOnlyList<LookAgainRow>> TakeDueAsync(HubDb db, Instant now, Instant leasedUntil, int most, CancellationToken stop)
    {
        var (at, until) = (now.ToDateTimeUtc(), leasedUntil.ToDateTimeUtc());
        return await db.LookAgain.FromSql($"""
            UPDATE look_again SET leased_until = {until} WHERE incident_id IN (
                SELECT incident_id FROM look_again WHERE at < {at} AND (leased_until IS NULL OR leased_until < {at})
                ORDER BY at LIMIT {most} FOR UPDATE SKIP LOCKED)
            RETURNING *
            """).AsNoTracking().ToListAsync(stop);
    }

    public void Dispose() => _source.Dispose();

    public override IngestStore OpenIngest() => new PostgresIngest(_source, this);

    private sealed class MomentConverter() : ValueConverter<Instant, DateTime>(
        moment => moment.ToDateTimeUtc(), stored => Instant.FromDateTimeUtc(DateTime.SpecifyKind(stored, DateTimeKind.Utc)));
}
