using Grpc.Core;
using Grpc.Core.Interceptors;

namespace IncidentTracker.Rpc;

/// <summary>Gives every failure of a handler the status it deserves: a refusal as it is, a caller who left no noise, a bug one error line and no detail for outsiders.</summary>
internal sealed partial class FailureMapping(Drain drain, TimeProvider time, ILogger<FailureMapping> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(request, context); }
        catch (Exception failure) when (failure is not RpcException) { throw Mapped(failure, context); }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(requestStream, context); }
        catch (Exception failure) when (failure is not RpcException) { throw Mapped(failure, context); }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(request, responseStream, context); }
        catch (Exception failure) when (failure is not RpcException) { throw Mapped(failure, context); }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(requestStream, responseStream, context); }
        catch (Exception failure) when (failure is not RpcException) { throw Mapped(failure, context); }
    }

    /// <summary>The answer of a stream that ends because the hub does.</summary>
    public static RpcException GoingAway() =>
        RichErrors.Create(StatusCode.Unavailable, "SHUTTING_DOWN", "The hub is stopping; connect again.", RichErrors.RetryAfter(TimeSpan.FromSeconds(1)));

    private RpcException Mapped(Exception failure, ServerCallContext context)
    {
        // Once a call is over, reading and writing fail in these three ways, whatever the handler was doing.
        if (context.CancellationToken.IsCancellationRequested && failure is OperationCanceledException or IOException or InvalidOperationException)
        {
            if (drain.Over.IsCancellationRequested) return GoingAway();
            return time.GetUtcNow().UtcDateTime >= context.Deadline
                ? new RpcException(new Status(StatusCode.DeadlineExceeded, "The deadline has passed."))
                : new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
        }

        HandlerFailed(context.Method, failure);
        return RichErrors.Create(StatusCode.Internal, "INTERNAL", "The hub could not answer because of a fault of its own. It has been recorded.");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed; the caller was told INTERNAL and nothing else.")]
    private partial void HandlerFailed(string method, Exception failure);
}
