using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>A bag changes hands in two steps, and two who disagree are both asked.</summary>
public sealed class HandoverTests
{
    private static readonly Claim OnHand = By("GO").At("07-06 10:00").Says("ON_HAND");
    private static readonly Claim Offered = By("GO").At("07-06 11:00").Hands(CustodyAction.Offered, "GO", "CQ");

    [Fact]
    public void Whoever_is_offered_a_bag_owes_an_answer_and_has_it_only_when_it_accepts()
    {
        var watchman = Live(OnHand, Offered);
        var clock = Assert.Single(watchman.Watch.Running, clock => clock.Track == Track.Handover);
        Assert.Equal((new("CQ"), new("GO"), On("07-06 13:00")), (clock.Party, clock.AskedBy!.Value, clock.DueAt));
        Assert.Equal(new OrganizationId("GO"), watchman.State.Items[0].Holding!.By);

        watchman.Take(By("CQ").At("07-06 12:00").Hands(CustodyAction.Accepted, "GO"));
        Assert.DoesNotContain(watchman.Watch.Running, clock => clock.Track == Track.Handover);
        Assert.Equal((new("CQ"), true), (watchman.State.Items[0].Holding!.By, watchman.State.Items[0].Holding!.Proven));
        Assert.Equal(ClockEnd.Met, Assert.Single(watchman.Ended, end => end.Clock.Track == Track.Handover).End);
    }

    [Fact]
    public void An_offer_that_is_refused_is_no_dispute()
    {
        var watchman = Live(OnHand, Offered, By("CQ").At("07-06 12:00").Hands(CustodyAction.Refused));

        Assert.DoesNotContain(watchman.Watch.Running, clock => clock.Track is Track.Handover or Track.Question);
        Assert.Equal(new OrganizationId("GO"), watchman.State.Items[0].Holding!.By);
    }

    [Fact]
    public void When_one_says_that_it_gave_and_the_other_that_it_never_got_the_hub_asks_both()
    {
        var watchman = Live(OnHand, By("GO").At("07-06 11:00").Hands(CustodyAction.Released, "GO", "CQ"), By("CQ").At("07-06 12:00").Hands(CustodyAction.Refused));

        var asked = watchman.Watch.Running.Where(clock => clock.Track == Track.Question).ToArray();
        Assert.Equal(["CQ", "GO"], asked.Select(clock => clock.Party.Value).Order());
        Assert.All(asked, clock => Assert.Equal((OrganizationId.Hub, On("07-06 14:00")), (clock.AskedBy!.Value, clock.DueAt)));

        watchman.Take(By("GO").At("07-06 12:30").Notes("Signed for at 11:02, see the sheet."));
        Assert.Equal("CQ", Assert.Single(watchman.Watch.Running, clock => clock.Track == Track.Question).Party.Value);
        watchman.LookUntil(On("07-06 15:00"));
        Assert.Contains(watchman.Words, word => word.StatusCode == HubWords.Breached && word.Judgement!.Party == new OrganizationId("CQ"));
    }

    [Fact]
    public void Two_who_both_have_the_bag_are_both_asked()
    {
        var watchman = Live(
            By("XA").At("07-06 09:00").Hands(CustodyAction.Released, "XA", "GO"), By("GO").At("07-06 09:10").Hands(CustodyAction.Accepted, "XA"),
            By("LH2").At("07-06 10:00").Says("ON_HAND"));

        Assert.Equal(["GO", "LH2"], watchman.Watch.Running.Where(clock => clock.Track == Track.Question).Select(clock => clock.Party.Value).Order());
    }

    private static Watchman Live(params Claim[] claims) => Watchman.Live(Case(), claims, claims[^1].ReceivedAt);
}
