using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Time that stands still until told. Lengths of real work are still measured by the machine.</summary>
internal sealed class ManualTime(Instant start) : TimeProvider
{
    private long _ticks = start.ToUnixTimeTicks(), _stoodStill;

    public Instant Now => Instant.FromUnixTimeTicks(Interlocked.Read(ref _ticks));

    public void Advance(Duration by) => Interlocked.Add(ref _ticks, by.BclCompatibleTicks);

    public void Set(Instant moment) => Interlocked.Exchange(ref _ticks, moment.ToUnixTimeTicks());

    /// <summary>Time goes by in which the hub can do nothing, as if its process were stopped or its database gone: by every clock.</summary>
    public void StandStill(Duration by)
    {
        Interlocked.Add(ref _stoodStill, (long)(by.TotalSeconds * TimestampFrequency));
        Advance(by);
    }

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _stoodStill);

    public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
}
