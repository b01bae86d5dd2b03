using NodaTime;
using NodaTime.TimeZones;
using static IncidentTracker.Domain.Tests.Offices;

namespace IncidentTracker.Domain.Tests;

/// <summary>Every window and many due moments of twenty years in six places, compared with a walk from minute to minute.</summary>
public sealed class TwentyYearsTests
{
    // Ordinary days, a day with a break, nights across every change of a clock, and windows that open or close inside the
    // hour that is skipped or comes twice.
    private static readonly (int Days, string[] Windows)[] Weeks =
    [
        (5, ["08:30-17:30"]),
        (6, ["08:00-12:00", "13:30-18:00"]),
        (7, ["00:00-06:00", "22:00-24:00"]),
        (7, ["01:15-01:45", "02:10-02:20", "02:30-05:00"]),
    ];

    public static TheoryData<string> Zones => [.. SixZones];

    [Theory]
    [MemberData(nameof(Zones))]
    public void The_hub_and_the_walk_know_the_same_changes_of_the_clock(string zone)
    {
        var (begin, end) = (Instant.FromUtc(2016, 1, 1, 0, 0), Instant.FromUtc(2036, 1, 1, 0, 0));
        var known = new List<(long, int)>();
        foreach (var interval in DateTimeZoneProviders.Tzdb[zone].GetZoneIntervals(begin, end))
            if (known.Count == 0 || known[^1].Item2 != interval.WallOffset.Seconds)
                known.Add((interval.HasStart ? interval.Start.ToUnixTimeSeconds() : 0, interval.WallOffset.Seconds));
        var walked = MinuteWalk.OffsetsOf(zone).Where(change => change.From < end.ToUnixTimeSeconds());

        Assert.True(known.Skip(1).SequenceEqual(walked.Skip(1)),
            $"{MinuteWalk.Source}; NodaTime has {TzdbDateTimeZoneSource.Default.TzdbVersion}. Where {zone} has changed its mind, write the offsets again from the same version.");
    }

    [Theory]
    [MemberData(nameof(Zones))]
    public void Every_window_and_every_due_moment_of_twenty_years_is_where_a_walk_from_minute_to_minute_finds_it(string zone)
    {
        var dice = new Random(zone.Length);
        var compared = 0;
        foreach (var (days, windows) in Weeks)
        {
            var holidays = Enumerable.Range(2016, 20).SelectMany(HolidaysOf).ToArray();
            var calendar = Daily(zone, windows).Closed(holidays);
            calendar = calendar with { Week = [.. calendar.Week.Where(hours => (int)hours.Day <= days)] };
            var walk = new MinuteWalk(zone, [.. Enumerable.Range(1, 7).Select(day => day > days ? [] : windows.Select(Minutes).ToArray())],
                [.. holidays.Select(holiday => Period.DaysBetween(new(1970, 1, 1), holiday.Day))]);

            for (var year = 2016; year < 2036; year++)
            {
                var (from, until) = (MinuteWalk.Seconds(year, 1, 1), MinuteWalk.Seconds(year + 1, 1, 1));
                Assert.Equal(walk.Stretches(from, until), Worked(calendar, from, until));
            }
            for (var day = MinuteWalk.Seconds(2016, 1, 1); day < MinuteWalk.Seconds(2036, 1, 1); day += 86_400)
            {
                var (from, work) = (day + dice.Next(86_400), 1 + dice.Next(dice.Next(4) == 0 ? 30 * 3_600 : 8 * 3_600));
                // The walk ends a week after the years.
                if (walk.After(from, work) is not { } due)
                {
                    Assert.True(day > MinuteWalk.Seconds(2035, 12, 1));
                    continue;
                }
                compared++;
                Assert.True(calendar.After(Instant.FromUnixTimeSeconds(from), Duration.FromSeconds(work)) == Instant.FromUnixTimeSeconds(due),
                    $"{work} s of {string.Join(' ', windows)} after {Instant.FromUnixTimeSeconds(from).OnClock(zone)} are over at {Instant.FromUnixTimeSeconds(due).OnClock(zone)}.");
                if (compared % 17 == 0) CompareClocks(calendar, walk, from, dice);
            }
        }
        Assert.InRange(compared, 4 * 7_285, 4 * 7_305);
    }

    // The clock of a request, and of a bag that is held for a reason, as the hub starts them.
    private static void CompareClocks(Calendar calendar, MinuteWalk walk, long from, Random dice)
    {
        var book = new SlaBook
        {
            Policies = [new(Instant.MinValue, CodeLists.DefaultPolicy.InWorkingHours(_ => true))],
            Hours = [new(Instant.MinValue, new(new("GO"), "", calendar))],
        };
        var at = Instant.FromUnixTimeSeconds(from);
        DutyClock Clock(Claim claim) => Assert.Single(Clocks.All(book, Told.Case(), at, [claim with { ReceivedAt = at, Happened = new(at, "Z", Offset.Zero, TimePrecision.Second) }]).Watch.Running);

        var asked = Clock(Told.By("XB").Says("BAG_REQUESTED").Asks("GO"));
        Assert.Equal((walk.After(from, 8_640), walk.After(from, 10_800)), (asked.WarnAt.ToUnixTimeSeconds(), asked.DueAt.ToUnixTimeSeconds()));

        var until = from + 1 + dice.Next(6 * 86_400);
        var held = Clock(Told.By("GO").Says("HELD") with { ReasonCode = "66", Eta = new(Instant.FromUnixTimeSeconds(until), null, "Z") });
        Assert.Equal((new("GO"), Instant.FromUnixTimeSeconds(until)), (held.Party, held.PausedUntil!.Value));
        Assert.Equal((walk.After(until, 5_760), walk.After(until, 7_200)), (held.WarnAt.ToUnixTimeSeconds(), held.DueAt.ToUnixTimeSeconds()));
    }

    // Among them the day that only leap years have, the end of the year, and a Sunday on which clocks change.
    private static Holiday[] HolidaysOf(int year) =>
    [
        new(new(year, 1, 1), "New Year's Day"), new(new LocalDate(year, 2, 28).PlusDays(1), "the day after 28 February"),
        new(new LocalDate(year, 11, 1).With(DateAdjusters.Next(IsoDayOfWeek.Sunday)), "a Sunday in November"), new(new(year, 12, 31), "New Year's Eve"),
    ];

    private static List<(long, long)> Worked(Calendar calendar, long from, long until)
    {
        var worked = new List<(long From, long Until)>();
        foreach (var stretch in calendar.Between(Instant.FromUnixTimeSeconds(from), Instant.FromUnixTimeSeconds(until)).Where(stretch => stretch.Counts))
        {
            var (start, end) = (stretch.From.ToUnixTimeSeconds(), stretch.To.ToUnixTimeSeconds());
            if (worked.Count > 0 && worked[^1].Until == start) worked[^1] = (worked[^1].From, end);
            else worked.Add((start, end));
        }
        return worked;
    }

    private static (int, int) Minutes(string window) => (Minute(window[..5]), Minute(window[6..]));

    private static int Minute(string clock) => (((clock[0] - '0') * 10) + clock[1] - '0') * 60 + ((clock[3] - '0') * 10) + clock[4] - '0';
}
