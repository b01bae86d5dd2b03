using System.Diagnostics;

namespace IncidentTracker.Benchmarks;

/// <summary>Callers inside this process, each waiting for its answer before it speaks again.</summary>
internal sealed class Load(TimeProvider time, Func<double?> database)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    private readonly Latencies _latencies = new();
    private long _events;
    private volatile bool _measuring;
    private volatile bool _over;

    /// <summary>Runs callers for a while. A caller is a function that says something and tells how many updates that was.</summary>
    public async Task<Figure> RunAsync(string name, int callers, Func<int, Func<Task<int>>> caller, int seconds)
    {
        var running = Enumerable.Range(0, callers).Select(number => Task.Run(() => CallAsync(caller(number)))).ToArray();
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(WarmUp, time));

        var (hubBefore, databaseBefore, startedAt) = (Cpu.Of(Environment.ProcessId), database(), time.GetTimestamp());
        _measuring = true;
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(TimeSpan.FromSeconds(seconds), time));
        _measuring = false;
        var (hubAfter, databaseAfter, took) = (Cpu.Of(Environment.ProcessId), database(), time.GetElapsedTime(startedAt));
        var events = Interlocked.Read(ref _events);

        _over = true;
        await Task.WhenAll(running);
        return Figure.Of(name, events, took, _latencies, hubAfter - hubBefore, databaseAfter - databaseBefore, null);
    }

    private async Task CallAsync(Func<Task<int>> say)
    {
        while (!_over)
        {
            var startedAt = Stopwatch.GetTimestamp();
            var events = await say();
            if (!_measuring) continue;
            _latencies.Add(Stopwatch.GetElapsedTime(startedAt));
            Interlocked.Add(ref _events, events);
        }
    }
}
