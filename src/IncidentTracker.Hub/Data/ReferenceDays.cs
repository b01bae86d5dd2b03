using IncidentTracker.Domain;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Data;

/// <summary>Days of external references as text that sorts like the days themselves. Empty: no day.</summary>
internal static class ReferenceDays
{
    public static string Text(LocalDate? day) => day is { } known ? LocalDatePattern.Iso.Format(known) : "";

    public static LocalDate? Day(string text) => text.Length > 0 ? LocalDatePattern.Iso.Parse(text).Value : null;

    public static string Earliest(LocalDate day) => Text(day.PlusDays(-ExternalReference.TagWindowDays));

    public static string Latest(LocalDate day) => Text(day.PlusDays(ExternalReference.TagWindowDays));
}
