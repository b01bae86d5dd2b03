using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>The only now. Doors and background loops ask once per request or round and pass the answer on.</summary>
public static class Clock
{
    /// <summary>The present moment in whole microseconds, so that it reads back equal from every database.</summary>
    public static Instant Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return Instant.FromUnixTimeTicks(now.UtcTicks - DateTimeOffset.UnixEpoch.Ticks).ToWholeMicroseconds();
    }

    /// <summary>The same moment without anything finer than a microsecond.</summary>
    public static Instant ToWholeMicroseconds(this Instant moment)
    {
        var ticks = moment.ToUnixTimeTicks();
        return Instant.FromUnixTimeTicks(ticks - (((ticks % 10) + 10) % 10));
    }
}
