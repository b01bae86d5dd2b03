using System.Collections.Immutable;
using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

public sealed class ClockTests
{
    private static readonly SlaPolicy Policy = CodeLists.DefaultPolicy;

    private static readonly Calendar NightlyClosed = new("store", 1, "Etc/UTC", [.. Enumerable.Range(1, 7).Select(day => new OpeningHours((IsoDayOfWeek)day, new(5, 0), new(23, 0)))], []);

    private static readonly SlaBook GroundOneSleeps = SlaBook.Default with { Hours = [new(Instant.MinValue, new(new("GO"), "", NightlyClosed))] };

    /// <summary>The first night of SC01.</summary>
    private static readonly Claim[] FirstNight =
    [
        By("IH").For("XB").At("07-06 13:57").Says("REPORTED"),
        By("XB").At("07-06 14:02").Says("ACKNOWLEDGED"),
        By("TRW").At("07-06 14:10").Says("TRACING"),
        By("GO").At("07-06 16:05").Heard("07-06 20:41").Says("ON_HAND"),
        By("TRW").At("07-06 20:55").Says("POSSIBLE_MATCH"),
        By("XB").At("07-06 21:05").Says("MATCH_CONFIRMED"),
        By("XB").At("07-06 21:10").Says("BAG_REQUESTED").Asks("GO"),
        By("GO").At("07-07 05:30").Says("FORWARD_PLANNED").On("XB", "1689").Due("07-07 13:05"),
    ];

    [Fact]
    public void Silence_in_the_first_night_is_counted_against_those_who_were_silent()
    {
        var (running, ended) = Tell(FirstNight);

        Assert.Equal(
        [
            "REPORTED XB 13:57-14:27 ended 14:02 Met",
            "ACKNOWLEDGED XB 14:02-18:02 ended 14:10 Moved",
            "TRACING TRW 14:10-18:10 ended 20:41 Missed",
            "ON_HAND GO 20:41-00:41 ended 20:55 Moved",
            "POSSIBLE_MATCH XB 20:55-22:55 ended 21:05 Met",
            "MATCH_CONFIRMED GO 21:05-01:05 ended 21:10 Moved",
            "BAG_REQUESTED GO 21:10-00:10 ended 05:30 Late",
        ], ended.Select(Written));
        Assert.Equal("FORWARD_PLANNED XB 05:30-14:05", Written(Assert.Single(running)));
        Assert.Equal(On("07-06 17:22"), ended[2].Clock.WarnAt);
    }

    [Fact]
    public void A_store_that_is_closed_at_night_is_asked_in_the_morning()
    {
        var (_, ended) = Tell(FirstNight, GroundOneSleeps);

        Assert.Equal("BAG_REQUESTED GO 21:10-06:10 ended 05:30 Met", Written(ended[^1]));
    }

    [Fact]
    public void Still_searching_counts_three_times_and_then_only_news_does()
    {
        var search = new[] { By("XB").At("07-06 10:00").Says("ACKNOWLEDGED"), By("TRW").At("07-06 11:00").Says("TRACING") };
        var again = Enumerable.Range(12, 5).Select(hour => By("TRW").At($"07-06 {hour}:00").Says("TRACING")).ToArray();

        Assert.Equal("TRACING TRW 14:00-18:00", Written(Assert.Single(Tell([.. search, .. again[..3]]).Running)));
        Assert.Equal("TRACING TRW 14:00-18:00", Written(Assert.Single(Tell([.. search, .. again]).Running)));

        var checkedAPlace = By("TRW").At("07-06 17:00").Says("TRACING") with { PlacesChecked = [new("LIS", "", "")] };
        var (running, _) = Tell([.. search, .. again, checkedAPlace]);
        Assert.Equal("TRACING TRW 17:00-21:00", Written(Assert.Single(running)));
        Assert.Equal(0, running[0].WithoutNews);
    }

    [Fact]
    public void The_longer_a_search_takes_the_less_often_a_word_is_owed()
    {
        Instant DueOf(string moment) => Assert.Single(Tell([By("XB").At("07-06 00:00").Says("ACKNOWLEDGED"), By("TRW").At(moment).Says("TRACING")]).Running).DueAt;

        Assert.Equal(On("07-06 14:00"), DueOf("07-06 10:00"));
        Assert.Equal(On("07-07 22:00"), DueOf("07-07 10:00"));
        Assert.Equal(On("07-12 10:00"), DueOf("07-11 10:00"));
        Assert.Equal(On("08-06 10:00"), DueOf("07-30 10:00"));
    }

    [Fact]
    public void Nobody_owes_a_word_on_a_closed_case_and_a_reopened_one_begins_anew()
    {
        Claim[] closed = [By("XB").At("07-06 10:00").Says("ACKNOWLEDGED"), By("XB").At("07-06 16:00").Says("CLOSED_RETURNED")];
        Assert.Empty(Tell(closed).Running);

        var reopened = Assert.Single(Tell([.. closed, By("XB").At("07-20 09:00").Says("REOPENED")]).Running);
        Assert.Equal((1, On("07-20 09:00"), On("07-20 10:00")), (reopened.Cycle, reopened.StartedAt, reopened.DueAt));
    }

    [Fact]
    public void The_word_of_another_does_not_meet_a_duty()
    {
        Claim[] asked = [By("XB").At("07-06 10:00").Says("BAG_REQUESTED").Asks("GO"), By("IH").At("07-06 11:00").Notes("Nothing here."), By("GO").At("07-06 11:30").Notes("For us alone.").ForItself()];

        Assert.Equal("BAG_REQUESTED GO 10:00-13:00", Written(Assert.Single(Tell(asked).Running)));
        Assert.Equal("BAG_REQUESTED GO 12:00-15:00", Written(Assert.Single(Tell([.. asked, By("GO").At("07-06 12:00").Notes("It is in store B.")]).Running)));
    }

    [Fact]
    public void When_a_match_turns_out_wrong_the_search_is_owed_by_who_searched()
    {
        var (running, _) = Tell([
            By("TRW").At("07-06 10:00").Says("TRACING"), By("IH").At("07-06 12:00").Says("ON_HAND"),
            By("XB").At("07-06 13:00").Says("MATCH_CONFIRMED"), By("XB").At("07-07 09:36").Says("MATCH_VOIDED"),
        ]);

        Assert.Equal("MATCH_VOIDED TRW 09:36-11:36", Written(Assert.Single(running)));
    }

    [Fact]
    public void Every_status_after_which_a_word_is_owed_has_its_time()
    {
        var owing = CodeLists.StatusCodes.Where(status => status.NextWord is not null).Select(status => status.Code);

        Assert.DoesNotContain(owing, code => Policy.RuleFor(code) is null);
        Assert.All(Policy.Rules, rule => Assert.NotNull(CodeLists.Find(rule.Status)?.NextWord));
    }

    [Fact]
    public void Each_item_and_track_owes_at_most_one_word_and_the_clocks_join_without_gap_or_overlap()
    {
        var book = SlaBook.Default with { Hours = [.. Told.Everyone.Select(party => new Dated<WorkingHours>(Instant.MinValue, new(party, "", NightlyClosed)))] };
        AnyCase.Obey(1500, told =>
        {
            var openedAt = told.Claims.Min(claim => claim.ReceivedAt);
            var (watch, ended) = Clocks.All(book, told.Facts, openedAt, told.Claims);
            var running = watch.Running.Where(clock => clock.Track != Track.Question).ToArray();
            var state = Fold.All(told.Facts, told.Claims).State;

            Assert.Equal(running.Length, running.Select(clock => (clock.ItemId, clock.Track)).Distinct().Count());
            Assert.DoesNotContain(running, clock => state.Items.Single(item => item.Id == clock.ItemId).Phase == Phase.Closed);
            Assert.All(running.Concat(ended.Select(end => end.Clock)), clock => Assert.True(clock.StartedAt <= clock.WarnAt && clock.WarnAt <= clock.DueAt));
            foreach (var track in ended.Where(end => end.Clock.Track != Track.Question).GroupBy(end => (end.Clock.ItemId, end.Clock.Track)))
            {
                Assert.All(track.Zip(track.Skip(1)), pair => Assert.True(pair.First.EndedAt <= pair.Second.Clock.StartedAt));
                Assert.All(track, end => Assert.Equal(end.EndedAt > end.Clock.DueAt, end.End is ClockEnd.Late or ClockEnd.Missed));
            }
        });
    }

    private static (ImmutableArray<DutyClock> Running, ImmutableArray<EndedClock> Ended) Tell(Claim[] claims, SlaBook? book = null)
    {
        var (watch, ended) = Clocks.All(book ?? SlaBook.Default, Case(), claims.Min(claim => claim.ReceivedAt), claims);
        return (watch.Running, ended);
    }

    private static string Written(DutyClock clock) => $"{clock.Status} {clock.Party} {Hour(clock.StartedAt)}-{Hour(clock.DueAt)}";

    private static string Written(EndedClock end) => $"{Written(end.Clock)} ended {Hour(end.EndedAt)} {end.End}";

    private static string Hour(Instant moment) => NodaTime.Text.InstantPattern.CreateWithInvariantCulture("HH:mm").Format(moment);
}
