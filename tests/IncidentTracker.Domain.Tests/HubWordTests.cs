using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

public sealed class HubWordTests
{
    private static readonly Claim[] Searched = [By("XB").At("07-06 14:02").Says("ACKNOWLEDGED"), By("TRW").At("07-06 14:10").Says("TRACING")];

    [Fact]
    public void Silence_is_said_once_at_every_step_and_ends_with_the_late_word()
    {
        Claim[] firstNight =
        [
            .. Searched,
            By("AGENT").At("07-06 18:30").Asks("GO").Notes("Is tag 456 in your store?"),
            By("GO").At("07-06 16:05").Heard("07-06 20:41").Says("ON_HAND"),
            By("TRW").At("07-06 20:55").Says("POSSIBLE_MATCH"),
        ];

        Assert.Equal(
        [
            "07-06 17:22 SLA_DUE_SOON TRW",
            "07-06 18:10 SLA_BREACHED TRW",
            "07-06 20:06 SLA_DUE_SOON GO",
            "07-06 20:30 SLA_BREACHED GO",
            "07-06 20:41 SLA_CLEARED GO",
        ], Live(firstNight, "07-06 21:00").Words.Select(Watchman.Written));
    }

    [Fact]
    public void An_overdue_word_goes_up_the_ladder_one_step_after_the_other()
    {
        Assert.Equal(
        [
            "07-06 17:22 SLA_DUE_SOON TRW", "07-06 18:10 SLA_BREACHED TRW",
            "07-06 22:10 ESCALATED TRW Headquarters", "07-07 02:10 ESCALATED TRW Supervisor", "07-07 10:10 ESCALATED TRW Mediator",
        ], Live(Searched, "07-11 00:00").Words.Select(Watchman.Written));
    }

    [Fact]
    public void After_an_absence_only_the_highest_step_is_taken()
    {
        var watchman = Live(Searched, "07-06 14:11");
        watchman.Look(On("07-07 03:00"));

        Assert.Equal("07-07 03:00 ESCALATED TRW Supervisor", Watchman.Written(Assert.Single(watchman.Words)));
        Assert.Equal(0, watchman.Look(On("07-07 03:00")));
    }

    [Fact]
    public void A_word_that_is_due_now_is_not_overdue_yet()
    {
        var watchman = Live(Searched, "07-06 17:30");

        Assert.Equal(0, watchman.Look(On("07-06 18:10")));
        Assert.Equal(1, watchman.Look(On("07-06 18:10") + Duration.FromMilliseconds(1)));
    }

    [Fact]
    public void An_expected_time_that_passes_is_said_once_and_a_new_one_can_pass_too()
    {
        Claim[] flown = [By("XB").At("07-07 07:02").Says("FORWARD_DEPARTED").Due("07-07 13:05"), By("XB").At("07-07 14:00").Says("FORWARD_DEPARTED").Due("07-07 20:55")];

        Assert.Equal(["07-07 13:05 ETA_PASSED", "07-07 20:55 ETA_PASSED"], Live(flown, "07-07 21:30").Words.Where(word => word.StatusCode == "ETA_PASSED").Select(Watchman.Written));
    }

    [Fact]
    public void A_bag_that_is_held_for_a_reason_stops_the_clock_until_the_end_that_was_stated()
    {
        var held = By("IH").At("07-06 10:00").Says("HELD").Due("07-07 12:00") with { ReasonCode = "CUSTOMS" };
        var watchman = Live([held], "07-07 14:30");

        Assert.Equal(On("07-07 12:00"), Assert.Single(watchman.Watch.Running).PausedUntil);
        Assert.Equal(["07-07 12:00 PAUSE_ENDED IH", "07-07 13:36 SLA_DUE_SOON IH", "07-07 14:00 SLA_BREACHED IH"], watchman.Words.Select(Watchman.Written));

        watchman.Take(By("IH").At("07-07 15:10").Says("HELD").Due("07-09 12:00"));
        var again = Assert.Single(watchman.Watch.Running);
        Assert.Equal((null, On("07-08 03:10")), (again.PausedUntil, again.DueAt));
    }

    [Fact]
    public void A_pause_without_an_end_is_none_and_no_pause_lasts_longer_than_the_policy_lets_it()
    {
        var held = By("IH").At("07-06 10:00").Says("HELD") with { ReasonCode = "CUSTOMS" };

        Assert.Null(Assert.Single(Live([held], "07-06 10:01").Watch.Running).PausedUntil);
        Assert.Equal(On("07-13 10:00"), Assert.Single(Live([held.Due("07-30 10:00")], "07-06 10:01").Watch.Running).PausedUntil);
    }

    [Fact]
    public void The_customer_is_never_in_arrears()
    {
        Assert.Empty(Live([By("XB").At("07-06 10:00").Says("INFO_NEEDED")], "07-30 00:00").Words);
    }

    [Fact]
    public void A_question_is_asked_of_those_on_the_case_and_answered_by_their_next_word()
    {
        var asked = By("AGENT").At("07-06 15:00").Asks("GO").Notes("Is it there?");
        var watchman = Live([.. Searched, asked, By("AGENT").At("07-06 15:05").Asks("GO").Notes("Is it there?!")], "07-06 15:10");

        var question = Assert.Single(watchman.Watch.Running, clock => clock.Track == Track.Question);
        Assert.Equal((new("GO"), new("AGENT"), On("07-06 17:00")), (question.Party, question.AskedBy!.Value, question.DueAt));
        watchman.Take(By("GO").At("07-06 16:00").Notes("Not here."));
        Assert.DoesNotContain(watchman.Watch.Running, clock => clock.Track == Track.Question);
        Assert.Equal(ClockEnd.Met, Assert.Single(watchman.Ended, end => end.Clock.Track == Track.Question).End);

        var stranger = Live([.. Searched, By("AGENT").At("07-06 15:00").Asks("ZZ").Notes("Is it there?")], "07-06 15:10");
        Assert.DoesNotContain(stranger.Watch.Running, clock => clock.Track == Track.Question);
    }

    [Fact]
    public void The_hub_says_nothing_about_the_bag_by_what_it_says_about_a_clock()
    {
        var told = Fold.All(Case(), Live(Searched, "07-07 12:00").Heard);
        var without = Fold.All(Case(), Searched);

        Assert.Equal(Written.Of(without.State with { LastOrderAt = null, ClaimCount = 0 }), Written.Of(told.State with { LastOrderAt = null, ClaimCount = 0 }));
        Assert.All(told.Entries, entry => Assert.Equal(Marks.None, entry.Marks & ~Marks.Late));
    }

    [Fact]
    public void What_is_watched_can_be_told_again_and_each_word_is_said_once_and_only_when_it_is_true()
    {
        AnyCase.Obey(1000, told =>
        {
            if (told.Claims.IsEmpty) return;
            var until = told.Claims.Max(claim => claim.ReceivedAt) + Duration.FromDays(told.Dice.Next(12));
            var watchman = Watchman.Live(told.Facts, told.Claims, until);
            var openedAt = told.Claims.Min(claim => claim.ReceivedAt);

            var (again, ended) = Clocks.All(SlaBook.Default, told.Facts, openedAt, watchman.Heard.Reverse());
            Assert.Equal(Text(watchman.Watch), Text(again));
            Assert.Equal(watchman.Ended, ended);

            var words = watchman.Words.ToArray();
            Assert.Equal(words.Length, words.Select(word => word.Id).Distinct().Count());
            Assert.All(words, word => Assert.True(word.ReceivedAt > word.Judgement!.DueAt || word.Judgement.Stage < ClockStage.Breached));
            Assert.All(watchman.Ended.Where(end => end.End is ClockEnd.Met or ClockEnd.Moved), end => Assert.True(end.Clock.Stage < ClockStage.Breached));
            // Of two words in the same moment the hub does not look in between.
            var late = watchman.Ended.Where(end => end.End is ClockEnd.Late or ClockEnd.Missed && end.EndedAt > end.Clock.DueAt + Duration.FromSeconds(1));
            Assert.All(late, end => Assert.True(end.Clock.Stage >= ClockStage.Breached || end.Clock.Party == OrganizationId.Customer));
            if (watchman.State.Items.All(item => item.Phase == Phase.Closed)) Assert.Empty(again.Running);
            Assert.Equal(again.Started, again.Running.Concat(ended.Select(end => end.Clock)).Select(clock => clock.Number).Distinct().Count());
        });
    }

    private static Watchman Live(Claim[] claims, string until) => Watchman.Live(Case(), claims, On(until));

    private static string Text(CaseWatch watch) =>
        $"{watch.Started} {watch.HeardUpTo} [{string.Join("; ", watch.Running)}] [{string.Join("; ", watch.Cleared)}] [{string.Join("; ", watch.PassedEtas.OrderBy(passed => passed.ItemId, StringComparer.Ordinal))}]";
}
