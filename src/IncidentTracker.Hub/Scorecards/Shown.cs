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

    /// <summary>The last label of every status needs no names.</summary>
    public static string Status(string code) => code switch
    {
        SlaRule.Question => "A question",
        SlaRule.Handover => "A bag that was offered",
        _ => CodeLists.Find(code)?.Label[^1] ?? code,
    };

    public static string Count(int count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");

    public static string Period(ScorePeriod period) => $"{Moment(period.From)} to {Moment(period.To)} UTC";
}
