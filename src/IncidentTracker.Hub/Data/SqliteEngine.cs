using System.Data.Common;
using IncidentTracker.Domain;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>SQLite: one file beside one hub, nothing to install.</summary>
internal sealed class SqliteEngine : Engine, IDisposable
{
    private const int UniqueConstraint = 2067;          // SQLITE_CONSTRAINT_UNIQUE
    private const int PrimaryKeyConstraint = 1555;      // SQLITE_CONSTRAINT_PRIMARYKEY
    private static readonly Pragmas Opening = new();

    private readonly string _connection;
    private readonly SemaphoreSlim _oneWriter = new(1, 1);

    public SqliteEngine(string connection)
    {
        _connection = connection;
        var file = new SqliteConnectionStringBuilder(connection).DataSource;
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
    }

    public override string Schema => "sqlite";

    public override int Writers => 1;

    public override void Configure(DbContextOptionsBuilder options) => options.UseSqlite(_connection).AddInterceptors(Opening);

    public override void Configure(ModelConfigurationBuilder types)
    {
        types.Properties<Instant>().HaveConversion<MomentConverter>();
        types.Properties<IncidentId>().HaveConversion<BytesConverter>();
    }

    public override void Configure(ModelBuilder model) =>
        model.Entity<ChangeRow>().Property(row => row.TransactionId).HasDefaultValue(0L);

    // Readers and the one writer no longer block each other. EnsureCreated would do this; our scripts replace it.
    public override Task PrepareAsync(HubDb db, CancellationToken stop) => db.Database.ExecuteSqlAsync($"PRAGMA journal_mode = wal", stop);

    // BeginTransaction takes SQLite's one write lock at once (BEGIN IMMEDIATE), so others already wait.
    public override Task HoldOthersAsync(HubDb db, CancellationToken stop) => Task.CompletedTask;

    public override Task HoldTagAsync(DbConnection connection, DbTransaction? transaction, string tag, CancellationToken stop) => Task.CompletedTask;

    public override async Task<IDisposable> EnterAsync(CancellationToken stop)
    {
        await _oneWriter.WaitAsync(stop);
        return new Gate(() => _oneWriter.Release());
    }

    public override bool IsDuplicate(DbUpdateException failure) =>
        failure.InnerException is SqliteException { SqliteExtendedErrorCode: UniqueConstraint or PrimaryKeyConstraint };

    public override bool IsOutage(Exception failure) => failure switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode is 5 or 6 or 8 or 10 or 11 or 13 or 14 or 26,   // busy, locked, read-only, I/O, corrupt, full, cannot open, no database
        Google.Protobuf.InvalidProtocolBufferException => false,     // an IOException, but what is stored is broken and stays so
        IOException => true,
        _ => failure.InnerException is { } inner && IsOutage(inner),
    };

    public override bool IsConflict(Exception failure) => false;    // one writer at a time

    public override async Task<DateTimeOffset?> TimeAsync(HubDb db, CancellationToken stop)
    {
        await db.Database.SqlQuery<int>($"SELECT 1 AS \"Value\"").SingleAsync(stop);       // it must be there all the same
        return null;
    }

    public override async Task<IReadOnlyList<LookAgainRow>> TakeDueAsync(HubDb db, Instant now, Instant leasedUntil, int most, CancellationToken stop)
    {
        // Nothing due is the usual case, and asking needs no turn.
        var due = db.LookAgain.AsNoTracking().Where(row => row.At < now && (row.LeasedUntil == null || row.LeasedUntil < now)).OrderBy(row => row.At).Take(most);
        if (!await due.AnyAsync(stop)) return [];

        using var turn = await EnterAsync(stop);
        var taken = await due.ToListAsync(stop);
        var ids = taken.Select(row => row.IncidentId).ToArray();
        await db.LookAgain.Where(row => ids.Contains(row.IncidentId)).ExecuteUpdateAsync(set => set.SetProperty(row => row.LeasedUntil, leasedUntil), stop);
        return taken;
    }

    public override Task<long> HorizonAsync(HubDb db, CancellationToken stop) => Task.FromResult(long.MaxValue);

    public override async Task<bool> TryAloneAsync(HubDb db, AloneAt at, Func<Task> work, CancellationToken stop)
    {
        await work();
        return true;
    }

    public override async Task<IReadOnlyList<DeliveryRow>> TakeDeliveriesAsync(HubDb db, string lane, Instant due, Instant now, Instant until, int most, CancellationToken stop) =>
        await db.Deliveries.FromSql($"""
            UPDATE deliveries SET locked_until = {Moments.ToMicroseconds(until)}, fence = fence + 1
            WHERE id IN (SELECT id FROM deliveries WHERE lane = {lane} AND next_at <= {Moments.ToMicroseconds(due)} AND (locked_until IS NULL OR locked_until <= {Moments.ToMicroseconds(now)})
                         ORDER BY next_at LIMIT {most})
            RETURNING *
            """).AsNoTracking().ToListAsync(stop);

    // Whoever is in a transaction here is alone.
    public override async Task<IReadOnlyList<WebhookEndpointRow>> HoldEndpointsAsync(HubDb db, IReadOnlyCollection<string> organizations, CancellationToken stop) =>
        await db.WebhookEndpoints.Where(row => organizations.Contains(row.OrganizationId)).OrderBy(row => row.Id).ToListAsync(stop);

    public override IngestStore OpenIngest() => new SqliteIngest(_connection, this);

    public void Dispose() => _oneWriter.Dispose();

    internal static async Task ApplyPragmasAsync(DbConnection connection, CancellationToken stop, string more = "")
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas.Text + more;
        await command.ExecuteNonQueryAsync(stop);
    }

    /// <summary>A commit is on disk before it is acknowledged. A long journal makes the pauses to fold it back rare.</summary>
    private sealed class Pragmas : DbConnectionInterceptor
    {
        public const string Text = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA busy_timeout = 5000;";

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Text;
            command.ExecuteNonQuery();
        }

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default) =>
            ApplyPragmasAsync(connection, cancellationToken);
    }

    private sealed class MomentConverter() : ValueConverter<Instant, long>(moment => Moments.ToMicroseconds(moment), stored => Moments.FromMicroseconds(stored));

    private sealed class BytesConverter() : ValueConverter<IncidentId, byte[]>(id => id.Value.ToByteArray(true), stored => new(new Guid(stored, true)));
}
