using NodaTime;
using static IncidentTracker.Domain.Tests.Offices;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>Mistakes that other clocks are known for, each with the test that keeps it out of ours.</summary>
public sealed class ClockPitfallTests
{
    [Fact]
    public void A_reminder_is_sent_while_somebody_works_and_never_at_midnight_or_at_the_due_moment_itself()
    {
        foreach (var zone in SixZones)
        {
            var office = Weekdays(zone, "08:00-12:00", "13:00-18:00").Closed(new Holiday(new(2026, 11, 18), "a holiday"));
            for (var hour = 0; hour < 24 * 21; hour++)
            {
                var from = Utc("2026-10-20 00:30") + Duration.FromHours(hour);
                var due = office.After(from, Duration.FromHours(4))!.Value;
                var reminder = office.After(from, Duration.FromHours(4) * 0.8)!.Value;

                Assert.True(reminder < due);
                Assert.Equal(Duration.FromMinutes(48), office.Work(reminder, due));
                Assert.True(office.Between(reminder, reminder + Duration.FromSeconds(1)).Single().Counts, $"Nobody works at {reminder.OnClock(zone)}.");
            }
        }
    }

    [Fact]
    public void Monday_afternoon_and_four_hours_are_due_on_Tuesday_at_eleven()
    {
        var office = Weekdays("Europe/Paris", "08:00-18:00");
        var due = office.After(Local("2026-11-16 17:00", "Europe/Paris"), Duration.FromHours(4))!.Value;

        Assert.Equal(Local("2026-11-17 11:00", "Europe/Paris"), due);
    }

    [Theory]
    [InlineData("Pacific/Kiritimati")]
    [InlineData("Pacific/Auckland")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Tokyo")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("Asia/Riyadh")]
    [InlineData("Africa/Casablanca")]
    [InlineData("Europe/Dublin")]
    [InlineData("America/St_Johns")]
    [InlineData("America/New_York")]
    [InlineData("Pacific/Marquesas")]
    [InlineData("Pacific/Pago_Pago")]
    public void No_word_is_overdue_in_the_moment_in_which_it_is_asked_for_wherever_the_office_is(string zone)
    {
        var office = Weekdays(zone, "08:00-12:00", "13:00-18:00");
        for (var hour = 0; hour < 24 * 9; hour++)
        {
            // The clocks of New Zealand, Morocco, Ireland and the United States change in these weeks of a year.
            foreach (var day in new[] { "2026-03-06 00:15", "2026-03-27 00:15", "2026-09-24 00:15", "2026-10-23 00:15" })
            {
                var asked = Utc(day) + Duration.FromHours(hour);
                var due = office.After(asked, Duration.FromMinutes(30))!.Value;

                Assert.True(due >= asked + Duration.FromMinutes(30), $"Asked at {asked.OnClock(zone)}, due at {due.OnClock(zone)}.");
                Assert.Equal(Duration.FromMinutes(30), office.Work(asked, due));
            }
        }
    }

    [Theory]
    [InlineData("2026-03-28", "07:30")]     // summer time begins on the 29th
    [InlineData("2026-10-24", "08:30")]     // and ends on 25 October
    public void An_office_in_London_opens_at_half_past_eight_on_its_own_clock_on_both_sides_of_summer_time(string before, string opensUtc)
    {
        var london = Daily("Europe/London", "08:30-17:30");
        var saturday = NodaTime.Text.LocalDatePattern.Iso.Parse(before).Value;

        foreach (var day in new[] { saturday, saturday.PlusDays(1) })
        {
            var midnight = day.AtStartOfDayInZone(DateTimeZoneProviders.Tzdb["Europe/London"]).ToInstant();
            Assert.Contains(" 09:30:00", london.After(midnight, Duration.FromHours(1))!.Value.OnClock("Europe/London"), StringComparison.Ordinal);
        }
        var sunday = london.Between(saturday.PlusDays(1).AtStartOfDayInZone(DateTimeZoneProviders.Tzdb["Europe/London"]).ToInstant(), Utc($"{saturday.PlusDays(1):uuuu-MM-dd} 20:00"));
        Assert.Equal(Utc($"{saturday.PlusDays(1):uuuu-MM-dd} {opensUtc}"), sunday.Single(stretch => stretch.Counts).From);
    }

    [Theory]
    [InlineData("2026-03-28 18:00")]      // the hour from two to three does not come
    [InlineData("2026-10-24 18:00")]      // it comes twice
    public void In_the_hour_that_is_skipped_or_comes_twice_every_word_is_said_once_and_in_its_order(string evening)
    {
        Calendar[] calendars = [Daily("Europe/Berlin", "00:00-24:00"), Daily("Europe/Berlin", "01:00-01:50", "02:10-02:40", "02:45-05:00", "20:00-22:00")];
        var inTheHour = 0;
        foreach (var calendar in calendars)
            for (var minute = 0; minute < 600; minute += 7)
            {
                var book = SlaBook.Default with { Hours = [new(Instant.MinValue, new(new("GO"), "", calendar))] };
                var at = Utc(evening) + Duration.FromMinutes(minute);
                var watchman = Watchman.Live(Case(), [By("XB").Says("BAG_REQUESTED").Asks("GO") with { ReceivedAt = at, Happened = new(at, "Z", Offset.Zero, TimePrecision.Second) }], at + Duration.FromDays(9), book);
                var clock = Assert.Single(watchman.Watch.Running);

                Assert.Equal(Duration.FromHours(3), calendar.Work(at, clock.DueAt));
                Assert.Equal(Duration.FromMinutes(144), calendar.Work(at, clock.WarnAt));
                var words = watchman.Words.ToArray();
                Assert.Equal(["SLA_DUE_SOON GO", "SLA_BREACHED GO", "ESCALATED GO Headquarters", "ESCALATED GO Supervisor", "ESCALATED GO Mediator"], words.Select(word => Watchman.Written(word)[12..]));
                Assert.Equal([clock.WarnAt, clock.DueAt], words[..2].Select(word => word.ReceivedAt - Duration.FromTicks(10)));
                Assert.Equal(words.Select(word => word.ReceivedAt).Order(), words.Select(word => word.ReceivedAt));
                foreach (var moment in new[] { clock.WarnAt, clock.DueAt })
                    if (moment.OnClock("Europe/Berlin")[11..13] is "02" or "03" && (moment - Utc(evening)).TotalHours is > 6 and < 9) inTheHour++;
            }
        Assert.True(inTheHour >= 20, $"{inTheHour}");
    }

    [Fact]
    public void A_case_that_is_closed_has_no_clock_whatever_was_said() => AnyCase.Obey(500, told =>
    {
        if (told.Claims.IsEmpty) return;
        var watchman = new Watchman(told.Facts, told.Claims.Min(claim => claim.ReceivedAt));
        foreach (var claim in Clocks.InOrderOfReceipt(told.Claims))
        {
            watchman.Take(claim);
            if (watchman.State.Worst.Phase == Phase.Closed) Assert.Empty(watchman.Watch.Running);
        }
    });

    [Fact]
    public void Twenty_years_of_holidays_end_the_search_and_say_so_and_the_word_is_owed_all_the_same()
    {
        var first = new LocalDate(2026, 1, 1);
        var closed = Daily("Europe/Berlin", "08:00-18:00").Closed([.. Enumerable.Range(0, 7_700).Select(day => new Holiday(first.PlusDays(day), "on leave"))]);

        Assert.Contains("no working time", Assert.Single(closed.Check()), StringComparison.Ordinal);
        Assert.Null(closed.After(Utc("2026-01-15 00:00"), Duration.FromSeconds(1)));
        var everyDay = Assert.Single(closed.Between(Utc("2026-02-01 00:00"), Utc("2026-03-01 00:00")));
        Assert.Equal((false, "on leave"), (everyDay.Counts, everyDay.Why));

        // Whoever claims never to work owes the word after so much time as everybody has.
        var order = By("XB").At("07-06 10:00").Says("DELIVERY_ORDERED").Asks("CQ");
        Assert.Equal(On("07-06 12:00"), Assert.Single(Clocks.All(new() { Policies = SlaBook.Default.Policies, Hours = [new(Instant.MinValue, new(new("CQ"), "", closed))] }, Case(), On("07-06 10:00"), [order]).Watch.Running).DueAt);
    }

    [Theory]
    [InlineData(-1, ClockEnd.Met)]
    [InlineData(0, ClockEnd.Met)]
    [InlineData(1, ClockEnd.Late)]
    public void A_word_at_the_due_second_is_in_time_and_one_second_later_it_is_not(int seconds, ClockEnd end)
    {
        var asked = By("XB").At("07-06 10:00").Says("BAG_REQUESTED").Asks("GO");
        asked = asked with { ReceivedAt = asked.ReceivedAt + Duration.FromSeconds(17) };
        var answer = By("GO").At("07-06 12:00").Notes("It is in store B.") with { ReceivedAt = On("07-06 13:00") + Duration.FromSeconds(17 + seconds) };

        var (_, ended) = Clocks.All(SlaBook.Default, Case(), On("07-06 10:00"), [asked, answer]);

        Assert.Equal(end, ended.Single(one => one.Clock.Status == "BAG_REQUESTED").End);
    }
}
