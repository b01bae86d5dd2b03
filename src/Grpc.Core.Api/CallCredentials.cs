namespace Grpc.Core;

/// <summary>Proof of who is calling, added to the headers of each call.</summary>
public abstract class CallCredentials
{
    /// <summary>Several proofs, applied in order.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials) => new Composite(credentials);

    /// <summary>A proof that a function adds to the headers.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor) => new FromFunction(interceptor);

    /// <summary>Tells a channel what this is made of. For channels only.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object state);

    private sealed class Composite : CallCredentials
    {
        private readonly CallCredentials[] _parts;

        public Composite(CallCredentials[] parts)
        {
            ArgumentNullException.ThrowIfNull(parts);
            if (parts.Length < 2) throw new ArgumentException("Composing takes two credentials or more.", nameof(parts));
            _parts = (CallCredentials[])parts.Clone();
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object state)
            => configurator.SetCompositeCredentials(state, _parts);
    }

    private sealed class FromFunction : CallCredentials
    {
        private readonly AsyncAuthInterceptor _interceptor;

        public FromFunction(AsyncAuthInterceptor interceptor)
        {
            ArgumentNullException.ThrowIfNull(interceptor);
            _interceptor = interceptor;
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object state)
            => configurator.SetAsyncAuthInterceptorCredentials(state, _interceptor);
    }
}

/// <summary>How a channel learns what call credentials are made of.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    /// <summary>They are several, in order.</summary>
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    /// <summary>They are a function.</summary>
    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}

/// <summary>Adds proof of who is calling to the headers of a call.</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

/// <summary>The call that proof is wanted for.</summary>
public class AuthInterceptorContext
{
    /// <summary>A call that cannot be cancelled.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName) : this(serviceUrl, methodName, CancellationToken.None) { }

    /// <summary>A call.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serviceUrl);
        ArgumentNullException.ThrowIfNull(methodName);
        ServiceUrl = serviceUrl;
        MethodName = methodName;
        CancellationToken = cancellationToken;
    }

    /// <summary>The address of the service, as tokens name their audience.</summary>
    public string ServiceUrl { get; }

    /// <summary>The method without its service.</summary>
    public string MethodName { get; }

    /// <summary>Raised when the call is given up.</summary>
    public CancellationToken CancellationToken { get; }
}
