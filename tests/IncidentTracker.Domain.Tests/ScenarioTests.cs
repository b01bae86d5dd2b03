using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>The stories the hub was made for, told from beginning to end.</summary>
public sealed class ScenarioTests
{
    // Two connections, two airlines, silence, damage on delivery.
    private static readonly Claim FoundLate = By("GO").At("07-06 16:05").Heard("07-06 20:41").In("FRA").Says("ON_HAND");
    private static readonly Claim Departed = By("GO").At("07-07 07:02").In("FRA").On("XB", "451").Due("07-07 13:05").Says("FORWARD_DEPARTED");
    private static readonly Claim Missed = By("LH2").At("07-07 11:20").Heard("07-07 13:26").In("LIS").Says("FORWARD_MISSED");
    private static readonly Claim SeenDamaged = By("HTL").At("07-08 12:30").Hands(CustodyAction.Accepted, "CQ", "HTL", BagCondition.DamageSeen).WithProof();

    private static readonly Claim[] Origin =
    [
        By("XA").At("07-06 05:10").In("GDN").Hands(CustodyAction.Taken, "CUSTOMER", "XA", BagCondition.Ok),
        By("XA").At("07-06 05:58").In("GDN").On("XA", "101").Says("LOADED"),
        By("GO").At("07-06 07:55").In("FRA").Says("OFFLOADED"),
        By("XB").At("07-06 08:41").In("FRA").Says("PRE_ALERTED"),
        By("IH").At("07-06 13:57").For("XB").In("FNC").Says("REPORTED"),
        By("XB").At("07-06 14:02").Says("ACKNOWLEDGED"),
        By("TRW").At("07-06 14:10").Says("TRACING"),
        By("XB").At("07-06 18:30").Asks("GO").Notes("Is the tag in your store?"),
        FoundLate,
        By("TRW").At("07-06 20:55").In("FRA").Says("POSSIBLE_MATCH"),
        By("XB").At("07-06 21:05").In("FRA").Says("MATCH_CONFIRMED"),
        By("XB").At("07-06 21:10").Asks("GO").Says("BAG_REQUESTED"),
        By("GO").At("07-07 05:30").In("FRA").On("XB", "451").Due("07-07 13:05").Says("FORWARD_PLANNED"),
        Departed,
        Missed,
        By("XB").At("07-07 16:20").On("XB", "1695").Due("07-07 20:55").Says("FORWARD_PLANNED"),
        By("XB").At("07-07 18:58").In("LIS").On("XB", "1695").Says("FORWARD_DEPARTED"),
        By("XB").At("07-07 20:58").In("FNC").Says("ARRIVED_STATION"),
        By("XB").At("07-07 21:20").Asks("CQ").Says("DELIVERY_ORDERED"),
        By("CQ").At("07-08 07:40").Hands(CustodyAction.Taken, "XB", "CQ").Says("COURIER_HAS_BAG"),
        By("CQ").At("07-08 09:15").Due("07-08 10:30", "07-08 12:30").Says("OUT_FOR_DELIVERY"),
        By("CQ").At("07-08 11:52").Asks("HTL").Says("LEFT_WITH_THIRD_PARTY"),
        SeenDamaged,
        By("CUSTOMER").At("07-08 18:10").Says("DELIVERED"),
        By("CUSTOMER").At("07-08 18:10").Says("DAMAGE_REPORTED").WithProof(),
        By("XB").At("07-08 18:40").Says("ACKNOWLEDGED"),
    ];

    [Fact]
    public void News_that_comes_late_stands_where_it_happened_and_says_how_late_it_came()
    {
        var lines = Tell(Origin).Entries;
        var at = lines.IndexOf(lines.Single(entry => entry.Claim.Id == FoundLate.Id));

        Assert.Equal("TRACING", lines[at - 1].Claim.StatusCode);
        Assert.Equal("Is the tag in your store?", lines[at + 1].Claim.StaffText);
        Assert.Equal("reported 4 h 36 late", Sentences.ReportedLate(FoundLate));
        Assert.Equal("Found at Frankfurt", Sentences.Line(lines.First(entry => entry.Claim.StatusCode == "MATCH_CONFIRMED"), NameOf));
    }

    [Fact]
    public void A_missed_flight_that_is_told_late_still_replaces_the_departure()
    {
        var story = Tell([.. Origin.TakeWhile(claim => claim != Missed), Missed]);

        Assert.Equal("FORWARD_MISSED", story.Bag().StatusCode);
        Assert.Null(story.Bag().Eta);
        Assert.Equal("Your bag missed its flight at Lisbon. A new plan is needed now.", story.Now());
    }

    [Fact]
    public void Damage_arose_between_the_last_good_check_and_the_first_bad_one()
    {
        var window = DamageWindow.Of(Tell(Origin))!;

        Assert.Equal((On("07-06 05:10"), On("07-08 12:30"), new OrganizationId("HTL")), (window.From!.Value, window.Until, window.SeenBy));
        Assert.Equal(["CQ", "GO", "IH", "LH2", "XA", "XB"], window.NotExcluded.Select(party => party.Value).Order());
    }

    [Fact]
    public void Who_kept_silent_while_it_had_the_bag_is_not_excluded_either()
    {
        var window = DamageWindow.Of(Tell(By("XA").At("07-06 05:10").Hands(CustodyAction.Taken, "CUSTOMER", "XA", BagCondition.Ok),
            By("XA").At("07-06 06:00").Hands(CustodyAction.Released, "XA", "LH2"), SeenDamaged))!;

        Assert.Equal(["LH2", "XA"], window.NotExcluded.Select(party => party.Value).Order());
    }

    [Fact]
    public void A_bag_nobody_saw_damaged_has_no_damage_window() => Assert.Null(DamageWindow.Of(Tell(Departed)));

    [Fact]
    public void The_customer_reads_that_the_bag_is_back_and_that_the_damage_is_known() => Assert.Equal(
        "Your bag is recorded as delivered. Please tell us if you have it, or if anything is wrong. Damage to your bag has been recorded. Example Wings now has to answer.",
        Tell(Origin).Now());

    [Fact]
    public void The_bag_went_through_these_hands() =>
        Assert.Equal(["XA", "GO", "XB", "CQ", "HTL", "CUSTOMER"], Tell(Origin).Custody.Select(span => span.By.Value));

    [Fact]
    public void However_an_outage_shuffles_the_news_the_latest_event_counts()
    {
        var loaded = By("LH2").At("07-06 12:40").Heard("07-06 14:02").Says("LOADED") with { UpdateId = "7781" };
        var arrived = By("LH2").At("07-06 11:05").Heard("07-06 14:02").Says("ARRIVED_STATION") with { UpdateId = "7779" };
        var again = arrived with { UpdateId = "7790" };

        var story = Tell(loaded, arrived, again);

        Assert.Equal("LOADED", story.Bag().StatusCode);
        Assert.Equal(Marks.Late, story.Of(loaded).Marks);
        Assert.Equal(Marks.Late | Marks.ProbableDuplicate, story.Of(again).Marks);
    }

    [Fact]
    public void An_old_plan_never_overwrites_a_newer_one()
    {
        var old = By("LH2").At("07-06 09:50").Heard("07-06 14:03").Due("07-06 12:00").Says("FORWARD_PLANNED");
        var departed = By("LH2").At("07-06 10:30").Due("07-06 15:00").Says("FORWARD_DEPARTED");
        var estimate = By("LH2").At("07-06 09:55").Heard("07-06 14:04").Due("07-06 11:00").Plans("FORWARD_PLANNED");

        Assert.Equal(On("07-06 15:00"), Tell(departed, old, estimate).Bag().Eta!.From);
    }

    [Fact]
    public void A_wrong_bag_is_taken_off_the_story_with_everything_that_happened_to_it()
    {
        var possible = By("TRW").At("07-06 17:10").In("FNC").Says("POSSIBLE_MATCH");
        var match = By("XB").At("07-06 17:40").In("FNC").Says("MATCH_CONFIRMED");
        var departed = By("XB").At("07-06 19:00").On("XB", "1690").Says("FORWARD_DEPARTED");
        var arrived = By("XB").At("07-07 08:00").In("LIS").Says("ARRIVED_STATION");
        var withdrawn = By("XB").At("07-07 09:35").Says("MATCH_VOIDED").Voids(match);

        var story = Tell(By("TRW").At("07-06 14:10").Says("TRACING"), possible, match, departed, arrived, withdrawn);

        Assert.All(new[] { match, departed, arrived }, claim =>
        {
            Assert.True(story.Of(claim).Is(Marks.Withdrawn));
            Assert.Equal(On("07-07 09:35"), story.Of(claim).WithdrawnAt);
        });
        Assert.Null(story.Of(possible).WithdrawnAt);
        Assert.Equal(Phase.Searching, story.Bag().Phase);
        Assert.Equal("We are sorry: the bag that was found is not yours. The search goes on.", story.Now());
    }

    [Fact]
    public void A_courier_that_was_wrong_once_has_to_prove_the_next_delivery()
    {
        var pickup = By("CQ").At("07-08 08:00").Says("COURIER_HAS_BAG");
        var first = By("CQ").At("07-08 11:20").Says("DELIVERED");
        var denied = By("CUSTOMER").At("07-08 11:45").Says("DELIVERY_DISPUTED");
        var repeated = By("CQ").At("07-08 12:10").Says("DELIVERED");
        var void1 = By("CQ").At("07-08 13:05").Voids(first);
        var void2 = By("CQ").At("07-08 13:05").Voids(repeated);
        var attempted = By("CQ").At("07-08 11:20").Heard("07-08 13:06").Says("DELIVERY_ATTEMPTED");
        var proven = By("CQ").At("07-08 16:40").Says("DELIVERED").WithProof();
        var confirmed = By("CUSTOMER").At("07-08 16:50").Says("CONFIRMED");

        var disputed = Tell(pickup, first, denied, repeated);
        Assert.Equal(Marks.EvidenceMissing, disputed.Of(repeated).Marks);
        Assert.Equal(Phase.Delivery, disputed.Bag().Phase);
        Assert.Equal("You told us that you do not have your bag. Example Wings now has to find out what happened.", disputed.Now());

        var corrected = Tell(pickup, first, denied, repeated, void1, void2, attempted);
        Assert.Equal(Phase.Delivery, corrected.Bag().Phase);
        Assert.Equal(On("07-08 13:05"), corrected.Of(first).WithdrawnAt);

        Assert.Equal("DELIVERED", Tell(pickup, first, denied, repeated, void1, void2, attempted, proven).Bag().StatusCode);
        Assert.Equal("CONFIRMED", Tell(pickup, first, denied, repeated, void1, void2, attempted, proven, confirmed).Bag().StatusCode);
    }

    [Theory]
    [InlineData("OUT_FOR_DELIVERY", "DELIVERED")]
    [InlineData("COURIER_HAS_BAG", "COLLECTED")]
    public void Driving_round_the_block_does_not_replace_the_proof(string between, string then)
    {
        var unproven = By("CQ").At("07-08 15:00").Says(then);
        var story = Tell(By("CQ").At("07-08 11:20").Says("DELIVERED"), By("CUSTOMER").At("07-08 11:45").Says("DELIVERY_DISPUTED"),
            By("CQ").At("07-08 14:00").Says(between), unproven);

        Assert.True(story.Of(unproven).Is(Marks.EvidenceMissing));
        Assert.Equal(between, story.Bag().StatusCode);
    }

    [Fact]
    public void A_wrong_match_takes_away_neither_the_other_bag_nor_the_customers_own_word()
    {
        var match = By("XB").At("07-06 17:40").About("1").Says("MATCH_CONFIRMED");
        var other = By("GO").At("07-06 18:00").About("2").In("FRA").Says("ON_HAND");
        var confirmed = By("CUSTOMER").At("07-06 19:00").About("1").Says("CONFIRMED");

        var story = Case(items: 2).Tell(match, other, confirmed, By("XB").At("07-07 09:35").Voids(match));

        Assert.Equal(["CONFIRMED", "ON_HAND"], story.State.Items.Select(item => item.StatusCode));
    }

    [Fact]
    public void A_delivery_without_the_proof_that_was_asked_for_leaves_the_bag_with_the_courier()
    {
        var story = Tell(By("CQ").At("07-08 08:00").Says("COURIER_HAS_BAG"), By("CQ").At("07-08 11:20").Says("DELIVERED"),
            By("CUSTOMER").At("07-08 11:45").Says("DELIVERY_DISPUTED"), By("CQ").At("07-08 12:10").Says("DELIVERED"));

        Assert.Equal(new OrganizationId("CQ"), story.Bag().Holding?.By);
    }
}
