using System.Collections.Immutable;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain.Tests;

public sealed class CalendarTests
{
    private static readonly Calendar Office = Weekdays("Europe/Berlin", ("08:00", "18:00"));

    [Theory]
    [InlineData("2026-11-16 17:00", 4, "2026-11-17 11:00")]      // Monday afternoon goes on on Tuesday morning
    [InlineData("2026-11-20 17:00", 4, "2026-11-23 11:00")]      // over a weekend
    [InlineData("2026-11-21 12:00", 1, "2026-11-23 09:00")]      // said on a Saturday
    [InlineData("2026-11-16 03:00", 1, "2026-11-16 09:00")]      // said before the office opens
    [InlineData("2026-11-16 14:00", 4, "2026-11-16 18:00")]      // exactly at closing, not on the next morning
    public void Only_time_inside_the_windows_counts(string from, int hours, string due) =>
        Assert.Equal(Local(due, "Europe/Berlin"), Office.After(Local(from, "Europe/Berlin"), Duration.FromHours(hours)));

    [Fact]
    public void A_day_may_have_a_break()
    {
        var split = Weekdays("Europe/Lisbon", ("08:00", "12:00"), ("13:30", "18:00"));

        Assert.Equal(Local("2026-11-16 14:30", "Europe/Lisbon"), split.After(Local("2026-11-16 11:00", "Europe/Lisbon"), Duration.FromHours(2)));
        Assert.Equal(Local("2026-11-16 13:30", "Europe/Lisbon") + Duration.FromSeconds(1), split.After(Local("2026-11-16 12:30", "Europe/Lisbon"), Duration.FromSeconds(1)));
    }

    [Fact]
    public void Windows_follow_the_clock_of_the_place_through_summer_time()
    {
        var london = Daily("Europe/London", ("08:30", "17:30"));

        Assert.Equal(Utc("2026-10-24 07:30"), london.After(Utc("2026-10-24 00:00"), Duration.Zero + Duration.Epsilon)!.Value - Duration.Epsilon);
        Assert.Equal(Utc("2026-10-25 08:30"), london.After(Utc("2026-10-25 00:00"), Duration.Epsilon)!.Value - Duration.Epsilon);
        Assert.Equal(Duration.FromHours(9), london.Work(Utc("2026-10-25 00:00"), Utc("2026-10-26 00:00")));
        // A whole day is 25 hours long when clocks are set back, and 23 when they are set forward.
        var always = Daily("Europe/London", ("00:00", "00:00"));
        Assert.Equal(Duration.FromHours(25), always.Work(Local("2026-10-25 00:00", "Europe/London"), Local("2026-10-26 00:00", "Europe/London")));
        Assert.Equal(Duration.FromHours(23), always.Work(Local("2026-03-29 00:00", "Europe/London"), Local("2026-03-30 00:00", "Europe/London")));
    }

    [Fact]
    public void Lord_Howe_moves_its_clocks_by_half_an_hour_and_Samoa_once_left_out_a_day()
    {
        var lordHowe = Daily("Australia/Lord_Howe", ("00:00", "00:00"));
        Assert.Equal(Duration.FromMinutes(24 * 60 + 30), lordHowe.Work(Local("2026-04-05 00:00", "Australia/Lord_Howe"), Local("2026-04-06 00:00", "Australia/Lord_Howe")));

        var samoa = Daily("Pacific/Apia", ("09:00", "17:00"));
        Assert.Equal(Duration.FromHours(16), samoa.Work(Local("2011-12-29 00:00", "Pacific/Apia"), Local("2012-01-01 00:00", "Pacific/Apia")));
    }

    [Fact]
    public void A_time_that_is_skipped_means_the_first_moment_after_it_and_one_that_comes_twice_the_first()
    {
        var gap = Daily("Europe/Berlin", ("02:30", "06:00"));       // 29 March 2026 has no 02:30
        Assert.Equal(Utc("2026-03-29 01:00"), gap.Between(Utc("2026-03-29 00:00"), Utc("2026-03-29 05:00")).Single(stretch => stretch.Counts).From);

        var overlap = Daily("Europe/Berlin", ("02:30", "06:00"));   // 25 October 2026 has two
        Assert.Equal(Utc("2026-10-25 00:30"), overlap.Between(Utc("2026-10-25 00:00"), Utc("2026-10-25 06:00")).Single(stretch => stretch.Counts).From);
    }

    [Fact]
    public void A_holiday_is_named_where_time_went_into_it()
    {
        var office = Office with { Holidays = [new(new(2026, 12, 25), "Christmas Day")] };

        var stretches = office.Between(Local("2026-12-24 17:00", "Europe/Berlin"), Local("2026-12-28 09:00", "Europe/Berlin")).ToArray();

        Assert.Equal(["", "outside working hours", "Christmas Day", "outside working hours", ""], stretches.Select(stretch => stretch.Why));
        Assert.Equal(Duration.FromHours(24), stretches[2].Length);
        Assert.Equal(Local("2026-12-28 09:00", "Europe/Berlin"), office.After(Local("2026-12-24 17:00", "Europe/Berlin"), Duration.FromHours(2)));
    }

    [Fact]
    public void A_calendar_without_any_time_ends_the_search_and_says_so()
    {
        var never = Office with { Week = [] };

        Assert.Null(never.After(Utc("2026-11-16 00:00"), Duration.FromHours(1)));
        Assert.Contains("no working time", Assert.Single(never.Check()), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_works_an_hour_a_week_gets_its_hours_and_what_would_take_longer_than_twenty_years_still_ends_in_order()
    {
        var hourly = Office with { Week = [Window(1, "09:00", "10:00")] };
        var from = Local("2026-11-16 08:00", "Europe/Berlin");

        Assert.Equal(Local("2028-10-09 10:00", "Europe/Berlin"), hourly.After(from, Duration.FromHours(100)));      // the hundredth Monday
        var ends = Enumerable.Range(1, 40).Select(step => hourly.After(from, Duration.FromHours(50 * step))!.Value).ToArray();
        Assert.Equal(ends.Distinct().Order(), ends);
    }

    [Fact]
    public void What_is_wrong_with_a_calendar_is_said_in_a_sentence()
    {
        Assert.Empty(Office.Check());
        Assert.Empty(Calendar.Always.Check());
        Assert.Contains("no IANA time zone", Assert.Single((Office with { Zone = "Mars/Base" }).Check()), StringComparison.Ordinal);
        Assert.Contains("overlap at 11:00", Assert.Single((Office with { Week = [Window(1, "08:00", "12:00"), Window(1, "11:00", "15:00")] }).Check()), StringComparison.Ordinal);
        Assert.Contains("Hours past midnight", (Office with { Week = [Window(1, "22:00", "05:00")] }).Check().First(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_counts_and_what_does_not_add_up_to_the_whole_way()
    {
        var dice = new Random(7);
        string[] zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo"];
        for (var i = 0; i < 2_000; i++)
        {
            var calendar = AnyCalendar(dice, zones[i % zones.Length]);
            if (calendar.Check().Any()) continue;

            var from = Utc("2026-01-01 00:00") + Duration.FromSeconds(dice.Next(365 * 86_400));
            var until = from + Duration.FromSeconds(dice.Next(20 * 86_400));
            var stretches = calendar.Between(from, until).ToArray();

            Assert.Equal(until - from, stretches.Aggregate(Duration.Zero, (sum, stretch) => sum + stretch.Length));
            Assert.All(stretches.Zip(stretches.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
            Assert.All(stretches, stretch => Assert.True(stretch.Length > Duration.Zero));

            // The due time is where exactly that much has been worked.
            var work = Duration.FromSeconds(1 + dice.Next(100 * 3_600));
            var due = calendar.After(from, work)!.Value;
            Assert.Equal(work, calendar.Work(from, due));
            Assert.Equal(work - Duration.FromSeconds(1), calendar.Work(from, due - Duration.FromSeconds(1)));
        }
    }

    private static Calendar AnyCalendar(Random dice, string zone)
    {
        var week = ImmutableArray.CreateBuilder<OpeningHours>();
        foreach (var day in Enumerable.Range(1, 7).Where(_ => dice.Next(4) > 0))
            for (var hour = dice.Next(8); hour < 22; hour += 4 + dice.Next(6))
                week.Add(new((IsoDayOfWeek)day, new(hour, dice.Next(60)), new(Math.Min(23, hour + 1 + dice.Next(3)), 59)));
        return new("any", 1, zone, week.ToImmutable(), [.. Enumerable.Range(0, dice.Next(9)).Select(_ => new Holiday(new LocalDate(2026, 1, 1).PlusDays(dice.Next(365)), "a holiday"))]);
    }

    private static Calendar Weekdays(string zone, params (string Opens, string Closes)[] windows) => With(zone, 5, windows);

    private static Calendar Daily(string zone, params (string Opens, string Closes)[] windows) => With(zone, 7, windows);

    private static Calendar With(string zone, int days, (string Opens, string Closes)[] windows) =>
        new("office", 1, zone, [.. Enumerable.Range(1, days).SelectMany(day => windows.Select(window => Window(day, window.Opens, window.Closes)))], []);

    private static OpeningHours Window(int day, string opens, string closes) => new((IsoDayOfWeek)day, Time(opens), Time(closes));

    private static LocalTime Time(string text) => LocalTimePattern.CreateWithInvariantCulture("HH:mm").Parse(text).Value;

    private static Instant Utc(string text) => Local(text, "Etc/UTC");

    private static Instant Local(string text, string zone) =>
        LocalDateTimePattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm").Parse(text).Value.InZoneLeniently(DateTimeZoneProviders.Tzdb[zone]).ToInstant();
}
