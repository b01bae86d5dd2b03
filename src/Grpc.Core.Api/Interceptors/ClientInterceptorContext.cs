namespace Grpc.Core.Interceptors;

/// <summary>The outgoing call an interceptor looks at; it may pass a changed one on.</summary>
public readonly struct ClientInterceptorContext<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    where TRequest : class where TResponse : class
{
    /// <summary>The method called.</summary>
    public Method<TRequest, TResponse> Method { get; } = method;

    /// <summary>The host asked for, where it differs from the channel's.</summary>
    public string? Host { get; } = host;

    /// <summary>The wishes that go with the call.</summary>
    public CallOptions Options { get; } = options;
}
