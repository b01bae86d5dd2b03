namespace Grpc.Core;

/// <summary>How far a channel is from being able to send.</summary>
public enum ConnectivityState
{
    /// <summary>Not connected, because nobody asked.</summary>
    Idle,

    /// <summary>On the way.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Ready,

    /// <summary>Failed just now; will try again.</summary>
    TransientFailure,

    /// <summary>Closed for good.</summary>
    Shutdown,
}
