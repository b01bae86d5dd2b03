using Microsoft.Extensions.Options;

namespace IncidentTracker.Hub.Rpc;

/// <summary>
/// The end of the hub as its streams see it: first they hear that it is <see cref="Starting"/> and may say goodbye in their own words,
/// a little later it is <see cref="Over"/> and whoever is still there is ended. Without this an open stream would be cut without a status.
/// </summary>
internal sealed class Drain : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenRegistration _registration;

    public Drain(IHostApplicationLifetime lifetime, IOptions<RpcLimits> limits)
    {
        Starting = lifetime.ApplicationStopping;
        _registration = Starting.Register(() => _over.CancelAfter(limits.Value.DrainFor));
    }

    public CancellationToken Starting { get; }

    public CancellationToken Over => _over.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _over.Dispose();
    }
}
