namespace Grpc.Core;

/// <summary>The wishes that go with one call. Immutable: each With method answers a changed copy.</summary>
public readonly struct CallOptions
{
    /// <summary>Collects wishes; everything may be left out.</summary>
    public CallOptions(
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null, ContextPropagationToken? propagationToken = null, CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Headers to send.</summary>
    public Metadata? Headers { get; private init; }

    /// <summary>When to give up, in UTC.</summary>
    public DateTime? Deadline { get; private init; }

    /// <summary>Gives the call up early.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>How requests are written.</summary>
    public WriteOptions? WriteOptions { get; private init; }

    /// <summary>The served call this one belongs to.</summary>
    public ContextPropagationToken? PropagationToken { get; private init; }

    /// <summary>Proof of who is calling, for this call alone.</summary>
    public CallCredentials? Credentials { get; private init; }

    /// <summary>Whether to wait for a connection instead of failing at once.</summary>
    public bool IsWaitForReady { get; private init; }

    /// <summary>A copy with these headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>A copy with this deadline.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>A copy with this token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>A copy with these write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>A copy that belongs to a served call.</summary>
    public CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    /// <summary>A copy with these credentials.</summary>
    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>A copy that waits, or does not wait, for a connection.</summary>
    public CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };
}
