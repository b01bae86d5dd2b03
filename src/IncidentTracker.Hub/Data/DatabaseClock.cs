namespace IncidentTracker.Data;

/// <summary>
/// The time of the database, so that all hubs on it judge by one clock. Between two questions it goes on by the machine's
/// stopwatch: whoever sets the clock of the machine moves nothing here.
/// </summary>
internal sealed class DatabaseClock(TimeProvider machine) : TimeProvider
{
    /// <summary>How far a machine's clock may be off before operators should know.</summary>
    public static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(2);

    // An answer takes time, and nobody knows on which way: less than this is no difference.
    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(100);

    private volatile Anchor? _anchor;

    /// <summary>How far the machine's clock was ahead of the database's when it was last asked.</summary>
    public TimeSpan Skew { get; private set; }

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _anchor is { } anchor ? anchor.At + machine.GetElapsedTime(anchor.Timestamp) : machine.GetUtcNow();

    public override long GetTimestamp() => machine.GetTimestamp();

    /// <summary>Takes an answer of the database.</summary>
    /// <param name="asked">When it was asked, by <see cref="GetTimestamp"/>. The answer was made somewhere between then and now.</param>
    public void Set(DateTimeOffset answer, long asked)
    {
        var way = machine.GetElapsedTime(asked);
        var now = answer + way / 2;
        Skew = machine.GetUtcNow() - now;
        if (_anchor is null || (GetUtcNow() - now).Duration() > Jitter + way) _anchor = new(now, machine.GetTimestamp());
    }

    private sealed record Anchor(DateTimeOffset At, long Timestamp);
}
