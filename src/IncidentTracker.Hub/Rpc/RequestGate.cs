using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace IncidentTracker.Rpc;

/// <summary>Looks at a gRPC request before the official server does: refuses what that server would trip over, limits its time, and ties streams to the end of the hub.</summary>
internal sealed class RequestGate(RequestDelegate next, IOptions<RpcLimits> limits, Drain drain, RpcMeter meter, Malformed malformed, TimeProvider time)
{
    /// <summary>HTTP allows these in the name of a header, gRPC does not.</summary>
    private static readonly SearchValues<char> NotInMetadataNames = SearchValues.Create("!#$%&'*+^`|~");

    public async Task InvokeAsync(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IHttpMinResponseDataRateFeature>() is { } slowest)
        {
            slowest.MinDataRate = GrpcKestrel.SlowestReader;
        }
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) && context.Request.Headers.ContainsKey("Transfer-Encoding"))
        {
            // HTTP/2 and later forbid it, and a proxy that passes it on as HTTP/1 could be made to see two requests in one.
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
        {
            await next(context);
            return;
        }

        var method = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method;
        var startedAt = time.GetTimestamp();
        if (Refusal(context.Request.Headers, method) is { } refusal) Refuse(context, method, startedAt, refusal);
        else if (method is null or { Type: MethodType.Unary }) await ServeAsync(context, method, startedAt);
        else if (drain.TryEnter()) await ServeStreamAsync(context, method, startedAt);
        else Refuse(context, method, startedAt, FailureMapping.GoingAway());
    }

    private async Task ServeStreamAsync(HttpContext context, IMethod method, long startedAt)
    {
        try
        {
            // The server captures this token when the call starts; its own shutdown would never raise it.
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.Over);
            context.RequestAborted = ends.Token;
            var body = context.Request.BodyReader;
            await ServeAsync(context, method, startedAt);
            await LetCallerFinishAsync(context.Response, body);
        }
        finally
        {
            drain.Leave();
        }
    }

    private async Task ServeAsync(HttpContext context, IMethod? method, long startedAt)
    {
        context.Features.Set<IRequestBodyPipeFeature>(new StrictFrames(context.Request.BodyReader, malformed));
        try { await next(context); }
        finally { meter.Record(time.GetElapsedTime(startedAt), method, context); }
    }

    private void Refuse(HttpContext context, IMethod? method, long startedAt, RpcException why)
    {
        Answer(context.Response, why);
        meter.Record(time.GetElapsedTime(startedAt), method, context);
    }

    /// <summary>Ends our side of a stream and gives the other side a moment to end its own: a caller whose side is reset over and over is told to calm down.</summary>
    private static async Task LetCallerFinishAsync(HttpResponse response, PipeReader body)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        try
        {
            await response.CompleteAsync();
            while (await body.ReadAsync(patience.Token) is { IsCompleted: false } rest) body.AdvanceTo(rest.Buffer.End);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or InvalidOperationException)
        {
            // Nobody is there to be waited for.
        }
    }

    private RpcException? Refusal(IHeaderDictionary headers, IMethod? method)
    {
        foreach (var (name, value) in headers)
        {
            if (name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase) && !IsBase64(value))
            {
                return BadMetadata("A binary header is not exactly one base64 value.");
            }
            if (name.AsSpan().ContainsAny(NotInMetadataNames)) return BadMetadata("The name of a header is not one that gRPC allows.");
        }
        return TimeRefusal(headers, method);
    }

    private RpcException? TimeRefusal(IHeaderDictionary headers, IMethod? method)
    {
        var asked = TimeSpan.MaxValue;
        if (headers.TryGetValue("grpc-timeout", out var header) && !GrpcTimeout.TryRead(header, out asked))
        {
            return BadMetadata("The grpc-timeout header is not a timeout.");
        }
        // The server takes a timeout that rounds to nothing for none at all.
        if (asked == TimeSpan.Zero) return new RpcException(new Status(StatusCode.DeadlineExceeded, "The deadline has passed."));
        if (method is { Type: MethodType.Unary } && asked > limits.Value.UnaryTimeLimit)
        {
            headers["grpc-timeout"] = GrpcTimeout.Write(limits.Value.UnaryTimeLimit);
        }
        return null;
    }

    private static RpcException BadMetadata(string what) => RichErrors.Create(StatusCode.InvalidArgument, "MALFORMED_METADATA", what);

    /// <summary>Padding may be left out. A second value, or a list, is legal but read by the server as one broken value.</summary>
    private static bool IsBase64(StringValues value)
    {
        if (value is not [{ } text] || text.AsSpan().ContainsAny(' ', '\t')) return false;
        var missing = text.Length % 4;
        return Base64.IsValid(missing == 0 ? text : text + new string('=', 4 - missing));
    }

    /// <summary>An answer of headers alone.</summary>
    private static void Answer(HttpResponse response, RpcException refusal)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)refusal.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(refusal.Status.Detail);
        if (refusal.Trailers.GetValueBytes(RichErrors.DetailsTrailer) is { } details)
        {
            response.Headers[RichErrors.DetailsTrailer] = Convert.ToBase64String(details);
        }
    }
}
