using System.Collections.Immutable;
using System.Globalization;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// A day that comes back every year (RRULE of RFC 5545): on its date, on the fourth Thursday of November, on the last Monday
/// of May. Other rhythms are no holidays.
/// </summary>
internal sealed record YearlyRule(
    int Interval, int? Count, LocalDate? Until, ImmutableArray<int> Months, ImmutableArray<int> MonthDays, ImmutableArray<(int Which, IsoDayOfWeek Day)> Weekdays)
{
    /// <summary>Reads a rule, or says why it is none of ours.</summary>
    public static (YearlyRule? Rule, string Why) Read(string text)
    {
        var rule = new YearlyRule(1, null, null, [], [], []);
        var isYearly = false;
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (part, "") : (part[..equals].ToUpperInvariant(), part[(equals + 1)..].ToUpperInvariant());
            switch (name)
            {
                case "FREQ" when value != "YEARLY":
                    return (null, $"it repeats {Shown(value)}; only what repeats every year is a holiday");
                case "FREQ":
                    isYearly = true;
                    break;
                case "INTERVAL" when Number(value, 1, 9999) is { } interval:
                    rule = rule with { Interval = interval };
                    break;
                case "COUNT" when Number(value, 1, 9999) is { } count:
                    rule = rule with { Count = count };
                    break;
                case "UNTIL" when value.Length >= 8 && ICalendar.DayOf(value[..8]) is { } until:
                    rule = rule with { Until = until };
                    break;
                case "BYMONTH" when Numbers(value, 1, 12) is { } months:
                    rule = rule with { Months = months };
                    break;
                case "BYMONTHDAY" when Numbers(value, -31, 31) is { } days:
                    rule = rule with { MonthDays = days };
                    break;
                case "BYDAY" when Days(value) is { } weekdays:
                    rule = rule with { Weekdays = weekdays };
                    break;
                // It says where a week begins, which plays no part without weeks.
                case "WKST":
                    break;
                default:
                    return (null, $"its rule says {Shown(part)}, which is not read");
            }
        }
        return isYearly ? (rule, "") : (null, "its rule does not say how often");
    }

    /// <summary>
    /// The days from the first one up to the end of a year, in order. Days before another year are passed over where nothing
    /// counts them. Null: the budget, one for each day that is looked at, is used up.
    /// </summary>
    public List<LocalDate>? Days(LocalDate first, int fromYear, int toYear, ref int budget)
    {
        var days = new List<LocalDate>();
        var year = first.Year;
        // Only who counts repetitions must begin at the first.
        if (Count is null && year < fromYear) year += (fromYear - year) / Interval * Interval;
        var left = Count ?? int.MaxValue;
        for (; year <= toYear && (Until is not { } end || year <= end.Year); year += Interval)
        {
            budget -= 366;
            if (budget < 0) return null;
            for (var day = new LocalDate(year, 1, 1); day.Year == year; day = day.PlusDays(1))
            {
                if (day < first || day > Until || !Fits(day, first)) continue;
                if (left-- == 0) return days;
                days.Add(day);
            }
        }
        return days;
    }

    private bool Fits(LocalDate day, LocalDate first)
    {
        var onDate = MonthDays.IsEmpty && Weekdays.IsEmpty;
        if (Months.IsEmpty ? onDate && day.Month != first.Month : !Months.Contains(day.Month)) return false;
        if (onDate) return day.Day == first.Day;

        var length = day.Calendar.GetDaysInMonth(day.Year, day.Month);
        if (!MonthDays.IsEmpty && !MonthDays.Contains(day.Day) && !MonthDays.Contains(day.Day - length - 1)) return false;
        if (Weekdays.IsEmpty) return true;

        // "The second Monday" is counted in the month where a month is named, and otherwise in the year.
        var (at, of) = Months.IsEmpty ? (day.DayOfYear, day.Calendar.GetDaysInYear(day.Year)) : (day.Day, length);
        foreach (var (which, weekday) in Weekdays)
            if (weekday == day.DayOfWeek && (which == 0 || which == ((at - 1) / 7) + 1 || which == -((of - at) / 7) - 1)) return true;
        return false;
    }

    private static ImmutableArray<(int, IsoDayOfWeek)>? Days(string value)
    {
        string[] names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        var days = ImmutableArray.CreateBuilder<(int, IsoDayOfWeek)>();
        foreach (var text in value.Split(','))
        {
            var which = text.Length > 2 ? Number(text[..^2], -53, 53) : 0;
            var index = text.Length < 2 ? -1 : Array.IndexOf(names, text[^2..]);
            if (index < 0 || which is null || days.Count >= 100) return null;
            days.Add((which.Value, (IsoDayOfWeek)(index + 1)));
        }
        return days.ToImmutable();
    }

    private static ImmutableArray<int>? Numbers(string value, int from, int to)
    {
        var texts = value.Split(',');
        var numbers = texts.Length > 100 ? [] : texts.Select(text => Number(text, from, to)).ToArray();
        return numbers.Length == 0 || numbers.Contains(null) || numbers.Contains(0) ? null : [.. numbers.Select(number => number!.Value)];
    }

    private static int? Number(string text, int from, int to) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to ? number : null;

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
