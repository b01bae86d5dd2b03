using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.Data.Sqlite;

namespace IncidentTracker.Benchmarks;

/// <summary>A database in a file of its own.</summary>
internal sealed class SqliteDatabase(string file) : BenchmarkDatabase(new() { Engine = DatabaseEngine.Sqlite, Connection = $"Data Source={file}" })
{
    private const string InsertClaim = "INSERT INTO claims (incident_id, partner_id, update_id, received_at, hash, body) VALUES ($1, $2, $3, $4, $5, $6)";

    /// <summary>It works inside the process that writes.</summary>
    public override double? Cpu() => null;

    public override async Task<(Func<Task<int>> Write, IAsyncDisposable Connection)> OpenRawAsync(Cases cases)
    {
        var connection = await OpenAsync("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;");
        var rows = new RawRows(cases);
        var claim = Prepare(connection, InsertClaim + " ON CONFLICT DO NOTHING", 6);
        var incident = Prepare(connection, "UPDATE incidents SET version = version + 1, changed_at = $2, phase = 'Found', state = $3 WHERE id = $1", 3);
        var change = Prepare(connection, "INSERT INTO changes (incident_id, version) VALUES ($1, $2)", 2);
        return (() => Task.FromResult(Write()), connection);

        int Write()
        {
            var now = TimeProvider.System.Now();
            var batch = rows.Batch(now);
            using var transaction = connection.BeginTransaction();
            foreach (var row in batch) Run(claim, transaction, Bytes(row.Incident), row.PartnerId, row.UpdateId, Moments.ToMicroseconds(now), row.Hash, row.Body);
            foreach (var id in batch.Select(row => row.Incident).Distinct())
            {
                var key = Bytes(id);
                Run(incident, transaction, key, Moments.ToMicroseconds(now), rows.State);
                Run(change, transaction, key, 2L);
            }
            transaction.Commit();
            return RawRows.BatchSize;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        foreach (var ending in new[] { "", "-wal", "-shm" }) File.Delete(file + ending);
    }

    protected override async Task StoreAsync(Cases cases, StoredCases stored, Action<string> progress)
    {
        const int CasesAtOnce = 4_000;
        await using var connection = await OpenAsync("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;");
        var claim = Prepare(connection, InsertClaim, 6);
        var incident = Prepare(connection, "INSERT INTO incidents (id, reference, opened_at, version, changed_at, phase, facts, state) VALUES ($1, $2, $3, $4, $3, $5, $6, $7)", 7);
        var openedAt = Moments.ToMicroseconds(stored.OpenedAt);

        for (var from = 0; from < cases.Count; from += CasesAtOnce)
        {
            await using var transaction = connection.BeginTransaction();
            for (var number = from; number < Math.Min(from + CasesAtOnce, cases.Count); number++)
            {
                var row = stored.Case(number);
                Run(incident, transaction, Bytes(row.Id), row.Reference!, openedAt, row.Version, stored.Phase, row.Facts, row.State);
                foreach (var one in stored.Claims(number))
                    Run(claim, transaction, Bytes(one.Incident), one.PartnerId, one.UpdateId, Moments.ToMicroseconds(one.ReceivedAt), one.Hash, one.Body);
            }
            await transaction.CommitAsync();
            if (from / CasesAtOnce % 10 == 9) progress($"{(long)from * cases.ClaimsEach:N0} claims stored");
        }
        await using var tidy = connection.CreateCommand();
        tidy.CommandText = "PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;";
        await tidy.ExecuteNonQueryAsync();
    }

    private async Task<SqliteConnection> OpenAsync(string pragmas)
    {
        var connection = new SqliteConnection(Options.Connection + ";Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = pragmas;
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        return command;
    }

    private static void Run(SqliteCommand command, SqliteTransaction transaction, params ReadOnlySpan<object> values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }

    private static byte[] Bytes(IncidentId id) => id.Value.ToByteArray(bigEndian: true);
}
