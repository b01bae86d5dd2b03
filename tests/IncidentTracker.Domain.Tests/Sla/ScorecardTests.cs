using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

public sealed class ScorecardTests
{
    private static readonly ScorePeriod July = new(On("07-01 00:00"), On("07-31 00:00"));

    private static readonly Claim[] FirstNight =
    [
        By("XB").At("07-06 14:02").Says("ACKNOWLEDGED"),
        By("TRW").At("07-06 14:10").Says("TRACING"),
        By("AGENT").At("07-06 18:30").Asks("GO").Notes("Is tag 456 in your store?"),
        By("GO").At("07-06 16:05").Heard("07-06 20:41").Says("ON_HAND"),
        By("TRW").At("07-06 20:55").Says("POSSIBLE_MATCH"),
    ];

    [Fact]
    public void Who_handled_in_time_and_reported_late_is_late_and_it_is_said_that_only_the_report_was()
    {
        var ground = Card("GO", FirstNight);

        Assert.Equal((1, 0, 1), (ground.Raw.Late, ground.Raw.Silent, ground.HandledInTime));
        Assert.Equal((Duration.FromMinutes(276), 1), (ground.Lags.Longest!.Value, ground.Lags.Reports));
        var late = Assert.Single(ground.Longest);
        Assert.Equal((SlaRule.Question, Duration.FromMinutes(11), true), (late.Clock.Clock.Status, late.Clock.Overdue, late.Clock.HandledInTime));
    }

    [Fact]
    public void A_word_that_never_came_is_a_silence_whether_the_duty_went_away_or_is_overdue_still()
    {
        // Another said that the bag was found: the search was nobody's any more.
        Assert.Equal((1, 0), (Card("TRW", FirstNight[..4]).Raw.Silent, Card("TRW", FirstNight[..4]).Raw.Late));
        Assert.Equal(1, Card("TRW", FirstNight[..2]).Raw.Silent);
        Assert.Equal(0, Card("TRW", FirstNight[..2], now: "07-06 18:10").Raw.Silent);
        Assert.Equal(1, Card("TRW", FirstNight[..2], now: "07-06 18:10").Raw.Open);
    }

    [Fact]
    public void What_others_waited_and_who_asked_meanwhile_is_counted_from_the_due_moment_on()
    {
        Claim[] asked = [.. FirstNight[..2], By("CUSTOMER").At("07-06 18:09").Notes("Any news?"), By("CUSTOMER").At("07-06 18:40").Notes("Still none?"), By("TRW").At("07-06 19:10").Says("LAST_SEEN")];
        var tracing = Card("TRW", asked, now: "07-06 19:30");

        Assert.Equal((Duration.FromHours(1), 1), (tracing.Waiting, tracing.Contacts));
        Assert.True(tracing.Time >= Duration.FromHours(5));
    }

    [Fact]
    public void What_was_taken_back_or_said_twice_was_asked_once_or_not_at_all()
    {
        var once = By("CUSTOMER").At("07-06 18:40").Notes("Still none?");
        var slip = By("CUSTOMER").At("07-06 18:50").Notes("Wrong case.");
        Claim[] asked = [.. FirstNight[..2], once, once with { UpdateId = "again", ReceivedAt = On("07-06 18:45") }, slip, By("CUSTOMER").At("07-06 18:51").Voids(slip), By("TRW").At("07-06 19:10").Says("LAST_SEEN")];
        var tracing = Card("TRW", asked, now: "07-06 19:30");

        Assert.Equal(1, tracing.Contacts);
        Assert.Equal(1, Assert.Single(tracing.Longest).Clock.Contacts);
        // It was taken back in the next period: what a period says does not change any more.
        Assert.Equal(2, Card("TRW", asked, now: "07-06 19:30", period: new(July.From, On("07-06 18:51"))).Contacts);
    }

    [Fact]
    public void What_is_asked_and_answered_on_a_Saturday_night_counts_for_who_works_from_Monday_on()
    {
        Claim[] night = [By("XB").At("07-04 23:00").Says("BAG_REQUESTED").Asks("GO").In("FRA"), By("GO").At("07-04 23:30").Says("ON_HAND"), By("XB").At("07-04 23:40").Says("CLOSED_CANCELLED")];
        var book = SlaBook.Default with { Hours = [new(Instant.MinValue, new(new("GO"), "FRA", Offices.Weekdays("Europe/Berlin", "08:00-18:00")))] };
        var (watch, ended) = Clocks.All(book, Case(), On("07-04 23:00"), night);

        Assert.Empty(watch.Running);
        Assert.Equal(("office/1", On("07-06 09:00")), (ended[0].Clock.Calendar, ended[0].Clock.DueAt));
        // What it owed after that went away with the case.
        Assert.Equal(new(1, 0, 0, 1, 0, 0), Card("GO", night, book: book).Raw);
    }

    [Fact]
    public void A_clock_belongs_to_the_period_in_which_it_ended_or_while_it_runs_is_due()
    {
        var (before, after) = (new ScorePeriod(July.From, On("07-06 20:41")), new ScorePeriod(On("07-06 20:41"), July.To));

        Assert.Equal(0, Card("GO", FirstNight, period: before).Raw.Clocks);
        Assert.Equal(1, Card("GO", FirstNight, period: after).Raw.Late);
        Assert.Equal(1, Card("TRW", FirstNight[..2], period: before).Raw.Silent);
        Assert.Equal(0, Card("TRW", FirstNight[..2], period: after).Raw.Clocks);
    }

    [Fact]
    public void A_granted_appeal_changes_the_adjusted_score_only()
    {
        var number = Assert.Single(Card("GO", FirstNight).Longest).Clock.Clock.Number;
        var (without, granted) = (Card("GO", FirstNight), Card("GO", FirstNight, granted: number));

        Assert.Equal(without.Raw, granted.Raw);
        Assert.Equal((1, 0), (without.Adjusted.Late, without.Adjusted.Voided));
        Assert.Equal((0, 1), (granted.Adjusted.Late, granted.Adjusted.Voided));
        Assert.Equal((without.Waiting, without.Contacts, without.HandledInTime), (granted.Waiting, granted.Contacts, granted.HandledInTime));
        Assert.Equal(Card("GO", FirstNight).Adjusted, Card("GO", FirstNight, granted: number + 1).Adjusted);
    }

    [Fact]
    public void A_word_that_is_in_time_only_because_time_was_given_back_counts_for_nobody()
    {
        var away = SlaBook.Default with { Closures = [new(null, On("07-06 16:00"), On("07-06 18:00"), On("07-06 16:00"), "The hub was away.")] };
        Claim[] told = [.. FirstNight[..2], By("TRW").At("07-06 19:00").Says("LAST_SEEN")];

        Assert.Equal((0, 1), (Card("TRW", told).Raw.Voided, Card("TRW", told).Raw.Late));
        var kept = Card("TRW", told, book: away);
        Assert.Equal((1, 0, Duration.FromHours(2)), (kept.Raw.Voided, kept.Raw.Late, kept.GivenBack));
        Assert.Equal(1, Card("TRW", [.. told[..2], By("TRW").At("07-06 17:30").Says("LAST_SEEN")], book: away).Raw.Met);
    }

    [Fact]
    public void Ninety_five_of_a_hundred_reports_came_within_the_p95()
    {
        var lags = Enumerable.Range(1, 100).Aggregate(Lags.None, (all, minutes) => all.With(Duration.FromMinutes(minutes)));

        Assert.Equal((Duration.FromMinutes(95), Duration.FromMinutes(100), 100), (lags.P95!.Value, lags.Longest!.Value, lags.Reports));
        Assert.Equal(Duration.FromMinutes(7), Lags.None.With(Duration.FromMinutes(7)).P95);
        Assert.Null(Lags.None.P95);
    }

    [Fact]
    public void Only_clocks_that_count_decide_the_share_that_was_met()
    {
        Assert.Equal(0.75, new Tally(3, 1, 0, 9, 9, 9).ShareMet);
        Assert.Null(new Tally(0, 0, 0, 9, 9, 9).ShareMet);
    }

    private static Scorecard Card(string party, Claim[] claims, string now = "07-10 00:00", ScorePeriod? period = null, int granted = 0, SlaBook? book = null) =>
        CaseScore.Of("K7Q-4M2-XDC", book ?? SlaBook.Default, Case(), claims.Min(claim => claim.ReceivedAt), claims, number => number == granted, period ?? July, On(now))
            .Where(score => score.Party == new OrganizationId(party)).Aggregate(new Scorecard(new(party)), (card, score) => card.With(score));
}
