using System.Data;
using IncidentTracker.Domain;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace IncidentTracker.Data;

/// <summary>The ingest statements on PostgreSQL: whole batches travel as arrays.</summary>
internal sealed class PostgresIngest(NpgsqlDataSource source, PostgresEngine engine) : IngestStore
{
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;
    private bool _standbyGaveUp;
    private bool _wrote;

    public override async Task<IReadOnlyList<CaseRow>> LoadCasesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop)
    {
        await using var command = await CommandAsync(
            "SELECT id, reference, merged_into, opened_at, version, facts, state, l.at FROM incidents LEFT JOIN look_again l ON l.incident_id = id WHERE id = ANY($1)", stop);
        Add(command, NpgsqlDbType.Uuid, Ids(cases));
        var rows = new List<CaseRow>(cases.Count);
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop))
            rows.Add(new(new(reader.GetGuid(0)), reader.IsDBNull(1) ? null : reader.GetString(1), reader.IsDBNull(2) ? null : new(reader.GetGuid(2)),
                Moment(reader, 3), reader.GetInt64(4), reader.GetFieldValue<byte[]>(5), reader.GetFieldValue<byte[]>(6))
            { LookAt = reader.IsDBNull(7) ? null : Moment(reader, 7) });
        return rows;
    }

    public override async Task<ILookup<IncidentId, IncidentId>> LoadFilesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop)
    {
        await using var command = await CommandAsync("SELECT merged_into, id FROM incidents WHERE merged_into = ANY($1)", stop);
        Add(command, NpgsqlDbType.Uuid, Ids(cases));
        var files = new List<(IncidentId Case, IncidentId File)>();
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) files.Add((new(reader.GetGuid(0)), new(reader.GetGuid(1))));
        return files.ToLookup(file => file.Case, file => file.File);
    }

    public override async Task BeginAsync(CancellationToken stop)
    {
        await OpenAsync(stop);
        (_standbyGaveUp, _wrote) = (false, false);
        _transaction = await _connection!.BeginTransactionAsync(stop);
    }

    public override async Task<bool> ClaimTagsAsync(IReadOnlyList<SightingFile> files, CancellationToken stop)
    {
        foreach (var tag in files.Select(file => file.Tag).Distinct().Order(StringComparer.Ordinal))
            await engine.HoldTagAsync(_connection!, _transaction, tag, stop);

        await using var known = await CommandAsync("""
            SELECT count(*) FROM unnest($1, $2, $3) AS wanted (tag, first_day, last_day)
            JOIN external_references r ON r.scheme = 'BagTag' AND r.value = wanted.tag AND r.day BETWEEN wanted.first_day AND wanted.last_day
            JOIN incidents i ON i.id = r.incident_id AND i.reference IS NOT NULL
            """, stop);
        Add(known, NpgsqlDbType.Text, files.Select(file => file.Tag).ToArray());
        Add(known, NpgsqlDbType.Text, files.Select(file => ReferenceDays.Earliest(file.Day)).ToArray());
        Add(known, NpgsqlDbType.Text, files.Select(file => ReferenceDays.Latest(file.Day)).ToArray());
        if ((long)(await known.ExecuteScalarAsync(stop))! > 0) return false;

        await InsertReferencesAsync([.. files.Select(file => file.AsReference())], stop);
        return true;
    }

    public override async Task InsertReferencesAsync(IReadOnlyList<ExternalReferenceRow> references, CancellationToken stop)
    {
        await using var insert = await CommandAsync(
            "INSERT INTO external_references (scheme, value, day, incident_id) SELECT * FROM unnest($1, $2, $3, $4) ON CONFLICT DO NOTHING", stop);
        Add(insert, NpgsqlDbType.Text, references.Select(row => row.Scheme.ToString()).ToArray());
        Add(insert, NpgsqlDbType.Text, references.Select(row => row.Value).ToArray());
        Add(insert, NpgsqlDbType.Text, references.Select(row => row.Day).ToArray());
        Add(insert, NpgsqlDbType.Uuid, Ids(references.Select(row => row.IncidentId)));
        await insert.ExecuteNonQueryAsync(stop);
    }

    public override async Task<IReadOnlySet<(IncidentId, string, string)>> InsertClaimsAsync(IReadOnlyList<ClaimRow> claims, CancellationToken stop)
    {
        await using var command = await CommandAsync("""
            INSERT INTO claims (incident_id, partner_id, update_id, received_at, hash, body)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING incident_id, partner_id, update_id
            """, stop);
        Add(command, NpgsqlDbType.Uuid, Ids(claims.Select(claim => claim.Incident)));
        Add(command, NpgsqlDbType.Text, claims.Select(claim => claim.PartnerId).ToArray());
        Add(command, NpgsqlDbType.Text, claims.Select(claim => claim.UpdateId).ToArray());
        Add(command, NpgsqlDbType.TimestampTz, claims.Select(claim => claim.ReceivedAt.ToDateTimeUtc()).ToArray());
        Add(command, NpgsqlDbType.Bytea, claims.Select(claim => claim.Hash).ToArray());
        Add(command, NpgsqlDbType.Bytea, claims.Select(claim => claim.Body).ToArray());
        var inserted = new HashSet<(IncidentId, string, string)>(claims.Count);
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) inserted.Add((new(reader.GetGuid(0)), reader.GetString(1), reader.GetString(2)));
        _wrote |= inserted.Count > 0;
        return inserted;
    }

    public override async Task<IReadOnlyList<ClaimRow>> FindClaimsAsync(IReadOnlyList<(IncidentId Incident, string PartnerId, string UpdateId)> keys, CancellationToken stop)
    {
        await using var command = await CommandAsync("""
            SELECT c.incident_id, c.partner_id, c.update_id, c.received_at, c.hash, c.body FROM unnest($1, $2, $3) AS k (incident_id, partner_id, update_id)
            JOIN claims c USING (incident_id, partner_id, update_id)
            """, stop);
        Add(command, NpgsqlDbType.Uuid, Ids(keys.Select(key => key.Incident)));
        Add(command, NpgsqlDbType.Text, keys.Select(key => key.PartnerId).ToArray());
        Add(command, NpgsqlDbType.Text, keys.Select(key => key.UpdateId).ToArray());
        return await ReadClaimsAsync(command, stop);
    }

    public override async Task<IReadOnlyList<ClaimRow>> LoadClaimsAsync(IReadOnlyList<IncidentId> files, CancellationToken stop)
    {
        await using var command = await CommandAsync(
            "SELECT incident_id, partner_id, update_id, received_at, hash, body FROM claims WHERE incident_id = ANY($1)", stop);
        Add(command, NpgsqlDbType.Uuid, Ids(files));
        return await ReadClaimsAsync(command, stop);
    }

    public override async Task<IReadOnlyList<long>> SaveAndCommitAsync(RoundResult round, Instant now, CancellationToken stop)
    {
        var positions = await SaveAsync(round.Cases, now, stop);
        await ScheduleAsync(round.Looks, stop);
        await RaiseAsync(round.Alerts, stop);
        if (!_wrote)
        {
            // Only repetitions: their first copy may not have reached the standby yet. A commit record makes this
            // commit wait for it too, before anybody is told that the update is safe.
            await using var mark = await CommandAsync("SELECT pg_logical_emit_message(true, 'repetition', '')", stop);
            await mark.ExecuteNonQueryAsync(stop);
        }

        await _transaction!.CommitAsync(stop);
        _transaction = null;
        if (_standbyGaveUp) throw new NpgsqlException("The standby did not confirm the commit.");
        return positions;
    }

    private async Task<IReadOnlyList<long>> SaveAsync(IReadOnlyList<CaseChange> cases, Instant now, CancellationToken stop)
    {
        if (cases.Count == 0) return [];

        _wrote = true;
        var fresh = cases.Where(change => change.Expected == 0).ToArray();
        var known = cases.Where(change => change.Expected > 0).ToArray();
        if (fresh.Length > 0)
        {
            await using var insert = await CommandAsync("""
                INSERT INTO incidents (id, opened_at, version, changed_at, phase, clocks, facts, state)
                SELECT id, $2, 1, $2, phase, clocks, facts, state FROM unnest($1, $3, $4, $5, $6) AS fresh (id, phase, clocks, facts, state)
                """, stop);
            Add(insert, NpgsqlDbType.Uuid, Ids(fresh.Select(change => change.Id)));
            insert.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = now.ToDateTimeUtc() });
            Add(insert, NpgsqlDbType.Text, fresh.Select(change => change.Phase).ToArray());
            Add(insert, NpgsqlDbType.Integer, fresh.Select(change => change.Clocks).ToArray());
            Add(insert, NpgsqlDbType.Bytea, fresh.Select(change => change.Facts).ToArray());
            Add(insert, NpgsqlDbType.Bytea, fresh.Select(change => change.State).ToArray());
            await insert.ExecuteNonQueryAsync(stop);
        }

        await using var batch = new NpgsqlBatch(_connection, _transaction);
        var update = new NpgsqlBatchCommand("""
            UPDATE incidents i SET version = i.version + 1, changed_at = $2, phase = u.phase, clocks = u.clocks, state = u.state
            FROM unnest($1, $3, $4, $5, $6) AS u (id, expected, phase, clocks, state)
            WHERE i.id = u.id AND i.version = u.expected AND i.merged_into IS NULL
            """);
        Add(update, NpgsqlDbType.Uuid, Ids(known.Select(change => change.Id)));
        update.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = now.ToDateTimeUtc() });
        Add(update, NpgsqlDbType.Bigint, known.Select(change => change.Expected).ToArray());
        Add(update, NpgsqlDbType.Text, known.Select(change => change.Phase).ToArray());
        Add(update, NpgsqlDbType.Integer, known.Select(change => change.Clocks).ToArray());
        Add(update, NpgsqlDbType.Bytea, known.Select(change => change.State).ToArray());
        batch.BatchCommands.Add(update);
        var note = new NpgsqlBatchCommand("INSERT INTO changes (incident_id, version) SELECT * FROM unnest($1, $2) RETURNING position");
        Add(note, NpgsqlDbType.Uuid, Ids(cases.Select(change => change.Id)));
        Add(note, NpgsqlDbType.Bigint, cases.Select(change => change.Expected + 1).ToArray());
        batch.BatchCommands.Add(note);

        var positions = new List<long>(cases.Count);
        await using (var reader = await batch.ExecuteReaderAsync(stop))
            while (await reader.ReadAsync(stop)) positions.Add(reader.GetInt64(0));

        if (update.RecordsAffected != known.Length) throw new StaleCaseException([.. known.Select(change => change.Id)]);
        return positions;
    }

    private async Task ScheduleAsync(IReadOnlyList<LookChange> looks, CancellationToken stop)
    {
        if (looks.Count == 0) return;

        _wrote = true;
        await using var batch = new NpgsqlBatch(_connection, _transaction);
        var sooner = new NpgsqlBatchCommand("""
            INSERT INTO look_again AS known (incident_id, at) SELECT * FROM unnest($1, $2)
            ON CONFLICT (incident_id) DO UPDATE SET at = LEAST(known.at, excluded.at)
            """);
        AddLooks(sooner, looks.Where(look => !look.HasLooked));
        batch.BatchCommands.Add(sooner);

        // Whoever changes a case may bring its moment closer, so the case is held while the moment moves away.
        var looked = new NpgsqlBatchCommand("""
            WITH held AS MATERIALIZED (
                SELECT i.id, u.at FROM unnest($1, $2, $3) AS u (id, at, version) JOIN incidents i ON i.id = u.id AND i.version = u.version FOR NO KEY UPDATE OF i),
            done AS (DELETE FROM look_again USING held WHERE incident_id = held.id AND held.at IS NULL),
            moved AS (INSERT INTO look_again (incident_id, at) SELECT id, at FROM held WHERE at IS NOT NULL
                ON CONFLICT (incident_id) DO UPDATE SET at = excluded.at, leased_until = NULL)
            SELECT count(*) FROM held
            """);
        var done = looks.Where(look => look.HasLooked).ToArray();
        AddLooks(looked, done);
        Add(looked, NpgsqlDbType.Bigint, done.Select(look => look.Version).ToArray());
        batch.BatchCommands.Add(looked);
        if ((long)(await batch.ExecuteScalarAsync(stop))! != done.Length) throw new StaleCaseException([.. done.Select(look => look.Id)]);

        static void AddLooks(NpgsqlBatchCommand command, IEnumerable<LookChange> looks)
        {
            Add(command, NpgsqlDbType.Uuid, Ids(looks.Select(look => look.Id)));
            Add(command, NpgsqlDbType.TimestampTz, looks.Select(look => look.At?.ToDateTimeUtc()).ToArray());
        }
    }

    private async Task RaiseAsync(IReadOnlyList<AlertRow> alerts, CancellationToken stop)
    {
        if (alerts.Count == 0) return;

        await using var command = await CommandAsync("INSERT INTO alerts (incident_id, clock, stage, party, due_at, fired_at) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)", stop);
        Add(command, NpgsqlDbType.Uuid, Ids(alerts.Select(alert => alert.IncidentId)));
        Add(command, NpgsqlDbType.Integer, alerts.Select(alert => alert.Clock).ToArray());
        Add(command, NpgsqlDbType.Text, alerts.Select(alert => alert.Stage.ToString()).ToArray());
        Add(command, NpgsqlDbType.Text, alerts.Select(alert => alert.Party).ToArray());
        Add(command, NpgsqlDbType.TimestampTz, alerts.Select(alert => alert.DueAt.ToDateTimeUtc()).ToArray());
        Add(command, NpgsqlDbType.TimestampTz, alerts.Select(alert => alert.FiredAt.ToDateTimeUtc()).ToArray());
        await command.ExecuteNonQueryAsync(stop);
    }

    public override async Task RollbackAsync()
    {
        var transaction = _transaction;
        _transaction = null;
        try { if (transaction is not null) await transaction.DisposeAsync(); }
        catch (Exception failure) when (engine.IsOutage(failure) || failure is InvalidOperationException) { await DisposeAsync(); }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_connection is null) return;
        await _connection.DisposeAsync();
        _connection = null;
    }

    private async Task OpenAsync(CancellationToken stop)
    {
        if (_connection is { State: ConnectionState.Open }) return;
        await DisposeAsync();
        _connection = await source.OpenConnectionAsync(stop);
        // 01000: "canceling wait for synchronous replication", said beside a success.
        _connection.Notice += (_, notice) => _standbyGaveUp |= notice.Notice.SqlState == "01000" && notice.Notice.Severity == "WARNING";
    }

    private async Task<NpgsqlCommand> CommandAsync(string sql, CancellationToken stop)
    {
        await OpenAsync(stop);
        return new(sql, _connection, _transaction);
    }

    private static async Task<IReadOnlyList<ClaimRow>> ReadClaimsAsync(NpgsqlCommand command, CancellationToken stop)
    {
        var rows = new List<ClaimRow>();
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop))
            rows.Add(new(new(reader.GetGuid(0)), reader.GetString(1), reader.GetString(2), Moment(reader, 3),
                reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<byte[]>(5)));
        return rows;
    }

    private static Instant Moment(NpgsqlDataReader reader, int column) => Instant.FromDateTimeUtc(reader.GetDateTime(column));

    private static Guid[] Ids(IEnumerable<IncidentId> ids) => [.. ids.Select(id => id.Value)];

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, T[] values) =>
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });

    private static void Add<T>(NpgsqlBatchCommand command, NpgsqlDbType type, T[] values) =>
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });
}
