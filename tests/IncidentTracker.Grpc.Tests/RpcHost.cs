using System.Collections.Concurrent;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using IncidentTracker.Rpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IncidentTracker.RpcTests;

/// <summary>One line the server logged.</summary>
internal sealed record LogLine(LogLevel Level, string Category, string Text, Exception? Failure);

/// <summary>A real web server on a free port with the hardened gRPC layer and a service to call.</summary>
internal sealed class RpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly LogCatcher _log;
    private readonly List<GrpcChannel> _channels = [];

    private RpcHost(WebApplication app, LogCatcher log, Uri address) => (_app, _log, Address) = (app, log, address);

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    public IReadOnlyList<LogLine> Log => [.. _log.Lines];

    /// <summary>Starts a server with the official interop service.</summary>
    public static Task<RpcHost> StartAsync(
        Action<RpcLimits>? limit = null, Action<GrpcServiceOptions>? configure = null, Action<KestrelServerOptions>? kestrel = null) =>
        StartAsync<InteropService>(_ => { }, limit, configure, listen: null, kestrel);

    /// <summary>Starts a server whose handlers the test writes.</summary>
    public static Task<RpcHost> StartAsync(Puppet puppet, Action<RpcLimits>? limit = null, Action<ListenOptions>? listen = null) =>
        StartAsync<PuppetService>(services => services.AddSingleton(puppet), limit, configure: null, listen, kestrel: null);

    public GrpcChannel Channel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(Address, options);
        _channels.Add(channel);
        return channel;
    }

    public Task StopAsync() => _app.StopAsync();

    /// <summary>Whether anything was logged that would wake an operator.</summary>
    public void MustBeQuiet()
    {
        var loud = Log.Where(line => line.Level >= LogLevel.Warning).Select(line => $"{line.Category}: {line.Text} {line.Failure}").ToList();
        Assert.True(loud.Count == 0, string.Join(Environment.NewLine, loud));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels) channel.Dispose();
        await _app.DisposeAsync();
    }

    private static async Task<RpcHost> StartAsync<TService>(
        Action<IServiceCollection> add, Action<RpcLimits>? limit, Action<GrpcServiceOptions>? configure,
        Action<ListenOptions>? listen, Action<KestrelServerOptions>? kestrel) where TService : class
    {
        var log = new LogCatcher();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.ConfigureGrpcLimits();
            kestrel?.Invoke(server);
            server.Listen(System.Net.IPAddress.Loopback, 0, listen ?? (port => port.ConfigureGrpcEndpoint()));
        });
        builder.Services.AddHardenedGrpc(limits => { limits.DrainFor = TimeSpan.Zero; limit?.Invoke(limits); }, configure);
        add(builder.Services);

        var app = builder.Build();
        app.UseHardenedGrpc();
        app.MapGrpcService<TService>();
        app.MapHardenedGrpc();
        await app.StartAsync();

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new RpcHost(app, log, new Uri(address));
    }

    private sealed class LogCatcher : ILoggerProvider
    {
        public ConcurrentQueue<LogLine> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Catcher(categoryName, Lines);

        public void Dispose() { }

        private sealed class Catcher(string category, ConcurrentQueue<LogLine> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue(new LogLine(logLevel, category, formatter(state, exception), exception));
        }
    }
}
