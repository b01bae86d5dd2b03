using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>Through whose hands a bag goes, and what is noted when the words do not fit.</summary>
public sealed class CustodyTests
{
    private static readonly OrganizationId Go = new("GO");
    private static readonly OrganizationId Xa = new("XA");
    private static readonly OrganizationId Cq = new("CQ");

    private static readonly Claim Released = By("XA").At("07-06 05:30").Hands(CustodyAction.Released, "XA", "GO");
    private static readonly Claim Accepted = By("GO").At("07-06 05:40").Hands(CustodyAction.Accepted, "XA", "GO");

    [Fact]
    public void One_side_moves_a_bag_and_both_prove_it()
    {
        Assert.Equal((Go, false), Holder(Tell(Released)));
        Assert.Equal((Go, true), Holder(Tell(Released, Accepted)));
    }

    [Fact]
    public void It_does_not_matter_which_side_says_so_first()
    {
        var early = By("GO").At("07-06 05:20").Hands(CustodyAction.Taken, "XA", "GO");

        Assert.Equal((Go, false), Holder(Tell(By("XA").At("07-06 05:10").Hands(CustodyAction.Taken), early)));
        Assert.Equal((Go, true), Holder(Tell(By("XA").At("07-06 05:10").Hands(CustodyAction.Taken), early, Released)));
    }

    [Fact]
    public void Saying_it_twice_alone_proves_nothing() =>
        Assert.Equal((Go, false), Holder(Tell(Released, By("XA").At("07-06 05:50").Hands(CustodyAction.Released, "XA", "GO"))));

    [Fact]
    public void An_offer_moves_nothing_until_it_is_accepted()
    {
        var has = By("XA").At("07-06 05:10").Hands(CustodyAction.Taken);
        var offer = By("XA").At("07-06 05:30").Hands(CustodyAction.Offered, "XA", "GO");

        Assert.Equal(Xa, Holder(Tell(has, offer)).By);
        Assert.Equal(Go, Tell(has, offer).Bag().OfferedTo);
        Assert.Equal((Go, true), Holder(Tell(has, offer, Accepted)));
    }

    [Fact]
    public void Who_refuses_a_bag_does_not_have_it()
    {
        var has = By("XA").At("07-06 05:10").Hands(CustodyAction.Taken);

        Assert.Equal(Xa, Holder(Tell(has, Released, By("GO").At("07-06 05:45").Hands(CustodyAction.Refused, "XA", "GO"))).By);
    }

    [Fact]
    public void Of_two_who_say_they_have_the_bag_the_earlier_proven_one_stands()
    {
        var other = By("LH2").At("07-06 08:00").In("LIS").Says("ON_HAND");

        var story = Tell(Released, Accepted, By("GO").At("07-06 06:00").In("FRA").Says("ON_HAND"), other);

        Assert.Equal(Marks.Contradiction, story.Of(other).Marks);
        Assert.Equal((Go, true), Holder(story));
        Assert.Equal("FRA", story.Bag().Station);
        Assert.Equal("Two companies say different things about where your bag is. Finding out is our job.", story.Now());
    }

    [Fact]
    public void Who_goes_on_saying_that_it_has_a_bag_which_another_took_without_its_word_is_believed()
    {
        var again = By("XA").At("07-06 07:00").Says("ON_HAND");

        var story = Tell(By("XA").At("07-06 05:10").Says("ON_HAND"), By("LH2").At("07-06 06:00").Says("ON_HAND"), again);

        Assert.True(story.Of(again).Is(Marks.Contradiction));
        Assert.Equal(Xa, Holder(story).By);
    }

    [Fact]
    public void A_handler_that_has_its_airlines_bag_contradicts_nobody()
    {
        var has = By("GO").At("07-06 08:00").Says("ON_HAND");

        Assert.Equal(Marks.None, Tell(By("XB").At("07-06 05:30").Hands(CustodyAction.Released, "XB", "XA"), By("XA").At("07-06 05:40").Says("ON_HAND"), has).Of(has).Marks);
    }

    [Theory]
    [InlineData("FORWARD_DEPARTED")]
    [InlineData("LOADED")]
    public void Who_sent_a_bag_off_no_longer_insists_on_having_it(string code)
    {
        var sent = By("GO").At("07-06 07:00").In("FRA").Says(code);
        var found = By("LH2").At("07-06 12:00").In("LIS").Says("ON_HAND");

        var story = Tell(Released, Accepted, sent, found);

        Assert.Equal(Marks.None, story.Of(found).Marks);
        Assert.Equal(new("LH2"), Holder(story).By);
    }

    [Fact]
    public void Customs_keep_a_bag_back_without_having_it()
    {
        var held = By("GVT").At("07-06 07:00").Says("HELD");

        var story = Tell(Released, Accepted, held);

        Assert.Equal("HELD", story.Bag().StatusCode);
        Assert.Equal((Go, true), Holder(story));
    }

    [Fact]
    public void A_courier_that_delivers_what_it_never_had_is_believed_and_noted()
    {
        var delivered = By("CQ").At("07-08 11:00").Says("DELIVERED");

        Assert.Equal(Marks.CustodyGap, Tell(delivered).Of(delivered).Marks);
        Assert.Equal(Phase.Returned, Tell(delivered).Bag().Phase);
        Assert.Equal(Marks.None, Tell(By("CQ").At("07-08 08:00").Says("COURIER_HAS_BAG"), delivered).Of(delivered).Marks);
    }

    [Fact]
    public void A_delivery_is_proven_when_the_customer_says_so_too()
    {
        var pickup = By("CQ").At("07-08 08:00").Says("COURIER_HAS_BAG");
        var delivered = By("CQ").At("07-08 11:00").Says("DELIVERED");

        Assert.Equal((OrganizationId.Customer, false), Holder(Tell(pickup, delivered)));
        Assert.Equal((OrganizationId.Customer, true), Holder(Tell(pickup, delivered, By("AGENT").At("07-08 12:00").Says("CONFIRMED"))));
    }

    [Fact]
    public void When_the_customer_denies_a_delivery_the_courier_answers_for_the_bag_again()
    {
        var story = Tell(By("CQ").At("07-08 08:00").Says("COURIER_HAS_BAG"), By("CQ").At("07-08 11:00").Says("DELIVERED"),
            By("CUSTOMER").At("07-08 12:00").Says("DELIVERY_DISPUTED"));

        Assert.Equal(Cq, Holder(story).By);
    }

    [Fact]
    public void Every_bag_has_its_own_hands()
    {
        var story = Case(items: 2).Tell(
            By("GO").At("07-06 06:00").Says("ON_HAND"),
            By("CQ").At("07-06 08:00").About("2").Hands(CustodyAction.Taken, "GO", null, BagCondition.DamageSeen));

        Assert.Equal(["1 GO NotChecked", "2 GO NotChecked", "2 CQ DamageSeen"], story.Custody.Select(span => $"{span.ItemId} {span.By} {span.Condition}"));
        Assert.Equal(On("07-06 08:00"), story.Custody[1].Until);
    }

    [Fact]
    public void One_bag_being_home_does_not_stop_news_about_the_other()
    {
        var home = By("CUSTOMER").At("07-06 06:00").About("1").Says("CONFIRMED");
        var loaded = By("GO").At("07-06 08:00").Says("LOADED");

        var story = Case(items: 2).Tell(home, loaded);

        Assert.Equal(Marks.None, story.Of(loaded).Marks);
        Assert.Equal(OrganizationId.Customer, story.State.Items[0].Holding?.By);
        Assert.Equal(Go, story.State.Items[1].Holding?.By);
    }

    private static (OrganizationId By, bool Proven) Holder(Story story) => (story.Bag().Holding!.By, story.Bag().Holding!.Proven);
}
