namespace Grpc.Core;

/// <summary>What a call hands on to the calls made while serving it.</summary>
public class ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
{
    /// <summary>Deadline and cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Whether the deadline is handed on.</summary>
    public bool IsPropagateDeadline { get; } = propagateDeadline;

    /// <summary>Whether cancellation is handed on.</summary>
    public bool IsPropagateCancellation { get; } = propagateCancellation;
}

/// <summary>Carries deadline and cancellation from a served call to an outgoing one. Only gRPC itself makes them.</summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken() { }
}
