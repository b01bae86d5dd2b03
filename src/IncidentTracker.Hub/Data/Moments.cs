using NodaTime;

namespace IncidentTracker.Data;

/// <summary>Moments as whole microseconds since 1970, for records and for SQLite.</summary>
internal static class Moments
{
    public static long ToMicroseconds(Instant moment) => moment.ToUnixTimeTicks() / 10;

    public static Instant FromMicroseconds(long stored) => Instant.FromUnixTimeTicks(stored * 10);
}
