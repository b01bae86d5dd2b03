using System.Globalization;
using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.Scorecards;

/// <summary>Words of the pages for lengths, shares, moments and states.</summary>
internal static class Shown
{
    public static string Length(Duration length) => length switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)length.TotalSeconds} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)length.TotalMinutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)length.TotalHours} h {length.Minutes:00}"),
    };

    public static string Length(Duration? length) => length is { } known ? Length(known) : "none";

    public static string Share(double? share) => share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(known * 1000) / 10:0.0} %") : "none";

    public static string Moment(Instant at) => at.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string Status(string code) => code == SlaRule.Question ? "A question" : CodeLists.Find(code)?.Meaning ?? code;

    public static string Period(ScorePeriod period) => $"{Moment(period.From)} to {Moment(period.To)} UTC";
}
