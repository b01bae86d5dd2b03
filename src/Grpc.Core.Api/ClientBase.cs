using Grpc.Core.Interceptors;

namespace Grpc.Core;

/// <summary>The ancestor of every generated client.</summary>
public abstract class ClientBase
{
    /// <summary>For clients that tests replace.</summary>
    protected ClientBase() : this(new UnusableCallInvoker()) { }

    /// <summary>A client over a channel.</summary>
    protected ClientBase(ChannelBase channel) : this((channel ?? throw new ArgumentNullException(nameof(channel))).CreateCallInvoker()) { }

    /// <summary>A client over anything that starts calls.</summary>
    protected ClientBase(CallInvoker callInvoker) : this(new ClientBaseConfiguration(callInvoker ?? throw new ArgumentNullException(nameof(callInvoker)), null)) { }

    /// <summary>A client like another one.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
    }

    /// <summary>What starts this client's calls.</summary>
    protected CallInvoker CallInvoker => Configuration.Invoker;

    internal ClientBaseConfiguration Configuration { get; }

    /// <summary>What a client is made of; opaque to everyone but clients.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _undecorated;

        internal ClientBaseConfiguration(CallInvoker undecorated, string? host)
        {
            _undecorated = undecorated;
            Invoker = host is null ? undecorated : new HostCallInvoker(undecorated, host);
        }

        internal CallInvoker Invoker { get; }

        internal ClientBaseConfiguration WithHost(string host) => new(_undecorated, host);
    }

    private sealed class UnusableCallInvoker : CallInvoker
    {
        private static NotImplementedException Unusable => new("This client was made without a channel, to be replaced in tests.");

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw Unusable;

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw Unusable;

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw Unusable;

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw Unusable;

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw Unusable;
    }
}

/// <summary>The ancestor of a generated client that knows its own type.</summary>
public abstract class ClientBase<T> : ClientBase where T : ClientBase<T>
{
    /// <summary>For clients that tests replace.</summary>
    protected ClientBase() { }

    /// <summary>A client over a channel.</summary>
    protected ClientBase(ChannelBase channel) : base(channel) { }

    /// <summary>A client over anything that starts calls.</summary>
    protected ClientBase(CallInvoker callInvoker) : base(callInvoker) { }

    /// <summary>A client like another one.</summary>
    protected ClientBase(ClientBaseConfiguration configuration) : base(configuration) { }

    /// <summary>The same client asking for another host.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    /// <summary>Generated clients make themselves anew here.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
