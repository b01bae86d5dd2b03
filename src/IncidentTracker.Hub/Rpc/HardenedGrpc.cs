using System.IO.Compression;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Net.Compression;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Rpc;

/// <summary>gRPC for callers we do not know: the official server, with every way to hurt or fool it closed.</summary>
internal static class HardenedGrpc
{
    /// <summary>Adds the server. <see cref="UseHardenedGrpc"/> and <see cref="MapHardenedGrpc"/> belong to it.</summary>
    public static IServiceCollection AddHardenedGrpc(
        this IServiceCollection services, Action<RpcLimits>? limit = null, Action<GrpcServiceOptions>? configure = null)
    {
        var limits = services.AddOptions<RpcLimits>().BindConfiguration("Rpc").ValidateDataAnnotations().ValidateOnStart();
        if (limit is not null) limits.Configure(limit);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<Readiness>();
        services.AddSingleton<RpcMeter>();
        services.AddSingleton<ServiceCatalogue>();
        services.AddSingleton<Malformed>();

        // Without state per call, so one of each is enough; the server would otherwise make one for every call.
        services.AddSingleton<FailureMapping>();
        services.AddSingleton<HealthService>();
        services.AddSingleton<ReflectionService>();
        services.AddSingleton<ReflectionServiceAlpha>();

        services.AddGrpc();
        services.AddOptions<GrpcServiceOptions>().Configure<IOptions<RpcLimits>, Malformed>((options, limits, malformed) =>
        {
            options.EnableDetailedErrors = false;
            options.MaxReceiveMessageSize = limits.Value.MaxMessageBytes;
            options.MaxSendMessageSize = limits.Value.MaxMessageBytes;
            options.CompressionProviders =
            [
                new StrictCompression(new GzipCompressionProvider(CompressionLevel.Fastest, limits.Value.MaxMessageBytes), malformed),
                new StrictCompression(new DeflateCompressionProvider(CompressionLevel.Fastest, limits.Value.MaxMessageBytes), malformed),
            ];
            options.Interceptors.Add<FailureMapping>();
        });
        if (configure is not null) services.PostConfigure(configure);

        services.RemoveAll(typeof(IServiceMethodProvider<>));
        services.AddSingleton(typeof(IServiceMethodProvider<>), typeof(StrictMethods<>));

        // A handler that hears nothing must not hold the hub for the host's usual thirty seconds.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));

        // The official server writes a line for every refusal, and a stack for some; what an operator needs of it is logged here.
        services.AddLogging(logging => logging.AddFilter("Grpc.AspNetCore.Server", LogLevel.Warning));
        return services;
    }

    /// <summary>Looks at every gRPC request before the official server does. Belongs behind routing and before authentication.</summary>
    public static IApplicationBuilder UseHardenedGrpc(this IApplicationBuilder app) => app.UseMiddleware<RequestGate>();

    /// <summary>Offers health and, unless switched off, reflection.</summary>
    public static void MapHardenedGrpc(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<HealthService>();
        if (!routes.ServiceProvider.GetRequiredService<IOptions<RpcLimits>>().Value.Reflection) return;

        routes.MapGrpcService<ReflectionService>();
        routes.MapGrpcService<ReflectionServiceAlpha>();
    }
}
