namespace Grpc.Core;

/// <summary>A way to reach one server; expensive to make, cheap to share.</summary>
public abstract class ChannelBase
{
    /// <summary>Remembers the address.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The address as it was given.</summary>
    public string Target { get; }

    /// <summary>Something that starts calls over this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Ends the channel; nothing to do unless a channel says otherwise.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
