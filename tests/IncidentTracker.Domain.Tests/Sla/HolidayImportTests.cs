using System.Diagnostics;
using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain.Tests;

public sealed class HolidayImportTests
{
    private static readonly HolidayWish Wish = new(2026, 2027, []);

    private static readonly Calendar Office = Offices.Weekdays("Europe/Berlin", "08:00-18:00").Closed(new Holiday(new(2026, 5, 1), "Tag der Arbeit"));

    [Fact]
    public void A_public_feed_is_shown_before_anything_of_it_counts()
    {
        var preview = Read(
            """
            BEGIN:VEVENT
            UID:martin@example
            DTSTART;VALUE=DATE:20261111
            DTEND;VALUE=DATE:20261112
            SUMMARY;LANGUAGE=en:St Martin
            CATEGORIES:Public holiday,Carinthia
            END:VEVENT
            BEGIN:VEVENT
            DTSTART:20261111T111100
            SUMMARY:Carnival begins
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20261224
            STATUS:CANCELLED
            SUMMARY:Christmas Eve
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20251225
            SUMMARY:Christmas Day last year
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20261341
            SUMMARY:Never
            END:VEVENT
            """);

        Assert.Equal(["2026-11-11 St Martin"], Days(preview));
        Assert.Equal(["Carnival begins: Timed", "Christmas Eve: Cancelled", "Christmas Day last year: OtherYears", "Never: Unreadable"], LeftOut(preview));
        Assert.Equal([10, 14, 19, 23], preview.LeftOut.Select(one => one.Line));
        Assert.All(preview.LeftOut, one => Assert.EndsWith(".", one.Why, StringComparison.Ordinal));
        Assert.Equal(["Carinthia", "Public holiday"], preview.Labels.AsEnumerable());
    }

    [Fact]
    public void Only_the_regions_and_kinds_that_were_asked_for_are_in_the_preview()
    {
        const string feed =
            """
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20260106
            SUMMARY:Epiphany
            CATEGORIES:Bavaria,Saxony-Anhalt
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20261031
            SUMMARY:Reformation Day
            LOCATION:Brandenburg\, and others
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20261003
            SUMMARY:German Unity Day
            END:VEVENT
            """;

        var bavaria = Read(feed, Wish with { Labels = ["bavaria"] });
        Assert.Equal(["2026-01-06 Epiphany"], Days(bavaria));
        Assert.Equal(["Reformation Day: NotAskedFor", "German Unity Day: NotAskedFor"], LeftOut(bavaria));
        Assert.Equal(["It is for Brandenburg, and others.", "It names neither region nor kind."], bavaria.LeftOut.Select(one => one.Why));
        Assert.Equal(["2026-10-31 Reformation Day"], Days(Read(feed, Wish with { Labels = ["Brandenburg, and others"] })));
        Assert.Equal(3, Read(feed).Days.Length);
    }

    [Fact]
    public void Only_what_was_chosen_goes_into_the_next_version_and_the_one_before_stays_as_it_is()
    {
        Assert.Equal("office/1", Office.Name);
        var preview = Read(Event("20260501", "Labour Day") + Event("20261225", "Christmas Day") + Event("20261225", "Erster Weihnachtstag") + Event("20261226", "Boxing Day"));
        Assert.Equal(4, preview.Days.Length);

        var next = preview.ApplyTo(Office, [preview.Days[0], preview.Days[1], preview.Days[2], new(new(2026, 8, 8), "Not in the file")]);

        Assert.Equal(("office/1", "office/2", 2), (Office.Name, next.Name, next.Version));
        Assert.Equal(["2026-05-01 Tag der Arbeit", "2026-12-25 Christmas Day"], next.Holidays.Select(Written));
        Assert.Equal(["2026-05-01 Tag der Arbeit"], Office.Holidays.Select(Written));
        Assert.Equal(1, Office.Version);
        Assert.Same(next, preview.ApplyTo(next, [preview.Days[1]]));
        Assert.Throws<ArgumentException>(() => preview.ApplyTo(Calendar.Always, preview.Days));

        // A clock that runs keeps the version it was started with; the next one skips the day.
        Assert.Equal("2026-12-25 11:00:00 +01", Office.After(Offices.Local("2026-12-24 17:00", "Europe/Berlin"), Duration.FromHours(4))!.Value.OnClock("Europe/Berlin"));
        Assert.Equal("2026-12-28 11:00:00 +01", next.After(Offices.Local("2026-12-24 17:00", "Europe/Berlin"), Duration.FromHours(4))!.Value.OnClock("Europe/Berlin"));
    }

    [Theory]
    [InlineData("20201225", "FREQ=YEARLY", "2026-12-25 2027-12-25")]
    [InlineData("20260101", "FREQ=YEARLY;UNTIL=20261231", "2026-01-01")]
    [InlineData("20260101", "FREQ=YEARLY;UNTIL=20270101T000000Z", "2026-01-01 2027-01-01")]
    [InlineData("20200101", "FREQ=YEARLY;COUNT=7", "2026-01-01")]
    [InlineData("20200101", "RRULE:FREQ=YEARLY;COUNT=7", "")]
    [InlineData("20210101", "FREQ=YEARLY;INTERVAL=2", "2027-01-01")]
    [InlineData("19500101", "freq=yearly;interval=7", "2027-01-01")]
    [InlineData("20001123", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26 2027-11-25")]                 // Thanksgiving
    [InlineData("20000529", "FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5;WKST=SU", "2026-05-25 2027-05-31")]         // Memorial Day
    [InlineData("20001107", "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "2026-11-03 2027-11-02")]
    [InlineData("20200102", "FREQ=YEARLY;BYDAY=1FR", "2026-01-02 2027-01-01")]
    [InlineData("20200102", "FREQ=YEARLY;BYDAY=-1FR", "2026-12-25 2027-12-31")]
    [InlineData("20200131", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2026-02-28 2027-02-28")]
    [InlineData("20240229", "FREQ=YEARLY", "")]                                                           // no such day in these years
    [InlineData("20300101", "FREQ=YEARLY", "")]
    public void What_comes_back_every_year_is_found_in_the_years_that_were_asked_for(string first, string rule, string days) =>
        Assert.Equal(days, string.Join(' ', Read(Event(first, "Day", "RRULE:" + rule)).Days.Select(holiday => LocalDatePattern.Iso.Format(holiday.Day))));

    [Theory]
    [InlineData("FREQ=SECONDLY", "SECONDLY")]
    [InlineData("FREQ=DAILY;COUNT=3", "DAILY")]
    [InlineData("FREQ=WEEKLY;BYDAY=MO", "WEEKLY")]
    [InlineData("FREQ=MONTHLY", "MONTHLY")]
    [InlineData("FREQ=YEARLY;BYSECOND=0,1,2,3", "BYSECOND=0,1,2,3")]
    [InlineData("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO=20")]
    [InlineData("FREQ=YEARLY;BYSETPOS=-1", "BYSETPOS=-1")]
    [InlineData("FREQ=YEARLY;BYDAY=XX", "BYDAY=XX")]
    [InlineData("FREQ=YEARLY;BYMONTHDAY=0", "BYMONTHDAY=0")]
    [InlineData("FREQ=YEARLY;COUNT=99999999999", "COUNT=99999999999")]
    [InlineData("FREQ=YEARLY;INTERVAL=0", "INTERVAL=0")]
    [InlineData("COUNT=3", "how often")]
    public void Another_rhythm_is_left_out_and_the_preview_says_which(string rule, string why)
    {
        var preview = Read(Event("20260101", "Day", "RRULE:" + rule));

        Assert.Empty(preview.Days);
        Assert.Contains(why, Assert.Single(preview.LeftOut).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Days_of_a_series_may_be_added_left_out_moved_and_cancelled()
    {
        var preview = Read(Event("20200501", "Open day", "UID:1\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260501\nRDATE;VALUE=DATE:20260502,20260503")
            + Event("20200801", "Fair", "UID:2\nRRULE:FREQ=YEARLY")
            + Event("20260808", "Fair, a week later", "UID:2\nRECURRENCE-ID;VALUE=DATE:20260801")
            + Event("20270801", "Fair", "UID:2\nRECURRENCE-ID;VALUE=DATE:20270801\nSTATUS:CANCELLED"));

        Assert.Equal(["2026-05-02 Open day", "2026-05-03 Open day", "2026-08-08 Fair, a week later", "2027-05-01 Open day"], Days(preview));
        Assert.Equal(["Fair: OtherYears", "Fair: Cancelled"], LeftOut(preview));
    }

    [Theory]
    [InlineData("DTEND;VALUE=DATE:20270103", "2026-12-31 2027-01-01 2027-01-02")]
    [InlineData("DTEND;VALUE=DATE:20261231", "2026-12-31")]
    [InlineData("DURATION:P2D", "2026-12-31 2027-01-01")]
    [InlineData("DURATION:P1W", "2026-12-31 2027-01-01 2027-01-02 2027-01-03 2027-01-04 2027-01-05 2027-01-06")]
    [InlineData("RRULE:FREQ=YEARLY;COUNT=1", "2026-12-31")]
    [InlineData("DTEND;VALUE=DATE:20261230", "")]
    [InlineData("DTEND:20270101T120000Z", "")]
    [InlineData("DURATION:PT36H", "")]
    [InlineData("DTEND;VALUE=DATE:20290101", "")]
    public void An_event_of_several_days_closes_each_of_them(string end, string days) =>
        Assert.Equal(days, string.Join(' ', Read(Event("20261231", "Closed", end)).Days.Select(holiday => LocalDatePattern.Iso.Format(holiday.Day))));

    [Fact]
    public void A_series_of_several_days_reaches_over_the_end_of_the_year_before() =>
        Assert.Equal(["2026-01-01 Closed", "2026-12-31 Closed", "2027-01-01 Closed", "2027-12-31 Closed"], Days(Read(Event("20101231", "Closed", "RRULE:FREQ=YEARLY\nDURATION:P2D"))));

    [Theory]
    [InlineData("SUMMARY:Day of\r\n  the Saints\\, all of th\r\n\tem", "Day of the Saints, all of them")]
    [InlineData("SUMMARY:one\\ntwo\\;three\\\\four", "one two;three\\four")]
    [InlineData("SUMMARY;ALTREP=\"http://example.com:80/a;b\":Quoted", "Quoted")]
    [InlineData("summary:Small letters", "Small letters")]
    [InlineData("SUMMARY:Weihnachten\u202Egnirps\u0007 und\t Tag", "Weihnachtengnirps und Tag")]
    public void A_name_is_put_together_from_folded_lines_and_escapes_and_stands_on_one_line(string summary, string name) =>
        Assert.Equal(name, Assert.Single(Read($"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260101\r\n{summary}\r\nEND:VEVENT\r\n").Days).Name);

    [Fact]
    public void What_stands_beside_or_inside_an_event_is_not_taken_for_it()
    {
        var preview = Read(
            """
            BEGIN:VTIMEZONE
            BEGIN:STANDARD
            DTSTART:19701025T030000
            RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
            END:STANDARD
            END:VTIMEZONE
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20260106
            BEGIN:VALARM
            SUMMARY:Wake up
            END:VALARM
            SUMMARY:Epiphany
            END:VEVENT
            BEGIN:VTODO
            DTSTART;VALUE=DATE:20260107
            SUMMARY:Tidy
            END:VTODO
            """);

        Assert.Equal(["2026-01-06 Epiphany"], Days(preview));
        Assert.Empty(preview.LeftOut);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0")]
    [InlineData("<html>404</html>")]
    [InlineData("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nSUMMARY:Day\nEND:VEVENT")]
    public void What_is_no_calendar_is_said_to_be_none(string text)
    {
        var preview = HolidayImport.Read(text, Wish);

        Assert.Empty(preview.Days);
        Assert.Equal((0, LeftOutReason.Unreadable), (Assert.Single(preview.LeftOut).Line, preview.LeftOut[0].Reason));
    }

    [Fact]
    public void A_file_that_was_cut_off_gives_what_came_whole()
    {
        var preview = HolidayImport.Read($"\uFEFFBEGIN:VCALENDAR\n{Event("20260101", "New Year")}{Event("20260106", "Epiphany").Replace("END:VEVENT\n", "", StringComparison.Ordinal)}", Wish);

        Assert.Equal(["2026-01-01 New Year"], Days(preview));
        Assert.Equal(["Epiphany: Unreadable"], LeftOut(preview));
    }

    public static TheoryData<string, string> Monsters => new()
    {
        { "too long", new('x', HolidayImport.LongestFile + 1) },
        { "one line", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nSUMMARY:" + new string(',', 1_000_000) },
        { "folds", "BEGIN:VCALENDAR\n" + Repeat("\n ", 500_000) },
        { "nesting", "BEGIN:VCALENDAR\n" + Repeat("BEGIN:VEVENT\n", 70_000) },
        { "quotes", "BEGIN:VCALENDAR\n" + Repeat("X;Y=\":\n", 140_000) },
        { "added days", Calendars(Event("00010101", "Day", "DURATION:P366D\nRDATE:" + Repeat("20260101,", 100_000) + "20260101")) },
        { "endless rules", Calendars(Repeat(Event("00010101", "Day", "RRULE:FREQ=YEARLY;COUNT=9999;BYMONTHDAY=1,2,3"), 8_000)) },
        { "every day of a year for a year", Calendars(Repeat(Event("20260101", "Day", $"DURATION:P366D\nRRULE:FREQ=YEARLY;BYMONTHDAY={string.Join(',', Enumerable.Range(1, 31))}"), 5_000)) },
        { "by second", Calendars(Repeat(Event("20260101", "Day", "RRULE:FREQ=SECONDLY"), 9_000)) },
        { "many days", Calendars(string.Concat(Enumerable.Range(0, 12_000).Select(number => Event("20260101", $"{number}")))) },
    };

    [Theory]
    [MemberData(nameof(Monsters))]
    public void However_a_file_is_made_reading_it_comes_to_an_end_soon_and_what_it_gives_is_small(string kind, string text)
    {
        var watch = Stopwatch.StartNew();

        var preview = HolidayImport.Read(text, new(2020, 2039, []));

        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{kind} took {watch.Elapsed}.");
        Assert.True(preview.Days.Length <= 4_000 && preview.LeftOut.Length <= 501 && preview.Labels.Length <= 500, kind);
        Assert.True(preview.Days.Length + preview.LeftOut.Length > 0, kind);
    }

    [Fact]
    public void A_real_feed_of_many_yearly_days_is_read_whole()
    {
        var preview = HolidayImport.Read(Calendars(string.Concat(Enumerable.Range(0, 180).Select(number => Event("19700101", $"Day {number}", $"RRULE:FREQ=YEARLY;BYMONTH={(number % 12) + 1}")))), new(2020, 2039, []));

        Assert.Equal((3_600, 0), (preview.Days.Length, preview.LeftOut.Length));
    }

    [Fact]
    public void Any_bytes_are_read_without_a_fault()
    {
        string[] words = ["BEGIN:VEVENT\n", "END:VEVENT\n", "DTSTART", ";VALUE=DATE", ":", "20260229", "20260301", "RRULE:FREQ=YEARLY", ";BYDAY=-53SU", ";UNTIL=99991231", ";BYMONTHDAY=-31", "\n", "\r\n ", "\\", ",", "\"", "EXDATE:", "DURATION:P-1D", "DTEND:00000101", "SUMMARY:x", "\uD800", "99991231", "DTSTART;VALUE=DATE:99991231\n"];
        for (var seed = 0; seed < 5_000; seed++)
        {
            var dice = new Random(seed);
            var text = string.Concat(Enumerable.Range(0, dice.Next(60)).Select(_ => words[dice.Next(words.Length)]));
            HolidayImport.Read("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + text, Wish);
        }
    }

    private static HolidayPreview Read(string events, HolidayWish? wish = null) => HolidayImport.Read(Calendars(events), wish ?? Wish);

    private static string Calendars(string events) => $"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}\r\nEND:VCALENDAR\r\n";

    private static string Event(string first, string name, string more = "") => $"BEGIN:VEVENT\nDTSTART;VALUE=DATE:{first}\nSUMMARY:{name}\n{more}\nEND:VEVENT\n";

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static IEnumerable<string> Days(HolidayPreview preview) => preview.Days.Select(Written);

    private static IEnumerable<string> LeftOut(HolidayPreview preview) => preview.LeftOut.Select(one => $"{one.Name}: {one.Reason}");

    private static string Written(Holiday holiday) => string.Create(CultureInfo.InvariantCulture, $"{holiday.Day:uuuu-MM-dd} {holiday.Name}");
}
