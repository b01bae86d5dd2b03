namespace Grpc.Core.Interceptors;

/// <summary>Puts interceptors in front of the handlers of a service.</summary>
public static class ServerServiceDefinitionExtensions
{
    /// <summary>The service behind one interceptor.</summary>
    public static ServerServiceDefinition Intercept(this ServerServiceDefinition serverServiceDefinition, Interceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(serverServiceDefinition);
        ArgumentNullException.ThrowIfNull(interceptor);
        var wrapped = ServerServiceDefinition.CreateBuilder();
        serverServiceDefinition.BindService(new InterceptingBinder(wrapped, interceptor));
        return wrapped.Build();
    }

    /// <summary>The service behind several interceptors; the first named is the first to see a call.</summary>
    public static ServerServiceDefinition Intercept(this ServerServiceDefinition serverServiceDefinition, params Interceptor[] interceptors)
    {
        ArgumentNullException.ThrowIfNull(interceptors);
        foreach (var interceptor in interceptors.Reverse()) serverServiceDefinition = serverServiceDefinition.Intercept(interceptor);
        return serverServiceDefinition;
    }

    private sealed class InterceptingBinder(ServerServiceDefinition.Builder wrapped, Interceptor interceptor) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            wrapped.AddMethod(method, (TRequest request, ServerCallContext context) => interceptor.UnaryServerHandler(request, context, handler!));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            wrapped.AddMethod(method, (IAsyncStreamReader<TRequest> requests, ServerCallContext context) => interceptor.ClientStreamingServerHandler(requests, context, handler!));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            wrapped.AddMethod(method, (TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context) =>
                interceptor.ServerStreamingServerHandler(request, responses, context, handler!));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            wrapped.AddMethod(method, (IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context) =>
                interceptor.DuplexStreamingServerHandler(requests, responses, context, handler!));
    }
}
