using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace IncidentTracker.Data;

/// <summary>Before the hub opens its doors, runs the scripts in Data/Schema that this database has not seen: in order, all or none.</summary>
internal sealed partial class SchemaUpgrade(IDbContextFactory<HubDb> dbs, Engine engine, ILogger<SchemaUpgrade> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        await engine.PrepareAsync(db, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        await engine.HoldOthersAsync(db, cancellationToken);
        await ExecuteAsync("CREATE TABLE IF NOT EXISTS schema_steps (name TEXT NOT NULL PRIMARY KEY)");
        var done = await db.Database.SqlQuery<string>($"SELECT name AS \"Value\" FROM schema_steps").ToListAsync(cancellationToken);
        var steps = Steps();

        if (done.Except(steps.Keys).FirstOrDefault() is { } unknown)
            throw new NewerDatabaseException($"A newer hub has upgraded this database ({unknown}). Run that version, or restore a backup.");

        foreach (var (name, sql) in steps.Where(step => !done.Contains(step.Key)))
        {
            LogStep(name);
            await ExecuteAsync(sql);
            await db.Database.ExecuteSqlAsync($"INSERT INTO schema_steps (name) VALUES ({name})", cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);

        async Task ExecuteAsync(string sql)     // not ExecuteSqlRaw: braces in a script are not parameters
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            (command.Transaction, command.CommandText) = (transaction.GetDbTransaction(), sql);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>This engine's scripts by name: 0001-hub, ...</summary>
    private SortedDictionary<string, string> Steps()
    {
        var here = Assembly.GetExecutingAssembly();
        var steps = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in here.GetManifestResourceNames().Where(name => name.StartsWith(engine.Schema + '/', StringComparison.Ordinal)))
        {
            using var script = new StreamReader(here.GetManifestResourceStream(file)!);
            steps.Add(Path.GetFileNameWithoutExtension(file), script.ReadToEnd());
        }
        return steps;
    }

    [LoggerMessage(LogLevel.Information, "Upgrading the database: {Step}")]
    private partial void LogStep(string step);
}

/// <summary>The database was written by a later version of the hub. This one must not touch it.</summary>
internal sealed class NewerDatabaseException(string message) : Exception(message);
