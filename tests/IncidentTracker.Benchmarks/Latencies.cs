namespace IncidentTracker.Benchmarks;

/// <summary>How long answers took: counts by length, each bucket 3 % wider than the one before.</summary>
internal sealed class Latencies
{
    private const double Step = 1.03;
    private readonly long[] _counts;

    public Latencies() : this(new long[800]) { }

    public Latencies(long[] counts) => _counts = counts;

    public long[] Counts => _counts;

    public void Add(TimeSpan length) =>
        Interlocked.Increment(ref _counts[Math.Clamp((int)(Math.Log(Math.Max(1, length.TotalMicroseconds)) / Math.Log(Step)), 0, _counts.Length - 1)]);

    public void Add(Latencies others)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += others._counts[i];
    }

    /// <summary>In milliseconds.</summary>
    public double Percentile(double share)
    {
        var left = (long)Math.Ceiling(_counts.Sum() * share);
        for (var i = 0; i < _counts.Length; i++)
            if ((left -= _counts[i]) <= 0) return Math.Pow(Step, i + 0.5) / 1_000;
        return 0;
    }
}
