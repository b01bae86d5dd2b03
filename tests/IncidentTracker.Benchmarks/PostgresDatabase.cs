using IncidentTracker.Data;
using IncidentTracker.Domain;
using Npgsql;
using NpgsqlTypes;

namespace IncidentTracker.Benchmarks;

/// <summary>A database of its own on a PostgreSQL server.</summary>
internal sealed class PostgresDatabase : BenchmarkDatabase
{
    private readonly string _server;
    private readonly string _name;
    private readonly int? _parent;

    private PostgresDatabase(string server, string name, int? parent)
        : base(new() { Engine = DatabaseEngine.Postgres, Connection = new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString() }) =>
        (_server, _name, _parent) = (server, name, parent);

    public static async Task<PostgresDatabase> CreateAsync(string server, string name)
    {
        await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name}");
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        return new(server, name, connection.Host is "localhost" or "127.0.0.1" ? Benchmarks.Cpu.ParentOf(connection.ProcessID) : null);
    }

    public override double? Cpu() => Benchmarks.Cpu.OfServer(_parent);

    public override async Task<(Func<Task<int>> Write, IAsyncDisposable Connection)> OpenRawAsync(Cases cases)
    {
        var connection = new NpgsqlConnection(Options.Connection + ";Max Auto Prepare=16;Auto Prepare Min Usages=1");
        await connection.OpenAsync();
        var rows = new RawRows(cases);
        return (WriteAsync, connection);

        async Task<int> WriteAsync()
        {
            var now = TimeProvider.System.Now();
            var claims = rows.Batch(now);
            var touched = claims.Select(claim => claim.Incident.Value).Distinct().ToArray();
            var noted = touched.Select(_ => 2L).ToArray();
            var states = new byte[touched.Length][];
            Array.Fill(states, rows.State);

            // One journey and one transaction.
            await using var batch = new NpgsqlBatch(connection);
            Add("""
                INSERT INTO claims (incident_id, partner_id, update_id, received_at, hash, body)
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
                """,
                (NpgsqlDbType.Uuid, claims.Select(claim => claim.Incident.Value).ToArray()), (NpgsqlDbType.Text, claims.Select(claim => claim.PartnerId).ToArray()),
                (NpgsqlDbType.Text, claims.Select(claim => claim.UpdateId).ToArray()), (NpgsqlDbType.TimestampTz, claims.Select(_ => now.ToDateTimeUtc()).ToArray()),
                (NpgsqlDbType.Bytea, claims.Select(claim => claim.Hash).ToArray()), (NpgsqlDbType.Bytea, claims.Select(claim => claim.Body).ToArray()));
            Add("""
                UPDATE incidents i SET version = i.version + 1, changed_at = now(), phase = 'Found', state = u.state
                FROM unnest($1, $2) AS u (id, state) WHERE i.id = u.id
                """,
                (NpgsqlDbType.Uuid, touched), (NpgsqlDbType.Bytea, states));
            Add("INSERT INTO changes (incident_id, version) SELECT * FROM unnest($1, $2)", (NpgsqlDbType.Uuid, touched), (NpgsqlDbType.Bigint, noted));
            await batch.ExecuteNonQueryAsync();
            return RawRows.BatchSize;

            void Add(string sql, params ReadOnlySpan<(NpgsqlDbType Type, Array Values)> columns)
            {
                var command = new NpgsqlBatchCommand(sql);
                foreach (var (type, values) in columns) command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });
                batch.BatchCommands.Add(command);
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync(_server, $"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
    }

    protected override async Task StoreAsync(Cases cases, StoredCases stored, Action<string> progress)
    {
        var half = cases.Count / 2;
        var done = 0L;
        await Task.WhenAll(CopyCasesAsync(cases, stored), CopyClaimsAsync(0, half), CopyClaimsAsync(half, cases.Count));
        progress("tidying up");
        await ExecuteAsync(Options.Connection, "VACUUM (ANALYZE) incidents");
        await ExecuteAsync(Options.Connection, "VACUUM (ANALYZE) claims");
        await ExecuteAsync(Options.Connection, "CHECKPOINT");

        async Task CopyClaimsAsync(int from, int to)
        {
            await using var connection = new NpgsqlConnection(Options.Connection);
            await connection.OpenAsync();
            await using var copy = await connection.BeginBinaryImportAsync("COPY claims (incident_id, partner_id, update_id, received_at, hash, body) FROM STDIN (FORMAT BINARY)");
            copy.Timeout = TimeSpan.FromHours(2);
            for (var number = from; number < to; number++)
                foreach (var claim in stored.Claims(number))
                {
                    await copy.StartRowAsync();
                    await copy.WriteAsync(claim.Incident.Value, NpgsqlDbType.Uuid);
                    await copy.WriteAsync(claim.PartnerId, NpgsqlDbType.Text);
                    await copy.WriteAsync(claim.UpdateId, NpgsqlDbType.Text);
                    await copy.WriteAsync(claim.ReceivedAt.ToDateTimeUtc(), NpgsqlDbType.TimestampTz);
                    await copy.WriteAsync(claim.Hash, NpgsqlDbType.Bytea);
                    await copy.WriteAsync(claim.Body, NpgsqlDbType.Bytea);
                    if (Interlocked.Increment(ref done) % 500_000 == 0) progress($"{done:N0} claims stored");
                }
            await copy.CompleteAsync();
        }
    }

    private async Task CopyCasesAsync(Cases cases, StoredCases stored)
    {
        await using var connection = new NpgsqlConnection(Options.Connection);
        await connection.OpenAsync();
        await using var copy = await connection.BeginBinaryImportAsync("COPY incidents (id, reference, opened_at, version, changed_at, phase, facts, state) FROM STDIN (FORMAT BINARY)");
        copy.Timeout = TimeSpan.FromHours(2);
        for (var number = 0; number < cases.Count; number++)
        {
            var row = stored.Case(number);
            await copy.StartRowAsync();
            await copy.WriteAsync(row.Id.Value, NpgsqlDbType.Uuid);
            await copy.WriteAsync(row.Reference, NpgsqlDbType.Text);
            await copy.WriteAsync(stored.OpenedAt.ToDateTimeUtc(), NpgsqlDbType.TimestampTz);
            await copy.WriteAsync(row.Version, NpgsqlDbType.Bigint);
            await copy.WriteAsync(stored.OpenedAt.ToDateTimeUtc(), NpgsqlDbType.TimestampTz);
            await copy.WriteAsync(stored.Phase, NpgsqlDbType.Text);
            await copy.WriteAsync(row.Facts, NpgsqlDbType.Bytea);
            await copy.WriteAsync(row.State, NpgsqlDbType.Bytea);
        }
        await copy.CompleteAsync();
    }

    private static async Task ExecuteAsync(string connectionText, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionText);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        (command.CommandText, command.CommandTimeout) = (sql, 3_600);
        await command.ExecuteNonQueryAsync();
    }
}
