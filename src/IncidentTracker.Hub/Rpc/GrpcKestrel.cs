using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IncidentTracker.Rpc;

/// <summary>What the web server must be told about ports that speak gRPC.</summary>
internal static class GrpcKestrel
{
    /// <summary>The slowest an HTTP/1 client may read: the server's own default, which the gRPC limits switch off for everyone.</summary>
    public static readonly MinDataRate SlowestReader = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>Limits for the whole server.</summary>
    public static void ConfigureGrpcLimits(this KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = 2_000;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);

        // One slow stream would otherwise end its whole connection; UseHardenedGrpc puts the rate back for HTTP/1.
        kestrel.Limits.MinResponseDataRate = null;
    }

    /// <summary>A plain text port for gRPC alone: without TLS there is no negotiation, so the port speaks HTTP/2 only.</summary>
    public static void ConfigureGrpcEndpoint(this ListenOptions listen) => listen.Protocols = HttpProtocols.Http2;
}
