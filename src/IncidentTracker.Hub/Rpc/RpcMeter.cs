using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace IncidentTracker.Rpc;

/// <summary>Measures how long calls take and how they end, refused ones included. The official server has no such meter.</summary>
internal sealed class RpcMeter
{
    /// <summary>The name to listen to.</summary>
    public const string Name = "IncidentTracker.Rpc";

    private readonly Histogram<double> _duration;

    public RpcMeter(IMeterFactory meters)
    {
        _duration = meters.Create(Name).CreateHistogram(
            "rpc.server.call.duration", "s", "How long a gRPC call took, from its headers to its status.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });
    }

    public void Record(TimeSpan took, IMethod? method, HttpContext context) => _duration.Record(took.TotalSeconds, new TagList
    {
        // Names that callers make up must not become time series.
        { "rpc.method", method?.FullName[1..] ?? "_OTHER" },
        { "rpc.grpc.status_code", StatusOf(context) },
    });

    /// <summary>The status stands in the trailers, or in the headers when there is nothing else; an aborted call has none.</summary>
    private static int StatusOf(HttpContext context)
    {
        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        if (trailers is null || !trailers.TryGetValue("grpc-status", out var sent)) sent = context.Response.Headers["grpc-status"];
        return int.TryParse(sent, out var status) ? status : (int)StatusCode.Cancelled;
    }
}
