using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>What went wrong in other engines that watch clocks, and must not here.</summary>
public sealed class WatchPitfallTests
{
    [Fact]
    public void A_case_that_is_closed_or_held_with_its_first_word_has_no_clock_or_a_paused_one()
    {
        Assert.Empty(Watch(By("XB").At("07-06 10:00").Says("CLOSED_CANCELLED")).Running);

        var held = By("IH").At("07-06 10:00").Says("HELD").Due("07-07 12:00") with { ReasonCode = "CUSTOMS" };
        Assert.Equal(On("07-07 12:00"), Assert.Single(Watch(held).Running).PausedUntil);
    }

    [Fact]
    public void A_bag_that_is_held_and_closed_at_once_was_only_ever_paused()
    {
        var held = By("IH").At("07-06 10:00").Says("HELD").Due("07-07 12:00") with { ReasonCode = "CUSTOMS" };
        var (watch, ended) = Clocks.All(SlaBook.Default, Case(), On("07-06 10:00"), [held, By("XB").At("07-06 10:01").Says("CLOSED_RETURNED")]);

        Assert.Empty(watch.Running);
        var explained = Explanation.Of(SlaBook.Default, ended[0].Clock, ended[0], On("07-20 00:00"));
        Assert.Equal((ClockState.Moved, Duration.Zero), (explained.State, explained.Elapsed));
    }

    [Fact]
    public void A_shorter_clock_beside_a_longer_one_changes_neither()
    {
        Claim[] claims = [By("XB").At("07-06 10:00").Says("BAG_REQUESTED").Asks("GO"), By("AGENT").At("07-06 10:30").Asks("GO").Notes("Is it there?"), By("CUSTOMER").At("07-06 11:00").Says("DAMAGE_REPORTED")];

        Assert.Equal(
            ["BAG_REQUESTED GO 2026-07-06T13:00:00Z", "DAMAGE_REPORTED XB 2026-07-06T15:00:00Z", "QUESTION GO 2026-07-06T12:30:00Z"],
            Watch(claims).Running.Select(clock => $"{clock.Status} {clock.Party} {clock.DueAt}").Order());
        // Only what is shown is the earliest of them.
        Assert.Equal(On("07-06 12:30"), Watch(claims).NextDueOf(Reporter("GO"), On("07-06 11:00")));
        var held = By("GO").At("07-06 11:30").Says("HELD").Due("07-07 12:00") with { ReasonCode = "73" };
        Assert.Null(Watch([held]).NextDueOf(Reporter("GO"), On("07-07 11:59")));      // a paused one is not told
        Assert.Equal(On("07-07 14:00"), Watch([held]).NextDueOf(Reporter("GO"), On("07-07 12:00")));
    }

    /// <summary>Every code that there is or will be, as the word of the party that owes one: an open table would forget the next.</summary>
    public static TheoryData<string> EveryCode => [.. CodeLists.StatusCodes.Select(status => status.Code), "SOMETHING_NEW", ""];

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void Whatever_a_party_says_is_its_word_and_ends_its_clock(string code)
    {
        // A note, a photo, a custody statement, any status, through any door: the party has spoken.
        var (_, ended) = Clocks.All(SlaBook.Default, Case(), On("07-06 10:00"), [By("XB").At("07-06 10:00").Says("BAG_REQUESTED").Asks("GO"), By("GO").At("07-06 11:00").Says(code).Notes("x")]);

        var status = CodeLists.Find(code);
        var mayGroundOneSayIt = status is null || status.AcceptedFrom.IsEmpty || status.AcceptedFrom.Contains(Role.HoldingStation);
        Assert.Equal(mayGroundOneSayIt, ended.Any(end => end is { Clock.Status: "BAG_REQUESTED", End: ClockEnd.Met }));
    }

    [Fact]
    public void How_often_the_hub_looks_decides_when_a_word_is_said_and_not_which()
    {
        string[] WordsWhenLookingEvery(Duration pause)
        {
            var watchman = new Watchman(Case(), On("07-06 14:00"));
            watchman.Take(By("TRW").At("07-06 14:00").Says("TRACING"));
            for (var now = On("07-06 14:00"); now < On("07-06 23:59"); now += pause) watchman.Look(now);
            return [.. watchman.Words.Select(word => $"{word.UpdateId} {word.Judgement!.DueAt}")];
        }

        var often = WordsWhenLookingEvery(Duration.FromSeconds(7));
        Assert.Equal(["clock-1-due-soon 2026-07-06T18:00:00Z", "clock-1-breached 2026-07-06T18:00:00Z", "clock-1-escalated-headquarters 2026-07-06T18:00:00Z"], often);
        Assert.Equal(often, WordsWhenLookingEvery(Duration.FromMinutes(10)));
    }

    [Fact]
    public void Nobody_is_reminded_or_escalated_about_outside_its_hours()
    {
        var office = new Calendar("office", 1, "Europe/Berlin", [.. Enumerable.Range(1, 5).Select(day => new OpeningHours((IsoDayOfWeek)day, new(8, 0), new(17, 0)))], []);
        var book = SlaBook.Default with { Hours = [new(Instant.MinValue, new(new("GO"), "", office))] };
        // Friday afternoon in Frankfurt; three working hours later it is Monday.
        var watchman = Watchman.Live(Case(), [By("XB").At("07-10 14:30").Says("BAG_REQUESTED").Asks("GO")], On("07-20 00:00"), book);

        Assert.Equal(5, watchman.Words.Count());
        Assert.All(watchman.Words, word => Assert.True(office.Work(word.ReceivedAt - Duration.FromMinutes(1), word.ReceivedAt) > Duration.Zero, $"{word.UpdateId} at {word.ReceivedAt}"));
    }

    [Fact]
    public void A_hundred_words_that_the_work_goes_on_are_no_hundred_alerts()
    {
        var searched = Enumerable.Range(0, 100).Select(minute => By("TRW").At("07-06 14:00") with { StatusCode = "TRACING", ReceivedAt = On("07-06 14:00") + Duration.FromMinutes(minute) });

        Assert.Empty(Watchman.Live(Case(), searched, On("07-06 15:40")).Words);
    }

    private static CaseWatch Watch(params Claim[] claims) => Clocks.All(SlaBook.Default, Case(), claims[0].ReceivedAt, claims).Watch;
}
