using IncidentTracker.Domain;
using Microsoft.Data.Sqlite;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>The ingest statements on SQLite: prepared once, run row by row inside one transaction.</summary>
internal sealed class SqliteIngest(string connectionText, SqliteEngine engine) : IngestStore
{
    // A batch touches pages all over the file; those that do not fit are written twice.
    private const string MuchMemory = "PRAGMA cache_size = -65536;";

    private readonly Dictionary<string, SqliteCommand> _prepared = [];
    private SqliteConnection? _connection;
    private SqliteTransaction? _transaction;
    private IDisposable? _turn;

    public override async Task<IReadOnlyList<CaseRow>> LoadCasesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop)
    {
        await OpenAsync(stop);
        var rows = new List<CaseRow>(cases.Count);
        foreach (var id in cases)
        {
            using var reader = Command(
                "SELECT reference, merged_into, opened_at, version, facts, state, l.at FROM incidents LEFT JOIN look_again l ON l.incident_id = id WHERE id = $1", Bytes(id)).ExecuteReader();
            while (reader.Read())
                rows.Add(new(id, reader.IsDBNull(0) ? null : reader.GetString(0), reader.IsDBNull(1) ? null : Id(reader, 1),
                    Moments.FromMicroseconds(reader.GetInt64(2)), reader.GetInt64(3), reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<byte[]>(5))
                { LookAt = reader.IsDBNull(6) ? null : Moments.FromMicroseconds(reader.GetInt64(6)) });
        }
        return rows;
    }

    public override async Task<ILookup<IncidentId, IncidentId>> LoadFilesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop)
    {
        await OpenAsync(stop);
        var files = new List<(IncidentId Case, IncidentId File)>();
        foreach (var id in cases)
        {
            using var reader = Command("SELECT id FROM incidents WHERE merged_into = $1", Bytes(id)).ExecuteReader();
            while (reader.Read()) files.Add((id, Id(reader, 0)));
        }
        return files.ToLookup(file => file.Case, file => file.File);
    }

    public override async Task BeginAsync(CancellationToken stop)
    {
        await OpenAsync(stop);
        _turn = await engine.EnterAsync(stop);
        _transaction = _connection!.BeginTransaction(deferred: false);
    }

    public override async Task<bool> ClaimTagsAsync(IReadOnlyList<SightingFile> files, CancellationToken stop)
    {
        foreach (var file in files)
        {
            var known = Command("""
                SELECT count(*) FROM external_references r JOIN incidents i ON i.id = r.incident_id AND i.reference IS NOT NULL
                WHERE r.scheme = 'BagTag' AND r.value = $1 AND r.day BETWEEN $2 AND $3
                """, file.Tag, ReferenceDays.Earliest(file.Day), ReferenceDays.Latest(file.Day)).ExecuteScalar();
            if ((long)known! > 0) return false;
        }
        await InsertReferencesAsync([.. files.Select(file => file.AsReference())], stop);
        return true;
    }

    public override Task InsertReferencesAsync(IReadOnlyList<ExternalReferenceRow> references, CancellationToken stop)
    {
        foreach (var row in references)
            Command("INSERT INTO external_references (scheme, value, day, incident_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                row.Scheme.ToString(), row.Value, row.Day, Bytes(row.IncidentId)).ExecuteNonQuery();
        return Task.CompletedTask;
    }

    public override Task<IReadOnlySet<(IncidentId, string, string)>> InsertClaimsAsync(IReadOnlyList<ClaimRow> claims, CancellationToken stop)
    {
        var inserted = new HashSet<(IncidentId, string, string)>(claims.Count);
        foreach (var claim in claims)
        {
            var added = Command("INSERT INTO claims (incident_id, partner_id, update_id, received_at, hash, body) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                Bytes(claim.Incident), claim.PartnerId, claim.UpdateId, Moments.ToMicroseconds(claim.ReceivedAt), claim.Hash, claim.Body).ExecuteNonQuery();
            if (added > 0) inserted.Add((claim.Incident, claim.PartnerId, claim.UpdateId));
        }
        return Task.FromResult<IReadOnlySet<(IncidentId, string, string)>>(inserted);
    }

    public override Task<IReadOnlyList<ClaimRow>> FindClaimsAsync(IReadOnlyList<(IncidentId Incident, string PartnerId, string UpdateId)> keys, CancellationToken stop)
    {
        var rows = new List<ClaimRow>();
        foreach (var key in keys)
            Read(rows, Command("SELECT incident_id, partner_id, update_id, received_at, hash, body FROM claims WHERE incident_id = $1 AND partner_id = $2 AND update_id = $3",
                Bytes(key.Incident), key.PartnerId, key.UpdateId));
        return Task.FromResult<IReadOnlyList<ClaimRow>>(rows);
    }

    public override async Task<IReadOnlyList<ClaimRow>> LoadClaimsAsync(IReadOnlyList<IncidentId> files, CancellationToken stop)
    {
        await OpenAsync(stop);
        var rows = new List<ClaimRow>();
        foreach (var file in files)
            Read(rows, Command("SELECT incident_id, partner_id, update_id, received_at, hash, body FROM claims WHERE incident_id = $1", Bytes(file)));
        return rows;
    }

    public override Task<IReadOnlyList<long>> SaveAndCommitAsync(RoundResult round, Instant now, CancellationToken stop)
    {
        var positions = new List<long>(round.Cases.Count);
        var moment = Moments.ToMicroseconds(now);
        foreach (var change in round.Cases)
        {
            var written = change.Expected == 0
                ? Command("INSERT INTO incidents (id, opened_at, version, changed_at, phase, clocks, facts, state) VALUES ($1, $2, 1, $2, $3, $4, $5, $6)",
                    Bytes(change.Id), moment, change.Phase, change.Clocks, change.Facts, change.State).ExecuteNonQuery()
                : Command("UPDATE incidents SET version = version + 1, changed_at = $2, phase = $3, clocks = $4, state = $5 WHERE id = $1 AND version = $6 AND merged_into IS NULL",
                    Bytes(change.Id), moment, change.Phase, change.Clocks, change.State, change.Expected).ExecuteNonQuery();
            if (written == 0) throw new StaleCaseException([change.Id]);

            positions.Add((long)Command("INSERT INTO changes (incident_id, version) VALUES ($1, $2) RETURNING position",
                Bytes(change.Id), change.Expected + 1).ExecuteScalar()!);
        }
        foreach (var look in round.Looks) Schedule(look);
        foreach (var alert in round.Alerts)
            Command("INSERT INTO alerts (incident_id, clock, stage, party, due_at, fired_at) VALUES ($1, $2, $3, $4, $5, $6)", Bytes(alert.IncidentId), alert.Clock,
                alert.Stage.ToString(), alert.Party, Moments.ToMicroseconds(alert.DueAt), Moments.ToMicroseconds(alert.FiredAt)).ExecuteNonQuery();
        _transaction!.Commit();
        Leave();
        return Task.FromResult<IReadOnlyList<long>>(positions);
    }

    private void Schedule(LookChange look)
    {
        if (look.At is not { } at) Command("DELETE FROM look_again WHERE incident_id = $1", Bytes(look.Id)).ExecuteNonQuery();
        else if (look.HasLooked)
            Command("INSERT INTO look_again (incident_id, at) VALUES ($1, $2) ON CONFLICT (incident_id) DO UPDATE SET at = excluded.at, leased_until = NULL",
                Bytes(look.Id), Moments.ToMicroseconds(at)).ExecuteNonQuery();
        else
            Command("INSERT INTO look_again (incident_id, at) VALUES ($1, $2) ON CONFLICT (incident_id) DO UPDATE SET at = min(at, excluded.at)",
                Bytes(look.Id), Moments.ToMicroseconds(at)).ExecuteNonQuery();
    }

    public override Task RollbackAsync()
    {
        Leave();
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        Leave();
        foreach (var command in _prepared.Values) command.Dispose();
        _prepared.Clear();
        _connection?.Dispose();
        _connection = null;
        return ValueTask.CompletedTask;
    }

    private void Leave()
    {
        _transaction?.Dispose();
        _transaction = null;
        _turn?.Dispose();
        _turn = null;
    }

    private async Task OpenAsync(CancellationToken stop)
    {
        if (_connection is not null) return;
        var connection = new SqliteConnection(connectionText);
        await connection.OpenAsync(stop);
        await SqliteEngine.ApplyPragmasAsync(connection, stop, MuchMemory);
        _connection = connection;
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = _connection!.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
            _prepared.Add(sql, command);
        }
        command.Transaction = _transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        return command;
    }

    private static void Read(List<ClaimRow> rows, SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
            rows.Add(new(Id(reader, 0), reader.GetString(1), reader.GetString(2), Moments.FromMicroseconds(reader.GetInt64(3)),
                reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<byte[]>(5)));
    }

    private static byte[] Bytes(IncidentId id) => id.Value.ToByteArray(bigEndian: true);

    private static IncidentId Id(SqliteDataReader reader, int column) => new(new Guid(reader.GetFieldValue<byte[]>(column), bigEndian: true));
}
