using System.Collections.Immutable;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain;

/// <summary>What somebody wants of a file of holidays.</summary>
/// <param name="Labels">Regions or kinds, as the file names them in CATEGORIES or LOCATION. Empty: all.</param>
public sealed record HolidayWish(int FromYear, int ToYear, ImmutableArray<string> Labels)
{
    /// <summary>The most years that are looked at together.</summary>
    public const int MostYears = 20;
}

/// <summary>Why an event of the file is no holiday of the preview.</summary>
public enum LeftOutReason
{
    /// <summary>It does not last whole days.</summary>
    Timed,

    /// <summary>The file itself says that it does not take place.</summary>
    Cancelled,

    /// <summary>It belongs to another region or kind than those that were asked for.</summary>
    NotAskedFor,

    /// <summary>It has no day in the years that were asked for.</summary>
    OtherYears,

    /// <summary>It is not written as RFC 5545 wants, or in a way that is not read here.</summary>
    Unreadable,

    /// <summary>It, or the file, is larger than any list of holidays.</summary>
    TooMuch,
}

/// <summary>An event that is left out. <paramref name="Line"/> is where it begins in the file; 0 means the file as a whole.</summary>
public sealed record LeftOut(int Line, string Name, LeftOutReason Reason, string Why);

/// <summary>What a file of holidays would bring, for somebody to look at before it counts.</summary>
/// <param name="Days">The days in their order, each with its name.</param>
/// <param name="Labels">Every region and kind that the file names, so that one can be asked for.</param>
public sealed record HolidayPreview(ImmutableArray<Holiday> Days, ImmutableArray<LeftOut> LeftOut, ImmutableArray<string> Labels)
{
    /// <summary>
    /// The next version of a calendar, with the chosen days of this preview. The version before stays as it is; when
    /// nothing new was chosen, it is given back. A day that is a holiday already keeps its name.
    /// </summary>
    public Calendar ApplyTo(Calendar calendar, IEnumerable<Holiday> chosen)
    {
        if (calendar.Id == Calendar.Always.Id) throw new ArgumentException("Where every second counts, there are no holidays.", nameof(calendar));

        var wanted = chosen.ToHashSet();
        var known = calendar.Holidays.Select(holiday => holiday.Day).ToHashSet();
        var added = Days.Where(holiday => wanted.Contains(holiday) && known.Add(holiday.Day)).ToArray();
        // Not a copy: that would keep the name of the version before.
        return added.Length == 0 ? calendar
            : new(calendar.Id, calendar.Version + 1, calendar.Zone, calendar.Week, [.. calendar.Holidays.Concat(added).OrderBy(holiday => holiday.Day)]);
    }
}

/// <summary>
/// Reads holidays from a file that calendars exchange (iCalendar, RFC 5545). Such files come from anywhere and say more
/// than anybody wants, so nothing of them counts by itself: the preview shows what was found and what was left out, and
/// only what somebody chose from it goes into a calendar. However large or odd the file is, the work has an end.
/// </summary>
public static class HolidayImport
{
    /// <summary>The longest file that is read, in characters.</summary>
    public const int LongestFile = 1_100_000;

    private const int LongestDays = 366;
    private const int MostDays = 4_000;
    private const int MostLeftOut = 500;

    // Days that all events of a file together may look at. A thousand yearly events over twenty years need less.
    private const int Budget = 10_000_000;

    public static HolidayPreview Read(string text, HolidayWish wish)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(wish.FromYear, 1900);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wish.ToYear, 2999);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wish.ToYear - wish.FromYear, HolidayWish.MostYears - 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(wish.ToYear, wish.FromYear);

        if (text.Length > LongestFile) return Nothing(LeftOutReason.TooMuch, $"The file is longer than {LongestFile} characters.");
        if (ICalendar.Events(text) is not { } events) return Nothing(LeftOutReason.Unreadable, "This is no iCalendar file: it has no BEGIN:VCALENDAR.");
        if (events.IsEmpty) return Nothing(LeftOutReason.Unreadable, "The calendar has no events.");

        // An event that changes one day of a series takes the place of that day.
        var moved = events.Where(one => one.Find("RECURRENCE-ID") is not null)
            .Select(one => (Uid(one), ICalendar.DayOf(one.Find("RECURRENCE-ID")!.Value))).ToHashSet();
        var days = new HashSet<Holiday>();
        var leftOut = ImmutableArray.CreateBuilder<LeftOut>();
        var budget = Budget;
        foreach (var one in events)
        {
            var isSeries = one.Find("RECURRENCE-ID") is null;
            var (found, reason, why) = DaysOf(one, wish, isSeries ? day => moved.Contains((Uid(one), day)) : _ => false, ref budget);
            var name = ICalendar.TextOf(one.Find("SUMMARY"));
            if (found.IsEmpty) leftOut.Add(new(one.Line, name, reason, why));
            else if (days.Count + found.Length > MostDays) leftOut.Add(new(one.Line, name, LeftOutReason.TooMuch, $"There are more than {MostDays} holidays already."));
            else days.UnionWith(found.Select(day => new Holiday(day, name)));
        }
        if (leftOut.Count > MostLeftOut)
        {
            var more = leftOut.Count - MostLeftOut;
            leftOut.RemoveRange(MostLeftOut, more);
            leftOut.Add(new(0, "", LeftOutReason.TooMuch, $"{more} more were left out."));
        }
        return new([.. days.OrderBy(holiday => holiday.Day).ThenBy(holiday => holiday.Name, StringComparer.Ordinal)], leftOut.ToImmutable(),
            [.. events.SelectMany(LabelsOf).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase).Take(MostLeftOut)]);
    }

    /// <summary>The days of one event in the years that are wanted; when there is none, why.</summary>
    private static (ImmutableArray<LocalDate> Days, LeftOutReason Reason, string Why) DaysOf(
        ICalendarEvent one, HolidayWish wish, Func<LocalDate, bool> isMoved, ref int budget)
    {
        if (!one.IsWhole) return No(LeftOutReason.Unreadable, "The file ends, or another part begins, before the event does.");
        if (one.Find("STATUS")?.Value.Trim().Equals("CANCELLED", StringComparison.OrdinalIgnoreCase) == true) return No(LeftOutReason.Cancelled, "It was cancelled.");
        if (!wish.Labels.IsEmpty && !LabelsOf(one).Intersect(wish.Labels, StringComparer.OrdinalIgnoreCase).Any())
            return No(LeftOutReason.NotAskedFor, LabelsOf(one).Any() ? $"It is for {string.Join(", ", LabelsOf(one).Take(5))}." : "It names neither region nor kind.");

        if (one.Find("DTSTART") is not { } start) return No(LeftOutReason.Unreadable, "It does not say when it begins.");
        if (start.Value.Contains('T', StringComparison.Ordinal) && !start.Has("VALUE=DATE")) return No(LeftOutReason.Timed, "It begins at an hour of the day.");
        if (ICalendar.DayOf(start.Value.Trim()) is not { } first) return No(LeftOutReason.Unreadable, "The day on which it begins is no day.");
        if (LengthOf(one, first) is not { } length) return No(LeftOutReason.Unreadable, "Its end is no day, or comes before its beginning.");
        if (length > LongestDays) return No(LeftOutReason.TooMuch, "It lasts longer than a year.");
        if (ICalendar.TextOf(one.Find("SUMMARY")).Length == 0) return No(LeftOutReason.Unreadable, "It has no name.");
        if (one.Find("EXRULE") is not null || one.All("RRULE").Skip(1).Any()) return No(LeftOutReason.Unreadable, "It has more rules than one.");
        if (ICalendar.DaysOf(one.All("EXDATE")) is not { } except || ICalendar.DaysOf(one.All("RDATE")) is not { } besides)
            return No(LeftOutReason.Unreadable, "A day on which it takes place or not is no day.");

        var firsts = new List<LocalDate> { first };
        if (one.Find("RRULE") is { } repeats)
        {
            var (rule, why) = YearlyRule.Read(repeats.Value);
            if (rule is null) return No(LeftOutReason.Unreadable, $"It cannot be read: {why}.");
            // What begins in the year before may reach into the first one that is wanted.
            if (rule.Days(first, wish.FromYear - 1, wish.ToYear, ref budget) is not { } repeated) return No(LeftOutReason.TooMuch, "The rules of this file repeat too often.");
            firsts = repeated;
        }

        firsts = [.. firsts.Concat(besides).Except(except).Where(day => day.Year >= wish.FromYear - 1 && day.Year <= wish.ToYear && !isMoved(day))];
        budget -= firsts.Count * length;
        if (budget < 0) return No(LeftOutReason.TooMuch, "The rules of this file repeat too often.");
        var days = firsts.SelectMany(day => Enumerable.Range(0, length).Select(day.PlusDays))
            .Where(day => day.Year >= wish.FromYear && day.Year <= wish.ToYear).Distinct().ToImmutableArray();
        return days.IsEmpty ? No(LeftOutReason.OtherYears, $"It has no day in {wish.FromYear} to {wish.ToYear}.") : (days, default, "");

        static (ImmutableArray<LocalDate>, LeftOutReason, string) No(LeftOutReason reason, string why) => ([], reason, why);
    }

    // The end is the first day after it. Some write the last day twice, which cannot mean "no day at all".
    private static int? LengthOf(ICalendarEvent one, LocalDate first)
    {
        if (one.Find("DTEND") is { } end)
            return ICalendar.DayOf(end.Value.Trim()) is { } after && after >= first ? Math.Max(1, Period.DaysBetween(first, after)) : null;
        if (one.Find("DURATION") is not { } duration) return 1;
        return PeriodPattern.Roundtrip.Parse(duration.Value.Trim()).TryGetValue(Period.Zero, out var period) && !period.HasTimeComponent
            && period is { Years: 0, Months: 0, Weeks: >= 0 and < 100, Days: >= 0 and < 1000 } ? Math.Max(1, (period.Weeks * 7) + period.Days) : null;
    }

    private static IEnumerable<string> LabelsOf(ICalendarEvent one) =>
        one.All("CATEGORIES").SelectMany(ICalendar.TextsOf).Append(ICalendar.TextOf(one.Find("LOCATION"))).Where(label => label.Length > 0);

    private static string Uid(ICalendarEvent one) => one.Find("UID")?.Value ?? "";

    private static HolidayPreview Nothing(LeftOutReason reason, string why) => new([], [new(0, "", reason, why)], []);
}
