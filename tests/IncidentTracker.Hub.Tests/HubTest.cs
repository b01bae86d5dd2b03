namespace IncidentTracker.HubTests;

/// <summary>
/// A test with a hub. When it is over, whatever it did: what is stored equals what the claims tell, nobody owes a
/// word on what is closed, and nothing was logged that would wake an operator.
/// </summary>
public abstract class HubTest : IAsyncLifetime
{
    private protected Hub Hub { get; private set; } = null!;

    public async Task InitializeAsync() => Hub = await Hub.StartAsync();

    public async Task DisposeAsync()
    {
        await using var hub = Hub;
        if (hub.IsRunning) await hub.FollowDutiesAsync();
        await hub.ProveStoredEqualsFoldedAsync();
        await hub.StopAsync();
        hub.MustBeQuiet();
    }
}
