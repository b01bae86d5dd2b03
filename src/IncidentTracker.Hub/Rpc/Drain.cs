using Microsoft.Extensions.Options;

namespace IncidentTracker.Rpc;

/// <summary>
/// The end of the hub as its streams see it: first they hear that it is <see cref="Starting"/> and may say goodbye in their own words,
/// a little later it is <see cref="Over"/> and whoever is still there is ended. The web server stops only after that: it would close a
/// connection right behind the last status, and clients then report the closed connection instead of the status.
/// </summary>
internal sealed class Drain : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan ForSlowHandlers = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ForSlowReaders = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _starting = new();
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _registration;
    private readonly TimeSpan _goodbyes;
    private int _open;

    public Drain(IHostApplicationLifetime lifetime, IOptions<RpcLimits> limits)
    {
        _goodbyes = limits.Value.DrainFor;
        _registration = lifetime.ApplicationStopping.Register(Begin);
    }

    /// <summary>Raised when the hub was asked to stop.</summary>
    public CancellationToken Starting => _starting.Token;

    /// <summary>Raised when the time for goodbyes is up.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Counts a stream in, unless the hub is stopping.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_starting.IsCancellationRequested) return false;
            _open++;
            return true;
        }
    }

    /// <summary>Counts a stream out.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (--_open == 0 && _starting.IsCancellationRequested) _empty.TrySetResult();
        }
    }

    /// <summary>Runs before the web server is stopped, and holds it until the streams have gone.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Begin();
        lock (_lock)
        {
            if (_open == 0) return;
        }
        await Task.WhenAny(_empty.Task, Task.Delay(_goodbyes + ForSlowHandlers, cancellationToken));
        await Task.Delay(ForSlowReaders, CancellationToken.None);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _registration.Dispose();
        _starting.Dispose();
        _over.Dispose();
    }

    private void Begin()
    {
        lock (_lock)
        {
            if (_starting.IsCancellationRequested) return;
            _over.CancelAfter(_goodbyes);
        }
        _starting.Cancel();
    }
}
