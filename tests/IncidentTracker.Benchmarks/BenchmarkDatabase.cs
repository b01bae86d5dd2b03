using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace IncidentTracker.Benchmarks;

/// <summary>A database of the hub's, made for a run, and what is done to it without the hub.</summary>
internal abstract class BenchmarkDatabase : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    protected BenchmarkDatabase(DatabaseOptions options)
    {
        Options = options;
        _services = new ServiceCollection().AddSingleton(_ => Engine.For(options))
            .AddDbContextFactory<HubDb>((sp, db) => sp.GetRequiredService<Engine>().Configure(db)).BuildServiceProvider();
    }

    public DatabaseOptions Options { get; }

    public Engine Engine => _services.GetRequiredService<Engine>();

    public IDbContextFactory<HubDb> Dbs => _services.GetRequiredService<IDbContextFactory<HubDb>>();

    /// <summary>Processor time of the database's own processes, in microseconds. Null: it has none, or they are out of sight.</summary>
    public abstract double? Cpu();

    /// <summary>Makes the tables and fills them.</summary>
    public async Task FillAsync(Cases cases, Action<string> progress)
    {
        await new SchemaUpgrade(Dbs, Engine, NullLogger<SchemaUpgrade>.Instance).StartAsync(CancellationToken.None);
        await StoreAsync(cases, new(cases), progress);
    }

    /// <summary>Runs a statement of its own.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var db = await Dbs.CreateDbContextAsync();
        db.Database.SetCommandTimeout(3_600);
        await db.Database.ExecuteSqlRawAsync(sql);
    }

    /// <summary>The raw limit: a function that writes one batch on a connection of its own and tells its size.</summary>
    public abstract Task<(Func<Task<int>> Write, IAsyncDisposable Connection)> OpenRawAsync(Cases cases);

    public async Task<long> CountClaimsAsync()
    {
        await using var db = await Dbs.CreateDbContextAsync();
        db.Database.SetCommandTimeout(600);
        return await db.Claims.LongCountAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task StoreAsync(Cases cases, StoredCases stored, Action<string> progress);
}
