using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain.Tests;

/// <summary>Short words for calendars and moments: <c>Daily("Europe/Berlin", "08:00-12:00", "13:30-18:00")</c>.</summary>
internal static class Offices
{
    /// <summary>Six places that change their clocks differently: half an hour in Lord Howe, for Ramadan in Casablanca, "winter" time by law in Dublin.</summary>
    public static readonly string[] SixZones =
        ["Europe/London", "Europe/Berlin", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"];

    public static Calendar Weekdays(string zone, params string[] windows) => On(5, zone, windows);

    public static Calendar Daily(string zone, params string[] windows) => On(7, zone, windows);

    public static Calendar Closed(this Calendar calendar, params Holiday[] holidays) => calendar with { Holidays = [.. calendar.Holidays, .. holidays] };

    /// <summary>The policy with working hours for what is owed after these statuses.</summary>
    public static SlaPolicy InWorkingHours(this SlaPolicy policy, Func<SlaRule, bool> which) =>
        policy with { Rules = [.. policy.Rules.Select(rule => which(rule) ? rule with { Hours = SlaHours.Business } : rule)] };

    public static Instant Utc(string moment) => Local(moment, "Etc/UTC");

    public static Instant Local(string moment, string zone) =>
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm").Parse(moment).Value.InZoneStrictly(DateTimeZoneProviders.Tzdb[zone]).ToInstant();

    /// <summary>A moment on the clock of a place, with its offset, so that a clock that was set back can be told from one that was not.</summary>
    public static string OnClock(this Instant moment, string zone) => moment.InZone(DateTimeZoneProviders.Tzdb[zone]).ToString("uuuu-MM-dd HH:mm:ss o<g>", CultureInfo.InvariantCulture);

    private static Calendar On(int days, string zone, string[] windows) =>
        new("office", 1, zone, [.. Enumerable.Range(1, days).SelectMany(day => windows.Select(window => Window((IsoDayOfWeek)day, window)))], []);

    private static OpeningHours Window(IsoDayOfWeek day, string window) => new(day, Time(window[..5]), window[6..] == "24:00" ? LocalTime.Midnight : Time(window[6..]));

    private static LocalTime Time(string text) => LocalTimePattern.CreateWithInvariantCulture("HH:mm").Parse(text).Value;
}
