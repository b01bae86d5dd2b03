using System.Data.Common;
using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace IncidentTracker.HubTests;

/// <summary>The scripts and the model say the same, and an upgrade happens once.</summary>
public sealed class SchemaTests
{
    [Fact]
    public async Task The_scripts_build_exactly_what_the_model_expects()
    {
        await using var scripted = await Hub.StartAsync();
        await using var modelled = await TestDatabase.CreateAsync();
        await modelled.WithDbAsync(async db =>
        {
            await db.Database.EnsureDeletedAsync();
            return await db.Database.EnsureCreatedAsync();      // what EF would create from the entity configurations
        });

        Assert.Equal(await DescribeAsync(modelled), await DescribeAsync(scripted.Database));
    }

    [Fact]
    public async Task An_upgrade_runs_once()
    {
        await using var hub = await Hub.StartAsync();
        var upgrades = hub.Log.Count(IsUpgrade);

        await hub.RestartAsync();

        Assert.True(upgrades > 0);
        Assert.Equal(upgrades, hub.Log.Count(IsUpgrade));
        Assert.Equal(upgrades, (await StepsAsync(hub)).Count);
    }

    [Fact]
    public async Task A_database_of_a_newer_hub_is_left_alone()
    {
        await using var hub = await Hub.StartAsync();
        await hub.WithDbAsync(db => db.Database.ExecuteSqlAsync($"INSERT INTO schema_steps (name) VALUES ('9999-later')"));
        await hub.StopAsync();

        var failure = await Assert.ThrowsAsync<NewerDatabaseException>(hub.RestartAsync);

        Assert.Equal("A newer hub has upgraded this database (9999-later). Run that version, or restore a backup.", failure.Message);
    }

    [Fact]
    public async Task Hubs_that_start_at_once_on_one_empty_database_upgrade_it_together()
    {
        if (!TestDatabase.IsPostgres) return;       // a SQLite file serves one hub
        await using var database = await TestDatabase.CreateAsync();

        var hubs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Hub.StartOn(database))));

        Assert.Equal((await StepsAsync(hubs[0])).Count, hubs.Sum(hub => hub.Log.Count(IsUpgrade)));
        foreach (var hub in hubs)
        {
            await hub.As("XB").StateAsync();
            hub.MustBeQuiet();
            await hub.DisposeAsync();
        }
    }

    private static bool IsUpgrade(LogLine line) => line is { Level: LogLevel.Information } && line.Text.StartsWith("Upgrading the database", StringComparison.Ordinal);

    private static Task<List<string>> StepsAsync(Hub hub) => hub.WithDbAsync(db => db.Database.SqlQuery<string>($"SELECT name AS \"Value\" FROM schema_steps").ToListAsync());

    /// <summary>A schema as lines: every table, column, type, default, key and index by name.</summary>
    private static Task<List<string>> DescribeAsync(TestDatabase database) => database.WithDbAsync(async db =>
    {
        await db.Database.OpenConnectionAsync();
        var lines = new List<string>();
        foreach (var question in TestDatabase.IsPostgres ? OnPostgres : OnSqlite)
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = question;
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) lines.Add(Line(reader));
        }
        return lines.Where(line => !line.Contains("schema_steps", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
    });

    private static string Line(DbDataReader reader) => string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "-" : Plain($"{reader.GetValue(i)}")));

    // The two ways of writing a default that mean the same.
    private static string Plain(string text) => text.Trim('(', ')').ToLowerInvariant();

    private static readonly string[] OnPostgres =
    [
        """
        SELECT 'column', table_name, column_name, data_type, is_nullable, column_default, is_identity, identity_generation
        FROM information_schema.columns WHERE table_schema = 'public'
        """,
        "SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
        "SELECT 'table', relname, array_to_string(reloptions, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
    ];

    private static readonly string[] OnSqlite =
    [
        """
        SELECT 'column', t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
        """,
        """
        SELECT 'index', t.name, CASE WHEN i.origin = 'c' THEN i.name ELSE '' END, i."unique", i.origin, i.partial,
               (SELECT group_concat(coalesce(c.name, 'rowid')) FROM pragma_index_info(i.name) c)
        FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
        """,
    ];
}
