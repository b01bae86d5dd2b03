using NodaTime;
using static IncidentTracker.Domain.Tests.Offices;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

public sealed class ExplanationTests
{
    private static readonly OrganizationId Store = new("GO");

    [Theory]
    [InlineData("Europe/London", "2026-03-28 21:00")]           // one hour is skipped in the night that follows
    [InlineData("Europe/Berlin", "2026-10-24 21:00")]           // one comes twice
    [InlineData("Europe/Dublin", "2026-10-24 21:00")]
    [InlineData("America/New_York", "2026-03-07 21:00")]
    [InlineData("Australia/Lord_Howe", "2026-04-04 21:00")]     // half an hour comes twice
    [InlineData("Africa/Casablanca", "2026-02-14 21:00")]       // the clock is set back for Ramadan
    public void The_arithmetic_over_a_change_of_the_clock_is_what_a_person_would_write_down(string zone, string startedAt)
    {
        var started = Local(startedAt, zone);
        var monday = started.InZone(DateTimeZoneProviders.Tzdb[zone]).Date.PlusDays(2);
        var store = Daily(zone, "00:00-06:00", "22:00-24:00").Closed(new Holiday(monday, "Store's day")) with { Id = "store", Version = 3 };
        var length = Duration.FromHours(12);
        var clock = new DutyClock(7, "1", Track.Main, "BAG_REQUESTED", Store, 1, started, started, store.After(started, length)!.Value, length, 0, "default/1", store.Name);

        var told = Explanation.Of(Book(store), clock, null, started + Duration.FromHours(5));
        var sentences = told.Tell(NameOf, zone);

        string[] written =
        [
            .. told.Segments.Select(segment => $"{segment.From.OnClock(zone)} to {segment.To.OnClock(zone)}: {(segment.Counts ? "counts" : segment.Why)}{(segment.IsOver ? ", over" : "")}"),
            $"{told.State}, given {Explanation.Words(told.Given)}, elapsed {Explanation.Words(told.Elapsed)}, remaining {Explanation.Words(told.Remaining)}",
            sentences.Customer, sentences.Agent, sentences.Partner,
        ];
        var golden = $"{zone.Replace('/', '-')}.txt";
        Assert.True(Golden(golden).SequenceEqual(written), $"Sla/Golden/{golden} says otherwise. If this is what a person would write, put it there:\n{string.Join('\n', written)}");
    }

    [Fact]
    public void Time_after_a_pause_is_counted_from_the_end_of_the_pause_on_the_calendar_and_not_from_the_beginning()
    {
        // Held on a Sunday until Monday at ten; the store works from nine to five.
        var (book, clock) = Held("2026-11-15 11:00", "2026-11-16 10:00", Weekdays("Europe/Berlin", "09:00-17:00"));

        Assert.Equal("2026-11-16 12:00:00 +01", clock.DueAt.OnClock("Europe/Berlin"));
        var told = Explanation.Of(book, clock, null, Local("2026-11-16 11:00", "Europe/Berlin"), "security check");
        Assert.Equal(
        [
            "2026-11-15 11:00:00 +01 False paused: security check, and not counted anyway: outside working hours",
            "2026-11-16 09:00:00 +01 False paused: security check",
            "2026-11-16 10:00:00 +01 True ",
            "2026-11-16 11:00:00 +01 True ",
        ], told.Segments.Select(segment => $"{segment.From.OnClock("Europe/Berlin")} {segment.Counts} {segment.Why}"));
        Assert.Equal((ClockState.Running, Duration.FromHours(1), Duration.FromHours(1)), (told.State, told.Elapsed, told.Remaining));
    }

    [Fact]
    public void A_pause_on_a_holiday_says_that_the_day_did_not_count_anyway()
    {
        var office = Weekdays("Europe/Berlin", "09:00-17:00").Closed(new Holiday(new(2026, 12, 25), "Christmas Day"));
        var (book, clock) = Held("2026-12-25 09:00", "2026-12-25 17:00", office);

        var told = Explanation.Of(book, clock, null, Local("2026-12-25 12:00", "Europe/Berlin"));

        Assert.All(told.Segments, segment => Assert.Equal("paused, and not counted anyway: Christmas Day", segment.Why));
        Assert.Equal("2026-12-28 11:00:00 +01", clock.DueAt.OnClock("Europe/Berlin"));
    }

    [Fact]
    public void While_a_clock_is_paused_it_has_no_due_moment_and_afterwards_it_has()
    {
        var (book, clock) = Held("2026-11-16 10:00", "2026-11-16 14:00", Weekdays("Europe/Berlin", "09:00-17:00"));

        var paused = Explanation.Of(book, clock, null, clock.PausedUntil!.Value - Duration.FromSeconds(1));
        var running = Explanation.Of(book, clock, null, clock.PausedUntil!.Value);

        Assert.Equal((ClockState.Paused, (Instant?)null, clock.PausedUntil.Value), (paused.State, paused.DueAt, paused.Segments[^1].To));
        Assert.Equal((Duration.Zero, Duration.FromHours(2)), (paused.Elapsed, paused.Remaining));
        Assert.Equal((ClockState.Running, clock.DueAt), (running.State, running.DueAt));
        Assert.Equal("We wait until Monday 16 November, 14:00. After that, GroundOne has to give news.", paused.Tell(NameOf, "Europe/Berlin").Customer);
    }

    [Fact]
    public void An_overdue_word_has_nothing_left_and_is_overdue_on_everybodys_clock()
    {
        var clock = Running(SlaBook.Default, By("XB").At("07-06 10:00").Says("ON_HAND"));

        var told = Explanation.Of(SlaBook.Default, clock, null, On("07-06 18:30"));

        Assert.Equal((ClockState.Running, Duration.FromHours(4), Duration.Zero, Duration.FromMinutes(270)), (told.State, told.Elapsed, told.Remaining, told.Overdue));
        Assert.Equal("We expected news from Example Wings by Monday 6 July, 14:00. It has not come.", told.Tell(NameOf, "Z").Customer);
        Assert.Contains("4 h 30 min overdue", told.Tell(NameOf, "Z").Partner, StringComparison.Ordinal);
        // At the due moment itself it is not.
        Assert.Equal(Duration.Zero, Explanation.Of(SlaBook.Default, clock, null, On("07-06 14:00")).Overdue);
    }

    [Fact]
    public void Time_in_which_the_hub_was_away_is_named_and_moves_the_due_moment_even_when_nobody_has_spoken_since()
    {
        var away = new Closure(null, On("07-06 11:00"), On("07-06 12:30"), On("07-06 11:00"), "The hub was away.");
        var clock = Running(SlaBook.Default, By("XB").At("07-06 10:00").Says("ON_HAND"));

        var told = Explanation.Of(SlaBook.Default with { Closures = [away] }, clock, null, On("07-06 13:00"));

        Assert.Equal(On("07-06 15:30"), told.DueAt);
        Assert.Equal(["10:00 counts", "11:00 The hub was away.", "12:30 counts", "13:00 counts"], told.Segments.Select(segment => $"{segment.From.OnClock("Etc/UTC")[11..16]} {(segment.Counts ? "counts" : segment.Why)}"));
        Assert.Equal((Duration.FromHours(1.5), Duration.FromHours(2.5)), (told.Elapsed, told.Remaining));
    }

    [Fact]
    public void What_is_due_after_an_expected_time_says_so()
    {
        var told = Explanation.Of(SlaBook.Default, Running(SlaBook.Default, By("XB").At("07-06 10:00").Says("FORWARD_DEPARTED").On("XB", "1").Due("07-06 20:00")), null, On("07-06 11:00"));

        Assert.Equal((On("07-06 22:00"), "2 h after the time that was expected"), (told.DueAt, told.Rule));
        Assert.Equal(Duration.FromHours(11), told.Remaining);
    }

    [Fact]
    public void A_customer_is_asked_and_never_in_arrears_and_reads_no_codes()
    {
        var told = Explanation.Of(SlaBook.Default, Running(SlaBook.Default, By("XB").At("07-06 10:00").Says("ADDRESS_NEEDED")), null, On("07-09 10:00"));

        Assert.Equal("Please answer by Monday 6 July, 16:00, so that the work can go on.", told.Tell(NameOf, "Z").Customer);
        Assert.Equal("The next word after \"Address needed\" from the customer was due Monday 6 July, 16:00 and is 2 days 18 h overdue: 6 h of 6 h are over; every second counts.", told.Tell(NameOf, "Z").Agent);
    }

    private static (SlaBook Book, DutyClock Clock) Held(string at, string until, Calendar office)
    {
        var policy = CodeLists.DefaultPolicy.InWorkingHours(rule => rule.Status == "HELD");
        var book = Book(office) with { Policies = [new(Instant.MinValue, policy)] };
        var held = By("GO").Says("HELD") with
        {
            ReceivedAt = Local(at, "Europe/Berlin"),
            ReasonCode = "66",
            Eta = new(Local(until, "Europe/Berlin"), null, "Europe/Berlin"),
        };
        // Only who has the bag is asked about it.
        return (book, Running(book, held with { UpdateId = "before", StatusCode = "ON_HAND", Eta = null, ReceivedAt = held.ReceivedAt - Duration.FromHours(1) }, held));
    }

    private static DutyClock Running(SlaBook book, params Claim[] claims) => Assert.Single(Clocks.All(book, Case(), claims[0].ReceivedAt, claims).Watch.Running);

    private static SlaBook Book(Calendar calendar) => SlaBook.Default with { Hours = [new(Instant.MinValue, new(Store, "", calendar))] };

    private static string[] Golden(string file)
    {
        using var stream = typeof(ExplanationTests).Assembly.GetManifestResourceStream(file);
        return stream is null ? [] : new StreamReader(stream).ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
