using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>Where a bag stands after each word: what moves it, what is noted and what comes after the end.</summary>
public sealed class StandingTests
{
    private static readonly Claim Delivered = By("CQ").At("07-08 11:00").Says("DELIVERED");
    private static readonly Claim Closed = By("XB").At("07-10 10:00").Says("CLOSED_RETURNED");

    [Fact]
    public void A_bag_may_arrive_before_anybody_saw_it_leave()
    {
        var arrived = By("LH2").At("07-06 09:00").In("LIS").Says("ARRIVED_STATION");
        var left = By("GO").At("07-06 10:00").In("FRA").Says("FORWARD_DEPARTED");

        var story = Tell(arrived, left);

        Assert.All(story.Entries, entry => Assert.Equal(Marks.None, entry.Marks));
    }

    [Theory]
    [InlineData("FORWARD_DEPARTED", Marks.PossibleWrongBag)]
    [InlineData("LOADED", Marks.PossibleWrongBag)]
    [InlineData("TRACING", Marks.AfterEnd)]
    [InlineData("ON_HAND", Marks.AfterEnd)]
    public void News_of_a_bag_its_owner_has_is_about_another_bag_or_too_late(string code, Marks mark)
    {
        var later = By("XB").At("07-09 10:00").Says(code);

        Assert.Equal(mark, Tell(Delivered, later).Of(later).Marks);
        Assert.Equal("DELIVERED", Tell(Delivered, later).Bag().StatusCode);
        Assert.Equal(OrganizationId.Customer, Tell(Delivered, later).Bag().Holding?.By);
    }

    [Fact]
    public void The_owner_may_take_charge_of_damage_to_a_bag_that_is_home()
    {
        var accepted = By("XB").At("07-08 18:40").Says("ACKNOWLEDGED");

        Assert.Equal(Marks.None, Tell(Delivered, By("CUSTOMER").At("07-08 18:10").Says("DAMAGE_REPORTED"), accepted).Of(accepted).Marks);
        Assert.Equal(Marks.AfterEnd, Tell(Delivered, accepted).Of(accepted).Marks);
    }

    [Fact]
    public void A_strangers_word_waits_and_the_owner_can_invite_it()
    {
        var found = By("ZZ").At("07-06 16:00").In("LIS").Says("ON_HAND");
        var tracing = By("TRW").At("07-06 14:10").Says("TRACING");

        var before = Tell(tracing, found);
        var after = Tell(tracing, found, By("XB").At("07-06 18:00").Asks("ZZ"));

        Assert.Equal(Marks.Quarantined, before.Of(found).Marks);
        Assert.Equal(new OrganizationId("ZZ"), Assert.Single(before.State.Waiting));
        Assert.Equal("TRACING", before.Bag().StatusCode);
        Assert.Equal(On("07-06 16:00"), after.Bag().StatusAt);
        Assert.Empty(after.State.Waiting);
    }

    [Fact]
    public void The_customer_is_always_on_the_case()
    {
        var facts = Case() with { Parties = [] };
        var word = By("CUSTOMER").At("07-06 14:00").Says("LAST_SEEN");

        Assert.Equal(Marks.None, facts.Tell(word).Of(word).Marks);
        Assert.True(facts.Tell(word).State.IsHeard(word));
        Assert.True(facts.Tell().State.IsHeard(By("XB")));
        Assert.False(facts.Tell().State.IsHeard(By("ZZ")));
    }

    [Theory]
    [InlineData("CUSTOMER", 29, false, true)]
    [InlineData("CUSTOMER", 31, false, false)]
    [InlineData("CUSTOMER", 89, true, true)]
    [InlineData("CUSTOMER", 91, true, false)]
    [InlineData("AGENT", 31, false, false)]
    [InlineData("XB", 400, false, true)]
    public void A_closed_case_can_be_opened_again_for_a_while(string by, int days, bool damaged, bool opened)
    {
        var again = By(by).Says("REOPENED") with { Happened = null, ReceivedAt = Closed.ReceivedAt + Duration.FromDays(days) };
        var damage = By("CUSTOMER").At("07-09 10:00").Says(damaged ? "DAMAGE_REPORTED" : "LAST_SEEN");

        Assert.Equal(opened ? Phase.Reported : Phase.Closed, Tell(Delivered, damage, Closed, again).Bag().Phase);
    }

    [Fact]
    public void Opening_one_closed_bag_again_leaves_the_other_on_its_way()
    {
        var story = Case(items: 2).Tell(
            By("XB").At("07-06 10:00").About("1").Says("CLOSED_CANCELLED"), By("GO").At("07-06 11:00").About("2").Says("LOADED"), By("XB").At("07-06 12:00").Says("REOPENED"));

        Assert.Equal(["REOPENED", "LOADED"], story.State.Items.Select(item => item.StatusCode));
    }

    [Fact]
    public void Only_a_delivery_can_be_denied()
    {
        var story = Tell(By("TRW").At("07-06 14:10").Says("TRACING"), By("CUSTOMER").At("07-06 15:00").Says("DELIVERY_DISPUTED"));

        Assert.Equal(Phase.Searching, story.Bag().Phase);
    }

    [Fact]
    public void The_case_shows_the_bag_that_stands_worst()
    {
        var story = Case(items: 3).Tell(By("CUSTOMER").At("07-06 10:00").About("1").Says("CONFIRMED"), By("GO").At("07-06 11:00").About("3").Says("LOADED"),
            By("TRW").At("07-06 11:00").About("2").Says("TRACING"));

        Assert.Equal("2", story.State.Worst.Id);
    }

    [Fact]
    public void What_was_expected_of_an_old_plan_is_not_expected_any_more()
    {
        var departed = By("GO").At("07-07 07:00").In("FRA").On("XB", "451").Due("07-07 13:05").Says("FORWARD_DEPARTED");
        var missed = By("LH2").At("07-07 11:20").On("XB", "1689").Says("FORWARD_MISSED");

        Assert.Null(Tell(departed, By("CQ").At("07-07 20:00").Says("COURIER_HAS_BAG")).Bag().Eta);
        Assert.Equal("Your bag was not on flight XB 1689. A new plan is needed now.", Tell(departed, missed).Now());
        Assert.Equal("A flight for your bag has been planned.", Tell(departed, missed, By("XB").At("07-07 16:00").Says("FORWARD_PLANNED")).Now());
    }

    [Fact]
    public void A_resend_is_no_news()
    {
        var tracing = By("TRW").At("07-06 14:10").Says("TRACING");
        var story = Tell(tracing, tracing.Heard("07-06 19:00") with { UpdateId = "again" });

        Assert.Equal(On("07-06 14:10"), story.State.HeardAt);
    }

    [Fact]
    public void A_claim_about_an_item_the_case_does_not_have_is_refused()
    {
        var decision = Updates.Decide(Case(), Course.At(CaseState.Of(Case())), By("GO").At("07-06 10:00").About("7").Says("ON_HAND"));

        Assert.Equal(Refusals.ItemUnknown, Assert.IsType<Decision.Refused>(decision).Why.Why);
    }

    [Fact]
    public void A_claim_is_decided_at_once_when_nothing_has_to_be_told_again()
    {
        var facts = Case();
        var first = Assert.IsType<Decision.Applied>(Updates.Decide(facts, Course.At(CaseState.Of(facts)), By("GO").At("07-06 10:00").Says("ON_HAND")));
        var earlier = Assert.IsType<Decision.Applied>(Updates.Decide(facts, first.Course, By("TRW").At("07-06 09:00").Says("TRACING")));
        var nobodyRemembers = Updates.Decide(facts, Course.At(first.Course.State), By("TRW").At("07-06 09:00").Says("TRACING"));

        Assert.Equal("ON_HAND", first.Course.State.Items[0].StatusCode);
        Assert.Equal("ON_HAND", earlier.Course.State.Items[0].StatusCode);
        Assert.Equal(2, earlier.Course.State.ClaimCount);
        Assert.IsType<Decision.TellAgain>(nobodyRemembers);
    }

    [Fact]
    public void What_was_reported_late_needs_no_retelling_because_the_hub_has_said_that_it_was_late()
    {
        Claim[] searched = [By("GO").At("07-06 10:00").Says("TRACING")];
        var told = Fold.All(Case(), Watchman.Live(Case(), searched, On("07-08 10:00")).Heard);
        Assert.Contains(told.Entries, entry => entry.Claim.StatusCode == HubWords.Breached);

        var late = By("GO").At("07-06 18:00").Heard("07-08 11:00").Says("SECONDARY_TRACING");
        var added = Assert.IsType<Decision.Applied>(Updates.Decide(Case(), Course.At(told.State), late));

        Assert.Equal(Written.Of(Fold.All(Case(), told.Entries.Select(entry => entry.Claim).Append(late)).State), Written.Of(added.Course.State));
    }

    [Fact]
    public void An_update_that_says_nothing_is_refused() =>
        Assert.Equal([Refusals.UpdateIsEmpty], Updates.Check(By("GO").At("07-06 10:00")).Select(violation => violation.Why));
}
