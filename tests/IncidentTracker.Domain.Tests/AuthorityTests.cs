using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>Who may say what, line by line; and what becomes of the same word from anybody else.</summary>
public sealed class AuthorityTests
{
    [Theory]
    [InlineData("GO", "ON_HAND", Marks.None)]
    [InlineData("XB", "ON_HAND", Marks.None)]
    [InlineData("APT", "ON_HAND", Marks.None)]
    [InlineData("TRW", "ON_HAND", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("CQ", "ON_HAND", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("XB", "MATCH_CONFIRMED", Marks.None)]
    [InlineData("TRW", "MATCH_CONFIRMED", Marks.None)]
    [InlineData("TRW", "MATCH_VOIDED", Marks.None)]
    [InlineData("GO", "MATCH_CONFIRMED", Marks.NotAuthorised)]
    [InlineData("XA", "MATCH_CONFIRMED", Marks.NotAuthorised)]
    [InlineData("GO", "POSSIBLE_MATCH", Marks.None)]
    [InlineData("XA", "FORWARD_PLANNED", Marks.None)]
    [InlineData("GO", "FORWARD_DEPARTED", Marks.None)]
    [InlineData("LH2", "FORWARD_MISSED", Marks.None)]
    [InlineData("CQ", "FORWARD_DEPARTED", Marks.NotAuthorised)]
    [InlineData("TRW", "FORWARD_PLANNED", Marks.NotAuthorised)]
    [InlineData("CQ", "DELIVERED", Marks.CustodyGap)]
    [InlineData("CQ", "DELIVERY_ATTEMPTED", Marks.CustodyGap)]
    [InlineData("XB", "DELIVERED", Marks.None)]
    [InlineData("CUSTOMER", "DELIVERED", Marks.None)]
    [InlineData("XA", "DELIVERED", Marks.NotAuthorised)]
    [InlineData("GO", "DELIVERED", Marks.NotAuthorised)]
    [InlineData("CUSTOMER", "CONFIRMED", Marks.None)]
    [InlineData("AGENT", "CONFIRMED", Marks.None)]
    [InlineData("XB", "CONFIRMED", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("CQ", "CONFIRMED", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("CUSTOMER", "DELIVERY_DISPUTED", Marks.None)]
    [InlineData("CQ", "DELIVERY_DISPUTED", Marks.NotAuthorised)]
    [InlineData("CUSTOMER", "DAMAGE_REPORTED", Marks.None)]
    [InlineData("HTL", "DAMAGE_REPORTED", Marks.None)]
    [InlineData("GO", "DAMAGE_REPORTED", Marks.None)]
    [InlineData("TRW", "DAMAGE_REPORTED", Marks.NotAuthorised)]
    [InlineData("GO", "HELD", Marks.None)]
    [InlineData("GVT", "HELD", Marks.None)]
    [InlineData("TRW", "HELD", Marks.NotAuthorised)]
    [InlineData("CLM", "CLAIM_OPENED", Marks.None)]
    [InlineData("XB", "CLAIM_OFFERED", Marks.None)]
    [InlineData("XA", "CLAIM_OFFERED", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("CUSTOMER", "CLAIM_SETTLED", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("XB", "DECLARED_LOST", Marks.None)]
    [InlineData("TRW", "DECLARED_LOST", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("XB", "CLOSED_LOST", Marks.None)]
    [InlineData("XA", "CLOSED_LOST", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("CUSTOMER", "CLOSED_RETURNED", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("TRW", "REOPENED", Marks.NotAuthorised)]
    public void Only_those_who_can_know_are_believed(string by, string code, Marks marks)
    {
        var word = By(by).At("07-07 10:00").Says(code);

        Assert.Equal(marks, Tell(word).Of(word).Marks);
    }

    [Fact]
    public void What_nobody_believes_changes_nothing()
    {
        var story = Tell(By("XB").At("07-06 14:02").Says("ACKNOWLEDGED"), By("XA").At("07-06 15:00").Says("CLOSED_LOST").Due("07-09 10:00"));

        Assert.Equal("ACKNOWLEDGED", story.Bag().StatusCode);
        Assert.Null(story.Bag().Eta);
    }

    [Fact]
    public void A_handler_speaks_with_the_voice_of_the_airline_it_works_for()
    {
        var own = By("IH").At("07-06 14:00").Says("ACKNOWLEDGED");
        var obo = By("IH").At("07-06 14:00").For("XB").Says("ACKNOWLEDGED");

        Assert.True(Tell(own).Of(own).Is(Marks.NotAuthorised));
        Assert.Equal("ACKNOWLEDGED", Tell(obo).Bag().StatusCode);
    }

    [Fact]
    public void Speaking_for_oneself_gives_no_courier_an_airlines_say()
    {
        var word = By("CQ").At("07-07 10:00").For("CQ").Says("FORWARD_DEPARTED");

        Assert.True(Tell(word).Of(word).Is(Marks.NotAuthorised));
    }

    [Theory]
    [InlineData("TRW", null, null, Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("TRW", null, "GO", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("LH2", "XA", "GO", Marks.NotAuthorised | Marks.Quarantined)]
    [InlineData("LH2", null, null, Marks.None)]
    [InlineData("LH2", "GO", "LH2", Marks.None)]
    [InlineData("GO", null, "XB", Marks.None)]
    [InlineData("CUSTOMER", "CQ", null, Marks.None)]
    public void Who_has_a_bag_is_said_by_those_between_whom_it_passes(string by, string? from, string? to, Marks marks)
    {
        var word = By(by).At("07-07 10:00").Hands(CustodyAction.Taken, from, to);

        Assert.Equal(marks, Tell(word).Of(word).Marks);
    }

    [Fact]
    public void Only_the_owner_shares_out_the_work()
    {
        var owner = By("XB").At("07-06 14:00").Assigns(PartyRole.CaseOwner, "XA");
        var other = By("GO").At("07-06 14:00").Assigns(PartyRole.CaseOwner, "GO");
        var customer = By("XB").At("07-06 14:00").Assigns(PartyRole.CaseOwner, "CUSTOMER");

        Assert.Equal(new OrganizationId("XA"), Tell(owner).State.Owner);
        Assert.True(Tell(other).Of(other).Is(Marks.NotAuthorised));
        Assert.Equal(new OrganizationId("XB"), Tell(other).State.Owner);
        Assert.Equal(new OrganizationId("XB"), Tell(customer).State.Owner);
    }

    /// <summary>Who says it, and what is wrong with it. The stranger is the courier ZC.</summary>
    public static TheoryData<string, string> Overreaching => new()
    {
        { "GO", "work" },
        { "AGENT", "work" },
        { "XB", "work that is only planned" },
        { "CUSTOMER", "a question" },
        { "AGENT", "a question" },
        { "HTL", "a question" },
        { "XB", "a question to itself alone" },
        { "AGENT", "a question beside LAST_SEEN" },
        { "HTL", "a question beside DELIVERY_ORDERED" },
        { "XA", "a question beside CLOSED_LOST" },
        { "GO", "a question beside SEEN_ON_THE_MOON" },
        { "TRW", "a hand-over" },
        { "LH2", "a hand-over between others" },
        { "XB", "a hand-over that is only planned" },
        { "LH2", "a hand-over that it refuses" },
        { "HTL", "a hand-over beside DELIVERY_ORDERED" },
    };

    [Theory]
    [MemberData(nameof(Overreaching))]
    public void Nobody_comes_onto_a_case_by_a_word_that_was_not_the_senders_to_say(string by, string what)
    {
        var story = Tell(By("ZC").At("07-07 09:00").Says("COURIER_HAS_BAG"), Naming(By(by).At("07-07 10:00"), what, "ZC"));

        Assert.DoesNotContain(new OrganizationId("ZC"), story.State.Parties);
        Assert.Contains(new OrganizationId("ZC"), story.State.Waiting);
    }

    [Theory]
    [InlineData("XB", "work")]
    [InlineData("XB", "a question")]
    [InlineData("CQ", "a question beside DELIVERY_ORDERED")]
    [InlineData("LH2", "a hand-over")]
    [InlineData("CUSTOMER", "a hand-over")]
    public void Whoever_is_asked_handed_the_bag_or_given_work_by_one_who_may_is_on_the_case(string by, string what)
    {
        var story = Tell(By("ZC").At("07-07 09:00").Says("COURIER_HAS_BAG"), Naming(By(by).At("07-07 10:00"), what, "ZC"));

        Assert.Contains(new OrganizationId("ZC"), story.State.Parties);
        Assert.Empty(story.State.Waiting);
    }

    [Fact]
    public void An_agent_has_no_airlines_voice_on_a_case_of_others()
    {
        var note = By("AGENT").At("07-07 09:00").Notes("The customer called.");
        var foreign = By("AGENT").At("07-07 10:00").For("ZZ").Asks("ZC").Says("FORWARD_PLANNED");
        var own = By("AGENT").At("07-07 11:00").For("XB").Asks("ZC").Says("FORWARD_PLANNED");

        Assert.True(Tell(note, foreign).Of(foreign).Is(Marks.Quarantined));
        Assert.Empty(Tell(note, foreign).State.Parties.Except(Everyone));
        Assert.Contains(new OrganizationId("ZC"), Tell(own).State.Parties);
        Assert.Equal("FORWARD_PLANNED", Tell(foreign, By("XB").At("07-07 12:00").Asks("ZZ")).Bag().StatusCode);
    }

    [Fact]
    public void A_role_that_an_owner_gave_lets_its_holder_bring_others_in_and_so_on()
    {
        var moved = By("XB").At("07-07 10:00").Assigns(PartyRole.CaseOwner, "ZZ");
        var given = By("ZZ").At("07-07 11:00").Assigns(PartyRole.Tracing, "LH2");
        var asked = By("LH2").At("07-07 08:00").Asks("ZC").Says("BAG_REQUESTED");

        Assert.DoesNotContain(new OrganizationId("ZC"), Tell(moved, asked).State.Parties);
        Assert.Equal(["ZC", "ZZ"], Tell(asked, given, moved).State.Parties.Except(Everyone).Select(party => party.Value));
    }

    [Theory]
    [InlineData("XB", "", true)]
    [InlineData("XA", "", true)]
    [InlineData("GO", "", true)]
    [InlineData("TRW", "", true)]
    [InlineData("CQ", "", true)]
    [InlineData("AGENT", "", true)]
    [InlineData("HTL", "", false)]
    [InlineData("HTL", "LAST_SEEN", false)]
    [InlineData("HTL", "READY_TO_COLLECT", true)]
    [InlineData("HTL", "SVC_IN_PROGRESS", true)]
    [InlineData("CLM", "", false)]
    [InlineData("GVT", "HELD", false)]
    [InlineData("CUSTOMER", "", false)]
    public void When_a_bag_comes_is_said_by_those_who_can_know(string by, string code, bool counts)
    {
        var word = By(by).At("07-07 10:00").On("XB", "999").Due("07-09 10:00").Says(code);

        var story = Tell(By("XB").At("07-06 14:02").Says("TRACING"), word);

        Assert.Equal(counts, story.Bag().Eta is not null);
        Assert.Equal(counts, story.Bag().Flight is not null);
        Assert.Equal(!counts, story.Of(word).Is(Marks.EtaNotAuthorised));
        Assert.Equal(code.Length > 0 ? code : "TRACING", story.Bag().StatusCode);
    }

    [Fact]
    public void A_hotel_that_has_the_bag_knows_when_it_goes_on()
    {
        var left = By("CQ").At("07-08 11:52").Asks("HTL").Says("LEFT_WITH_THIRD_PARTY");

        Assert.Equal(On("07-08 18:00"), Tell(left, By("HTL").At("07-08 12:30").Due("07-08 18:00")).Bag().Eta?.From);
    }

    [Fact]
    public void A_new_owner_may_say_what_owners_say_and_the_old_one_no_longer()
    {
        var moved = By("XB").At("07-06 14:00").Assigns(PartyRole.CaseOwner, "XA");
        var old = By("XB").At("07-06 15:00").Says("CLOSED_CANCELLED");
        var now = By("XA").At("07-06 16:00").Says("ACKNOWLEDGED");

        var story = Tell(moved, old, now);

        Assert.True(story.Of(old).Is(Marks.Quarantined));
        Assert.Equal("ACKNOWLEDGED", story.Bag().StatusCode);
    }

    [Fact]
    public void Who_holds_one_bag_has_no_say_about_another()
    {
        var pickup = By("CQ").At("07-07 08:00").About("1").Says("COURIER_HAS_BAG");
        var other = By("CQ").At("07-07 09:00").About("2").Says("ON_HAND");

        Assert.True(Case(items: 2).Tell(pickup, other).Of(other).Is(Marks.Quarantined));
    }

    [Fact]
    public void Who_found_a_bag_that_no_case_knows_may_say_so_whoever_it_is()
    {
        var scan = By("ZZ").At("07-06 07:55").In("FRA").Says("ON_HAND");
        var story = CaseFacts.Sighting.Tell(scan);

        Assert.Equal(Marks.None, story.Of(scan).Marks);
        Assert.Equal("FRA", story.Bag().Station);
    }

    [Theory]
    [InlineData("SLA_BREACHED")]
    [InlineData("ETA_PASSED")]
    [InlineData("PARTNER_SILENT")]
    [InlineData("PRIVACY_ERASED")]
    public void The_hubs_own_words_are_refused_from_anybody(string code) =>
        Assert.Equal([Refusals.StatusCodeReserved], Updates.Check(By("XB").At("07-06 10:00").Says(code)).Select(violation => violation.Why));

    [Fact]
    public void Nobody_speaks_for_a_party_it_does_not_act_for()
    {
        Assert.Equal([Refusals.PartyMismatch], Updates.Check(By("LH2").At("07-06 10:00").For("XB").Says("ON_HAND")).Select(violation => violation.Why));
        Assert.Empty(Updates.Check(By("IH").At("07-06 10:00").For("XB").Says("ON_HAND")));
    }

    private static Claim Naming(Claim claim, string what, string party) => what switch
    {
        "work" => claim.Assigns(PartyRole.Courier, party),
        "work that is only planned" => claim.Assigns(PartyRole.Courier, party) with { Classifier = Classifier.Planned },
        "a question" => claim.Asks(party),
        "a question to itself alone" => claim.Asks(party).ForItself(),
        "a hand-over" => claim.Hands(CustodyAction.Released, to: party),
        "a hand-over between others" => claim.Hands(CustodyAction.Taken, "XA", party),
        "a hand-over that it refuses" => claim.Hands(CustodyAction.Refused, claim.By.Value, party),
        "a hand-over that is only planned" => claim.Hands(CustodyAction.Released, to: party) with { Classifier = Classifier.Planned },
        "a hand-over beside DELIVERY_ORDERED" => claim.Hands(CustodyAction.Released, to: party).Says("DELIVERY_ORDERED"),
        _ => claim.Asks(party).Says(what.Split(' ')[^1]),
    };
}
