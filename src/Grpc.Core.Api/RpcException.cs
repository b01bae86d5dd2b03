namespace Grpc.Core;

/// <summary>A call that did not end well: thrown to callers by clients, and by handlers to choose the status of their answer.</summary>
public class RpcException : Exception
{
    /// <summary>A failure with a status alone.</summary>
    public RpcException(Status status) : this(status, Metadata.Empty) { }

    /// <summary>A failure with a local message that differs from the status.</summary>
    public RpcException(Status status, string message) : this(status, Metadata.Empty, message) { }

    /// <summary>A failure with trailers beside the status.</summary>
    public RpcException(Status status, Metadata trailers) : this(status, trailers, status.ToString()) { }

    /// <summary>A failure with trailers and a local message.</summary>
    public RpcException(Status status, Metadata trailers, string message) : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailing metadata that came or goes with the status. Never null.</summary>
    public Metadata Trailers { get; }
}
