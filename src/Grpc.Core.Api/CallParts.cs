namespace Grpc.Core;

/// <summary>What all four kinds of running call share, given either as closures or as functions of one state object (which saves the closures).</summary>
internal readonly struct CallParts
{
    private readonly object _headers;
    private readonly Delegate _status;
    private readonly Delegate _trailers;
    private readonly Delegate _dispose;
    private readonly object? _state;

    public CallParts(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose)
        => (_headers, _status, _trailers, _dispose, _state) = (headers, status, trailers, dispose, null);

    public CallParts(Func<object, Task<Metadata>> headers, Func<object, Status> status, Func<object, Metadata> trailers, Action<object> dispose, object state)
        => (_headers, _status, _trailers, _dispose, _state) = (headers, status, trailers, dispose, state);

    public Task<Metadata> Headers() => _state is null ? (Task<Metadata>)_headers : ((Func<object, Task<Metadata>>)_headers)(_state);

    public Status Status() => _state is null ? ((Func<Status>)_status)() : ((Func<object, Status>)_status)(_state);

    public Metadata Trailers() => _state is null ? ((Func<Metadata>)_trailers)() : ((Func<object, Metadata>)_trailers)(_state);

    public void Dispose()
    {
        if (_state is null) ((Action)_dispose)();
        else ((Action<object>)_dispose)(_state);
    }
}
