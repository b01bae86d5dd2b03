using IncidentTracker.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace IncidentTracker.HubTests;

/// <summary>
/// An empty database of its own, dropped at the end. SQLite unless TEST_POSTGRES holds a connection string to a server
/// where databases may be made: tests/with-postgres sets it.
/// </summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _name = $"hub_{Guid.NewGuid():N}";
    private readonly Engine _engine;

    private TestDatabase()
    {
        Connection = Server is null
            ? $"Data Source={Path.Combine(Path.GetTempPath(), _name)}.db"
            : new NpgsqlConnectionStringBuilder(Server) { Database = _name, MaxPoolSize = 20 }.ConnectionString;
        _engine = Engine.For(new() { Engine = IsPostgres ? DatabaseEngine.Postgres : DatabaseEngine.Sqlite, Connection = Connection });
    }

    public static bool IsPostgres => Server is not null;

    private static string? Server { get; } = Environment.GetEnvironmentVariable("TEST_POSTGRES");

    public string Connection { get; }

    public string EngineName => IsPostgres ? "Postgres" : "Sqlite";

    public static async Task<TestDatabase> CreateAsync()
    {
        var database = new TestDatabase();
        if (IsPostgres) await OnServerAsync($"CREATE DATABASE {database._name}");
        return database;
    }

    /// <summary>Reads and writes it directly, hub or no hub.</summary>
    public async Task<T> WithDbAsync<T>(Func<HubDb, Task<T>> work)
    {
        var options = new DbContextOptionsBuilder<HubDb>();
        _engine.Configure(options);
        await using var db = new HubDb(options.Options, _engine);
        return await work(db);
    }

    public async ValueTask DisposeAsync()
    {
        (_engine as IDisposable)?.Dispose();
        if (IsPostgres)
        {
            await OnServerAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
            return;
        }
        await using (var connection = new SqliteConnection(Connection)) SqliteConnection.ClearPool(connection);
        foreach (var file in Directory.GetFiles(Path.GetTempPath(), _name + ".db*")) File.Delete(file);
    }

    private static async Task OnServerAsync(string sql)
    {
        await using var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Server) { Pooling = false });
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
