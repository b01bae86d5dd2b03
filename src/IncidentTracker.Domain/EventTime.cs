using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain;

/// <summary>How exactly a moment is known.</summary>
public enum TimePrecision { Second = 1, Minute = 2, Date = 3 }

/// <summary>A moment as a party stated it: with the local offset people at the place read, and no more exact than it was said.</summary>
/// <param name="Zone">The offset or IANA zone as it was sent.</param>
public sealed record EventTime(Instant At, string Zone, Offset Offset, TimePrecision Precision)
{
    /// <summary>The moment on the clock of the place.</summary>
    public OffsetDateTime Local => At.WithOffset(Offset);

    /// <summary>The latest moment it can have been: a date alone may be any moment of that day.</summary>
    public Instant Latest => Precision == TimePrecision.Date
        ? Local.Date.PlusDays(1).AtMidnight().WithOffset(Offset).ToInstant() - Duration.FromSeconds(1)
        : At;

    /// <summary>Finds the offset that "+02:00", "Z" or "Europe/Warsaw" means at a moment. Null: it means nothing.</summary>
    public static Offset? OffsetAt(string? zone, Instant at)
    {
        if (string.IsNullOrEmpty(zone)) return null;
        if (zone[0] is '+' or '-' || zone == "Z")
        {
            var parsed = OffsetPattern.GeneralInvariantWithZ.Parse(zone);
            return parsed.Success && parsed.Value.Seconds is >= -14 * 3600 and <= 14 * 3600 && parsed.Value.Seconds % 60 == 0 ? parsed.Value : null;
        }
        return DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone)?.GetUtcOffset(at);
    }
}
