using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>What the customer reads, and the agent reads out.</summary>
public sealed class SentencesTests
{
    [Fact]
    public void Before_anybody_said_anything_the_report_is_all_that_is_certain() =>
        Assert.Equal("We have your report. Example Wings now needs to confirm it.", Tell().Now());

    [Fact]
    public void An_owner_without_a_name_is_the_airline() =>
        Assert.Equal("We have your report. The airline now needs to confirm it.", Sentences.Now(Case(), Tell().State, _ => ""));

    [Fact]
    public void The_sentence_names_place_flight_and_time_when_they_are_known()
    {
        var departed = By("GO").At("07-07 07:02").In("FRA").On("XB", "451").Due("07-07 12:05", zone: "Atlantic/Madeira").Says("FORWARD_DEPARTED");

        Assert.Equal("Your bag left Frankfurt on flight XB 451. Expected arrival: Tuesday 7 July, 13:05.", Tell(departed).Now());
    }

    [Fact]
    public void An_expected_time_that_has_passed_is_named_as_not_confirmed()
    {
        var story = Tell(By("GO").At("07-07 07:02").In("FRA").On("XB", "451").Due("07-07 12:05").Says("FORWARD_DEPARTED"));

        Assert.Contains("12:05", Sentences.Now(Case(), story.State, NameOf, On("07-07 12:05")), StringComparison.Ordinal);
        Assert.Equal("Your bag left Frankfurt on flight XB 451. Due Tuesday 7 July, 12:05, not confirmed.", Sentences.Now(Case(), story.State, NameOf, On("07-07 12:06")));
    }

    [Fact]
    public void The_line_that_says_that_a_time_has_passed_names_it_on_the_clock_of_the_place()
    {
        var departed = By("GO").At("07-07 07:02").In("FRA").Due("07-07 12:05", zone: "Atlantic/Madeira").Says("FORWARD_DEPARTED");
        var watch = Clocks.All(SlaBook.Default, Case(), On("07-07 07:00"), [departed]).Watch;
        var passed = HubWords.Due(SlaBook.Default, Tell(departed).State, watch, On("07-07 12:06")).Single(word => word.StatusCode == HubWords.EtaPassed);
        var story = Tell(departed, passed);

        Assert.Equal("Due Tuesday 7 July, 13:05, not confirmed", Sentences.Line(story.Of(passed), NameOf, story));
    }

    [Fact]
    public void While_two_disagree_about_a_bag_nobody_is_said_to_have_it()
    {
        var onHand = By("GO").At("07-06 16:05").In("FRA").Says("ON_HAND");
        var story = Tell(onHand, By("GO").At("07-06 17:05").Hands(CustodyAction.Released, "GO", "CQ"), By("CQ").At("07-06 17:30").Hands(CustodyAction.Refused));

        Assert.Equal("Two companies say different things about where your bag is. Finding out is our job.", story.Now());
    }

    [Fact]
    public void A_delivery_whose_window_is_over_was_planned()
    {
        var story = Tell(By("CQ").At("07-08 08:00").Due("07-08 10:30", "07-08 12:30").Says("DELIVERY_SCHEDULED"));

        Assert.Equal("Quick Courier has planned the delivery of your bag: Wednesday 8 July, 10:30 to 12:30.", Sentences.Now(Case(), story.State, NameOf, On("07-08 12:30")));
        Assert.Equal("The delivery of your bag was planned for Wednesday 8 July, 10:30 to 12:30. Nobody has confirmed it yet.", Sentences.Now(Case(), story.State, NameOf, On("07-08 12:31")));
    }

    [Theory]
    [InlineData("", "Your bag is being held at Frankfurt. We do not know the reason yet.")]
    [InlineData("73", "Your bag is being held at Frankfurt: customs inspection.")]
    [InlineData("63", "Your bag is being held at Frankfurt: security check.")]
    [InlineData("62", "Your bag is being held at Frankfurt: bad weather.")]
    [InlineData("26", "Your bag is being held at Frankfurt: a reason was given.")]        // what it says is disputed between airlines
    [InlineData("OUR_OWN_CODE", "Your bag is being held at Frankfurt: a reason was given.")]
    public void A_reason_that_was_given_is_said_in_plain_words(string reason, string sentence)
    {
        var story = Tell(By("GO").At("07-06 16:05").In("FRA").Says("ON_HAND"), By("GO").At("07-06 17:05").In("FRA").Says("HELD") with { ReasonCode = reason });

        Assert.Equal(sentence, story.Now());
        Assert.DoesNotContain("reason yet", reason.Length > 0 ? Tell(By("XB").At("07-06 17:05").Says("SVC_WAITING") with { ReasonCode = reason }).Now(Case(kind: IncidentKind.ServiceIncident)) : "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("07-08 10:30", "07-08 12:30", "Z", "Wednesday 8 July, 10:30 to 12:30")]
    [InlineData("07-08 22:30", "07-09 00:30", "+01:00", "Wednesday 8 July, 23:30 to Thursday 9 July, 01:30")]
    [InlineData("07-08 10:30", null, "Europe/Lisbon", "Wednesday 8 July, 11:30")]
    [InlineData("07-08 10:30", null, "nowhere", "Wednesday 8 July, 10:30 UTC")]
    public void A_time_or_a_window_is_said_on_the_clock_of_the_place(string from, string? to, string zone, string said) => Assert.Equal(
        $"Quick Courier has planned the delivery of your bag: {said}.", Tell(By("CQ").At("07-08 08:00").Due(from, to, zone).Says("DELIVERY_SCHEDULED")).Now());

    [Fact]
    public void A_station_that_nobody_listed_keeps_its_letters() =>
        Assert.Equal("Your bag has been found at QQQ. The next step is to get it to you.", Tell(By("XB").At("07-06 10:00").In("QQQ").Says("MATCH_CONFIRMED")).Now());

    [Fact]
    public void A_place_the_bag_has_left_is_not_named_any_more()
    {
        var departed = By("GO").At("07-07 07:02").In("FRA").Says("FORWARD_DEPARTED");
        var onHand = By("GO").At("07-06 16:05").In("FRA").Says("ON_HAND");

        Assert.Equal("Your bag was unloaded after its flight.", Tell(departed, By("LH2").At("07-07 10:00").Says("OFFLOADED")).Now());
        Assert.Equal("Your bag is being kept for you. The next step is to get it to you.",
            Tell(onHand, By("LH2").At("07-07 10:00").Hands(CustodyAction.Accepted, "GO", "LH2")).Now());
    }

    [Fact]
    public void The_customer_is_never_named_as_somebody_else()
    {
        var story = Tell(By("XB").At("07-08 10:00").Asks("CUSTOMER").Says("LEFT_WITH_THIRD_PARTY"));

        Assert.Equal("Your bag was left with someone for you. Please tell us when you have it.", story.Now());
    }

    [Fact]
    public void A_right_to_claim_is_never_hidden_by_the_search()
    {
        var story = Tell(By("TRW").At("07-28 10:00").Says("TRACING"), By("XB").At("07-27 10:00").Says("DECLARED_LOST"));

        Assert.Equal("TraceWell is looking for your bag. It has not been found yet. Your bag has not been found and now counts as lost. You can claim for its loss.", story.Now());
    }

    [Fact]
    public void A_repair_is_not_under_way_in_a_case_that_is_closed()
    {
        var repair = By("XB").At("07-11 09:30").Says("REPAIR_IN_PROGRESS");
        var returned = By("XB").At("07-08 18:10").Says("DELIVERED");

        Assert.EndsWith("Your bag is being repaired.", Tell(returned, repair).Now(), StringComparison.Ordinal);
        Assert.DoesNotContain("repaired", Tell(returned, repair, By("XB").At("07-14 15:20").Says("CLOSED_RETURNED")).Now(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_about_damage_speaks_of_the_damage()
    {
        var facts = Case(kind: IncidentKind.DamagedBag);

        Assert.Equal("Damage to your bag has been recorded. Example Wings now has to answer.", facts.Tell(By("CUSTOMER").At("07-08 10:00").Says("DAMAGE_REPORTED")).Now(facts));
    }

    [Fact]
    public void Whatever_happens_there_is_a_sentence_without_codes_or_gaps() => AnyCase.Obey(1000, told =>
    {
        var story = told.Tell();
        string[] texts = [Sentences.Now(told.Facts, story.State, NameOf), .. story.Entries.Select(entry => Sentences.Line(entry, NameOf))];

        Assert.All(texts, text =>
        {
            Assert.NotEmpty(text);
            Assert.DoesNotMatch(@"[{}_]|\s\s| [.,:]|MOON|CUSTOMER", text);
        });
    });

    [Theory]
    [InlineData("SEEN_ON_THE_MOON", "Other news")]
    [InlineData("MATCH_CONFIRMED", "Found at Frankfurt")]
    [InlineData("FORWARD_DEPARTED", "Left Frankfurt")]
    [InlineData("TRACING", "Search goes on")]
    public void A_line_of_the_history_says_what_happened_where(string code, string line) =>
        Assert.Equal(line, Line(By("XB").At("07-06 10:00").In("FRA").Says(code)));

    [Fact]
    public void A_flight_that_was_only_planned_has_not_left()
    {
        Assert.Equal("Expected time changed", Line(By("XB").At("07-06 10:00").In("FRA").Due("07-06 18:00").Plans("FORWARD_DEPARTED")));
        Assert.Equal("Plan changed", Line(By("XB").At("07-06 10:00").In("FRA").Plans("FORWARD_DEPARTED")));
        Assert.Equal("Flight XB 451 planned", Line(By("XB").At("07-06 10:00").On("XB", "451").Plans("FORWARD_PLANNED")));
    }

    [Theory]
    [InlineData(CustodyAction.Taken, "Bag taken over")]
    [InlineData(CustodyAction.Accepted, "Bag taken over")]
    [InlineData(CustodyAction.Released, "Bag handed over")]
    [InlineData(CustodyAction.Offered, "Bag offered")]
    [InlineData(CustodyAction.Refused, "Bag not taken over")]
    public void A_hand_over_has_a_line_of_its_own(CustodyAction action, string line) => Assert.Equal(line, Line(By("GO").At("07-06 10:00").Hands(action)));

    [Theory]
    [InlineData(0, "0 min")]
    [InlineData(59, "59 min")]
    [InlineData(60, "1 h 00")]
    [InlineData(276, "4 h 36")]
    [InlineData(2879, "47 h 59")]
    [InlineData(2880, "2 days")]
    [InlineData(4500, "3 days")]
    public void Lateness_is_said_in_hours_and_then_in_days(int minutes, string said) => Assert.Equal(said, Sentences.Lateness(Duration.FromMinutes(minutes)));

    [Fact]
    public void What_was_not_late_is_not_called_late() =>
        Assert.Equal("", Sentences.ReportedLate(By("GO").At("07-06 10:00").Heard("07-06 10:59").Says("LOADED")));

    [Fact]
    public void Everybody_sees_who_was_heard_last()
    {
        var story = Tell(By("GO").At("07-06 16:05").Heard("07-06 20:41").Says("ON_HAND"));

        Assert.Equal("Last heard from GroundOne on Monday 6 July, 22:41.", Sentences.LastHeard(story.State, "Europe/Berlin", NameOf));
        Assert.Equal("Last heard from you on Monday 6 July, 10:00.", Sentences.LastHeard(Tell(By("CUSTOMER").At("07-06 10:00").Says("LAST_SEEN")).State, "Z", NameOf));
        Assert.Equal("", Sentences.LastHeard(Tell().State, "Z", NameOf));
    }

    private static string Line(Claim claim) => Sentences.Line(Tell(claim).Of(claim), NameOf);
}
