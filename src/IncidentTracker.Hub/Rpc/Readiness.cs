namespace IncidentTracker.Rpc;

/// <summary>Whether the hub can take work, told by whoever watches the database and asked by health checks. Once the hub stops, never again.</summary>
internal sealed class Readiness : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenRegistration _registration;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ready = true;

    public Readiness(Drain drain) => _registration = drain.Starting.Register(Stop);

    public bool IsReady => _ready && !IsStopping;

    public bool IsStopping { get; private set; }

    /// <summary>Completes with the next change. Ask for it before looking, or a change may be missed.</summary>
    public Task Changed
    {
        get { lock (_lock) return _changed.Task; }
    }

    public void Say(bool ready)
    {
        if (_ready == ready) return;
        _ready = ready;
        Announce();
    }

    public void Dispose() => _registration.Dispose();

    private void Stop()
    {
        IsStopping = true;
        Announce();
    }

    private void Announce()
    {
        lock (_lock)
        {
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
