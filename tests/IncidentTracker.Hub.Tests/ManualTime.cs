using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Time that stands still until told. Lengths of real work are still measured by the machine.</summary>
internal sealed class ManualTime(Instant start) : TimeProvider
{
    private long _ticks = start.ToUnixTimeTicks();

    public Instant Now => Instant.FromUnixTimeTicks(Interlocked.Read(ref _ticks));

    public void Advance(Duration by) => Interlocked.Add(ref _ticks, by.BclCompatibleTicks);

    public void Set(Instant moment) => Interlocked.Exchange(ref _ticks, moment.ToUnixTimeTicks());

    public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
}
