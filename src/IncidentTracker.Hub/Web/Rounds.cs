namespace IncidentTracker.Web;

/// <summary>Work that is done again and again until the hub stops. A round that fails is said, and the next one is tried.</summary>
internal static class Rounds
{
    /// <param name="atOnce">The first round does not wait for the first pause.</param>
    public static async Task EveryAsync(TimeSpan pause, Func<CancellationToken, Task> round, Action<Exception> failed, CancellationToken stop, bool atOnce = false)
    {
        using var timer = new PeriodicTimer(pause);
        try
        {
            if (atOnce) await TryAsync();
            while (await timer.WaitForNextTickAsync(stop)) await TryAsync();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }

        async Task TryAsync()
        {
            try { await round(stop); }
            catch (Exception failure) when (!stop.IsCancellationRequested) { failed(failure); }
        }
    }
}
