using IncidentTracker.Access;
using IncidentTracker.Domain;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Scorecards;

/// <summary>Reads the period of a report: days or moments in UTC. Without any, the thirty days up to now.</summary>
internal static class Periods
{
    private static readonly Duration Usual = Duration.FromDays(30);
    private static readonly Duration Longest = Duration.FromDays(400);

    public static ScorePeriod Read(string? from, string? to, Instant now)
    {
        var until = Moment(to, "to") ?? now;
        var since = Moment(from, "from") ?? until - Usual;
        if (since >= until) throw new RefusedException(Refusals.FieldInvalid.At("to", "The end lies after the beginning."));
        return until - since <= Longest ? new(since, until) : throw new RefusedException(Refusals.FieldInvalid.At("from", "A period has at most 400 days."));
    }

    // A year that the database cannot hold is none that anybody reports about.
    private static Instant? Moment(string? text, string field)
    {
        if (string.IsNullOrEmpty(text)) return null;
        Instant? read = LocalDatePattern.Iso.Parse(text) is { Success: true } day ? day.Value.AtMidnight().InUtc().ToInstant()
            : InstantPattern.ExtendedIso.Parse(text) is { Success: true } moment ? moment.Value : null;
        return read is { } at && at.InUtc().Year is >= 2000 and < 2200 ? at : throw new RefusedException(Refusals.FieldInvalid.At(field, "A day such as 2026-07-01, or a moment in UTC such as 2026-07-01T00:00:00Z."));
    }
}
