using Grpc.Net.Client;
using IncidentTracker.Data;
using IncidentTracker.Sla;
using IncidentTracker.Tasks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>
/// A whole hub on free ports of this machine, with an empty database of its own and a clock the test moves. The engine
/// is a property of the run, so the same tests prove both: see <see cref="TestDatabase"/>.
/// </summary>
internal sealed class Hub : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly bool _ownsDatabase;
    private readonly (string Key, string Value)[] _settings;
    private readonly List<GrpcChannel> _channels = [];
    private readonly LogCatcher _log = new();
    private Factory? _factory;
    private Faults? _faults;

    private Hub(TestDatabase database, bool ownsDatabase, ManualTime time, (string Key, string Value)[] settings) =>
        (_database, _ownsDatabase, Time, _settings) = (database, ownsDatabase, time, settings);

    public ManualTime Time { get; }

    public Uri WebAddress { get; private set; } = null!;

    public Uri GrpcAddress { get; private set; } = null!;

    public TestDatabase Database => _database;

    public IReadOnlyList<LogLine> Log => [.. _log.Lines];

    public bool IsRunning => _factory is not null;

    public IServiceProvider Services => _factory!.Services;

    public static Task<Hub> StartAsync(params (string Key, string Value)[] settings) => StartAsync(null, settings);

    /// <summary>A hub to which something goes wrong on the way to its database.</summary>
    public static async Task<Hub> StartAsync(Faults? faults, params (string Key, string Value)[] settings)
    {
        var hub = new Hub(await TestDatabase.CreateAsync(), true, new(Instant.FromUtc(2026, 7, 6, 12, 0)), settings) { _faults = faults };
        try { hub.Start(); }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
        return hub;
    }

    /// <summary>Another hub on the same database and by the same clock.</summary>
    public Hub StartTwin()
    {
        var twin = new Hub(_database, false, Time, _settings);
        twin.Start();
        return twin;
    }

    /// <summary>A hub on a database that somebody else disposes of.</summary>
    public static Hub StartOn(TestDatabase database, ManualTime? time = null, params (string Key, string Value)[] settings)
    {
        var hub = new Hub(database, false, time ?? new(Instant.FromUtc(2026, 7, 6, 12, 0)), settings);
        hub.Start();
        return hub;
    }

    /// <summary>Stops the hub as an operator would, and starts it again on the same database.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Start();
    }

    public async Task StopAsync()
    {
        foreach (var channel in _channels) channel.Dispose();
        _channels.Clear();
        await StopServerAsync();
    }

    /// <summary>Stops the hub while its partners hold on to their lines.</summary>
    public async Task StopServerAsync()
    {
        if (_factory is not { } running) return;
        _factory = null;
        await running.DisposeAsync();
    }

    /// <summary>Speaks to the hub as a partner, on a connection of its own.</summary>
    public PartnerLine As(string partner) => new(Connect(), DevelopmentPartners.KeyOf(partner), Time);

    public GrpcChannel Connect()
    {
        var channel = GrpcChannel.ForAddress(GrpcAddress);
        lock (_channels) _channels.Add(channel);
        return channel;
    }

    public HttpClient Browse() => new() { BaseAddress = WebAddress };

    public Task<T> WithDbAsync<T>(Func<HubDb, Task<T>> work) => _database.WithDbAsync(work);

    /// <summary>Keeps the hub from writing updates to disk until the answer is disposed of.</summary>
    public async Task<IAsyncDisposable> HoldWritesAsync()
    {
        if (!TestDatabase.IsPostgres) return new Held(await Services.GetRequiredService<Engine>().EnterAsync(CancellationToken.None));
        var connection = new Npgsql.NpgsqlConnection(_database.Connection);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE claims IN SHARE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Lives on until a moment: whenever something is due before it, the clock stands there and the hub looks.</summary>
    public async Task LiveUntilAsync(Instant until)
    {
        while (await WithDbAsync(db => db.LookAgain.OrderBy(row => row.At).Select(row => (Instant?)row.At).FirstOrDefaultAsync()) is { } at && at < until)
        {
            Time.Set(Instant.Max(Time.Now, at + Duration.FromMilliseconds(1)));
            await Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
        }
        Time.Set(until);
    }

    /// <summary>Brings the list of duties up to date. From then on it follows only when it is told to, so that nothing moves beside the test.</summary>
    public async Task FollowDutiesAsync()
    {
        var board = Services.GetRequiredService<DutyBoard>();
        await board.StopAsync(CancellationToken.None);
        // A change is seen once every transaction that began before it is over.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        do await board.FollowAsync(patience.Token);
        while (!await WithDbAsync(Proof.AreDutiesFollowedAsync));
    }

    /// <summary>Nothing was logged that would wake an operator. That nobody looks at what is due is what the test wanted.</summary>
    public void MustBeQuiet() => Assert.DoesNotContain(Log, line => line.Level >= LogLevel.Error && line.Category != typeof(SweepWatch).FullName);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsDatabase) await _database.DisposeAsync();
    }

    private void Start()
    {
        var factory = new Factory(this);
        _factory = factory;
        factory.UseKestrel();
        factory.StartServer();
        var addresses = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (WebAddress, GrpcAddress) = (new(addresses[0]), new(addresses[1]));
    }

    private sealed class Held(IDisposable turn) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            turn.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Factory(Hub hub) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Production");
            builder.UseSetting("Database:Engine", hub._database.EngineName);
            builder.UseSetting("Database:Connection", hub._database.Connection);
            builder.UseSetting("Doors:Web", "http://127.0.0.1:0");
            builder.UseSetting("Doors:Grpc", "http://127.0.0.1:0");
            builder.UseSetting("Sla:Sweep", "false");       // a test says when the hub looks
            foreach (var (key, value) in DevelopmentPartners.Settings.Concat(hub._settings)) builder.UseSetting(key, value);

            builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(hub._log));
            builder.ConfigureTestServices(services =>
            {
                services.AddSingleton<TimeProvider>(hub.Time);
                if (hub._faults is { } faults) services.AddSingleton<Engine>(from => new FailingEngine(Engine.For(from.GetRequiredService<IOptions<DatabaseOptions>>().Value), faults));
            });
        }
    }
}
