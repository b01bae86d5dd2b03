using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests.Sla;

/// <summary>Whose word is waited for, where the plain rule "the party of the status" would ask the wrong one.</summary>
public sealed class DutyTests
{
    private static readonly Claim Damaged = By("CUSTOMER").At("07-08 18:10").Says("DAMAGE_REPORTED");
    private static readonly Claim Delivered = By("CUSTOMER").At("07-08 18:10").Says("DELIVERED");

    [Fact]
    public void A_decision_about_damage_is_followed_up_by_whoever_made_it_and_never_by_the_customer()
    {
        var assessed = By("XB").At("07-10 10:00").Says("DAMAGE_ASSESSED");

        Assert.Equal(new("XB"), Owed(Track.Damage, Delivered, Damaged, assessed).Party);
        Assert.Equal(new("CLM"), Owed(Track.Damage, Delivered, Damaged, By("XB").At("07-09 10:00").Assigns(PartyRole.Claims, "CLM"), assessed).Party);
    }

    [Fact]
    public void A_repair_is_told_of_by_the_workshop_and_a_claim_by_the_office_that_has_it()
    {
        Assert.Equal(new("HTL"), Owed(Track.Damage, Delivered, Damaged, By("HTL").At("07-11 10:00").Says("REPAIR_IN_PROGRESS")).Party);
        Assert.Equal(new("CLM"), Owed(Track.Claim, By("TRW").At("07-08 10:00").Says("TRACING"), By("CLM").At("07-09 10:00").Says("CLAIM_OPENED")).Party);
        Assert.Equal(new("XB"), Owed(Track.Claim, By("TRW").At("07-08 10:00").Says("TRACING"), By("XB").At("07-09 10:00").Says("DECLARED_LOST")).Party);
    }

    [Fact]
    public void Damage_is_answered_first_and_then_decided_on()
    {
        Assert.Equal(On("07-08 22:10"), Owed(Track.Damage, Delivered, Damaged).DueAt);

        var decided = Owed(Track.Damage, Delivered, Damaged, By("XB").At("07-08 18:40").Notes("We have it and look at it."));
        Assert.Equal((new("XB"), 2, On("07-15 18:40")), (decided.Party, decided.Cycle, decided.DueAt));
    }

    [Fact]
    public void A_planned_delivery_is_the_couriers_word_also_while_the_airline_still_has_the_bag()
    {
        Claim[] ordered = [By("XB").At("07-07 21:00").Says("ARRIVED_STATION"), By("XB").At("07-07 21:20").Says("DELIVERY_ORDERED").Asks("CQ")];

        Assert.Equal(new("CQ"), Owed(Track.Main, [.. ordered, By("CQ").At("07-07 22:00").Says("DELIVERY_SCHEDULED")]).Party);
        Assert.Equal(new("CQ"), Owed(Track.Main, [.. ordered, By("XB").At("07-07 22:00").Says("DELIVERY_SCHEDULED")]).Party);
    }

    [Fact]
    public void Nobody_gets_rid_of_a_duty_by_asking_the_customer() =>
        Assert.Equal(new("GO"), Owed(Track.Main, By("GO").At("07-06 10:00").Says("ON_HAND").Asks("CUSTOMER")).Party);

    [Theory]
    [InlineData("INFO_NEEDED", "07-06 16:00")]
    [InlineData("ADDRESS_NEEDED", "07-06 14:00")]
    public void When_the_customer_has_answered_whoever_asked_owes_the_next_word(string status, string due)
    {
        var asked = By("IH").At("07-06 10:00").Says(status);
        Assert.Equal(OrganizationId.Customer, Owed(Track.Main, asked).Party);

        var answered = Owed(Track.Main, asked, By("CUSTOMER").At("07-06 12:00").Notes("Here it is."));
        Assert.Equal((new("IH"), On(due)), (answered.Party, answered.DueAt));

        var silent = Watchman.Live(Case(), [asked, By("CUSTOMER").At("07-06 12:00").Notes("Here it is.")], On("07-07 00:00"));
        Assert.Contains(silent.Words, word => word.StatusCode == HubWords.Breached && word.Judgement!.Party == new OrganizationId("IH"));
        Assert.Equal(new("IH"), Ledger.Of(SlaBook.Default, Case(), On("07-06 10:00"), silent.Heard, On("07-06 13:00")).Spans[^1].Who);

        Assert.Equal(OrganizationId.Customer, Owed(Track.Main, asked, By("CUSTOMER").At("07-06 12:00").Notes("Here it is."), By("IH").At("07-06 13:00").Says(status)).Party);
    }

    [Fact]
    public void What_an_agent_writes_down_for_the_customer_is_no_word_of_its_airline()
    {
        var arrived = By("XB").At("07-06 10:00").Says("ARRIVED_STATION");
        var call = By("AGENT").At("07-06 11:00").Notes("Customer called: where is it?");

        Assert.Equal(On("07-06 12:00"), Owed(Track.Main, arrived, call).DueAt);
        Assert.Equal(On("07-06 13:00"), Owed(Track.Main, arrived, call with { OnBehalfOf = new("XB") }).DueAt);
    }

    [Fact]
    public void Once_the_hotel_has_taken_the_bag_the_customer_has_to_say_that_it_is_there()
    {
        var left = By("CQ").At("07-08 11:52").Says("LEFT_WITH_THIRD_PARTY").Asks("HTL");
        Assert.Equal(new("HTL"), Owed(Track.Main, left).Party);

        Claim[] taken = [left, By("HTL").At("07-08 12:30").Hands(CustodyAction.Accepted, "CQ", condition: BagCondition.DamageSeen)];
        Assert.Equal(OrganizationId.Customer, Owed(Track.Main, taken).Party);
        Assert.Empty(Watchman.Live(Case(), taken, On("07-09 12:00")).Words);
    }

    [Fact]
    public void A_tracing_team_that_proposed_a_match_goes_on_searching_when_it_was_the_wrong_bag()
    {
        var confirmed = By("XB").At("07-06 17:40").Says("MATCH_CONFIRMED");
        var clock = Owed(Track.Main, By("TRW").At("07-06 17:10").Says("POSSIBLE_MATCH"), confirmed, By("XB").At("07-07 09:35").Voids(confirmed).Says("MATCH_VOIDED"));

        Assert.Equal(("MATCH_VOIDED", new("TRW"), On("07-07 11:35")), (clock.Status, clock.Party, clock.DueAt));
    }

    [Theory]
    [InlineData("notes")]
    [InlineData("places")]
    [InlineData("places in words")]
    [InlineData("names")]
    [InlineData("unknown codes")]
    [InlineData("plans")]
    [InlineData("estimates of the past")]
    [InlineData("estimates of far away")]
    [InlineData("estimates by the minute")]
    [InlineData("a proof")]
    [InlineData("a flight")]
    [InlineData("a flight by hearsay")]
    [InlineData("corrections of nothing")]
    [InlineData("corrections of its own notes")]
    [InlineData("replacements")]
    [InlineData("old scans")]
    public void Still_searching_counts_three_times_in_whatever_words_it_is_said(string how)
    {
        var lis = new Place("LIS", "", "");
        var began = By("TRW").At("07-06 10:00").Says("TRACING").On("XB", "1695").Due("07-07 10:00").WithProof() with { PlacesChecked = [lis] };
        var seen = By("XB").At("07-06 09:00").Says("LAST_SEEN") with { Place = lis };
        Claim Hollow(int hour)
        {
            var word = By("TRW").At($"07-06 {hour}:00");
            return how switch
            {
                "notes" => word.Notes("Still searching."),
                "places" => word.Says("TRACING") with { PlacesChecked = [lis] },
                "places in words" => word.Says("TRACING") with { PlacesChecked = [new("", "", $"shelf {hour}")] },
                "unknown codes" => word.Says($"SEARCH_{hour}"),
                "plans" => word.Plans(hour % 2 == 0 ? "FORWARD_PLANNED" : "POSSIBLE_MATCH"),
                "estimates of the past" => word.Due($"07-05 {hour}:00"),
                "estimates of far away" => word.Due($"07-20 {hour}:00"),
                "estimates by the minute" => word.Due($"07-07 10:{hour}"),
                "a proof" => word.WithProof(),
                "a flight" => word.On("XB", "1695"),
                "a flight by hearsay" => By("TRW").At($"07-06 {hour}:00") with { Flight = new("XB", $"{hour}", null, "", ""), Happened = new(On("07-06 09:00"), "Z", Offset.Zero, TimePrecision.Minute) },
                "corrections of nothing" => word with { Correction = new(CorrectionKind.Void, new(new("TRW"), $"never said {hour}"), CorrectionReason.DidNotOccur) },
                "corrections of its own notes" => hour % 2 == 1 ? word.Notes("x") with { UpdateId = $"n{hour}" } : word with { Correction = new(CorrectionKind.Void, new(new("TRW"), $"n{hour - 1}"), CorrectionReason.DidNotOccur) },
                "replacements" => (word with { Correction = new(CorrectionKind.Replace, new(new("TRW"), hour == 11 ? began.UpdateId : $"r{hour - 1}"), CorrectionReason.IncorrectData), UpdateId = $"r{hour}" }).Says("TRACING"),
                "old scans" => word.Says("LAST_SEEN") with { Place = lis, Happened = seen.Happened },
                _ => word.Says(hour % 2 == 0 ? "TRACING" : "SECONDARY_TRACING"),
            };
        }

        // Another name for the search is news once.
        var third = Owed(Track.Main, [seen, began, .. Enumerable.Range(11, how == "names" ? 4 : 3).Select(Hollow)]);
        var tenth = Owed(Track.Main, [seen, began, .. Enumerable.Range(11, 10).Select(Hollow)]);
        Assert.Equal((third.Number, third.DueAt), (tenth.Number, tenth.DueAt));

        var found = By("TRW").At("07-06 23:00").Says("TRACING") with { PlacesChecked = [lis, new("FNC", "", "")] };
        Assert.Equal(On("07-06 23:00"), Owed(Track.Main, [seen, began, .. Enumerable.Range(11, 10).Select(Hollow), found]).StartedAt);
    }

    [Theory]
    [InlineData("another status")]
    [InlineData("a place")]
    [InlineData("a time")]
    [InlineData("a flight")]
    [InlineData("a proof")]
    [InlineData("a hand-over")]
    [InlineData("a replacement that names another place")]
    public void News_counts_however_often_it_was_only_still_searching(string what)
    {
        Claim[] searching = [By("IH").At("07-06 10:00").Says("ON_HAND").In("FNC"), .. Enumerable.Range(11, 8).Select(hour => By("IH").At($"07-06 {hour}:00").Says("ON_HAND").In("FNC"))];
        var word = By("IH").At("07-06 20:00");
        word = what switch
        {
            "another status" => word.Says("HELD"),
            "a place" => word.Says("ON_HAND").In("LIS"),
            "a time" => word.Due("07-07 10:00"),
            "a flight" => word.On("XB", "1701"),
            "a proof" => word.WithProof(),
            "a hand-over" => word.Hands(CustodyAction.Offered, to: "CQ"),
            _ => word.Replaces(searching[^1]).Says("ON_HAND").In("LIS"),
        };
        Assert.Equal(On("07-06 20:00"), Owed(Track.Main, [.. searching, word]).StartedAt);
    }

    [Fact]
    public void A_courier_that_tries_again_every_day_has_told_something_each_time()
    {
        var tries = Enumerable.Range(6, 25).SelectMany(day => new[] { By("CQ").At($"07-{day:00} 09:00").Says("OUT_FOR_DELIVERY"), By("CQ").At($"07-{day:00} 11:00").Says("DELIVERY_ATTEMPTED") });
        Assert.Equal(On("07-30 11:00"), Owed(Track.Main, [By("CQ").At("07-06 08:00").Says("COURIER_HAS_BAG"), .. tries]).StartedAt);

        // To plan it again every day is no attempt.
        var plans = Enumerable.Range(6, 9).Select(day => By("CQ").At($"07-{day:00} 09:00").Says("DELIVERY_SCHEDULED"));
        Assert.Equal(On("07-09 09:00"), Owed(Track.Main, [By("CQ").At("07-06 08:00").Says("COURIER_HAS_BAG"), .. plans]).StartedAt);
    }

    [Fact]
    public void What_others_say_uses_up_nobodys_three_and_what_the_hub_asks_for_is_news()
    {
        Claim[] hollow = [By("TRW").At("07-06 10:00").Says("TRACING"), .. Enumerable.Range(11, 8).Select(hour => By("TRW").At($"07-06 {hour}:00").Says("TRACING"))];
        Assert.Equal(On("07-06 20:00"), Owed(Track.Main, [.. hollow, By("TRW").At("07-06 20:00").Says("SECONDARY_TRACING")]).StartedAt);

        var requests = Enumerable.Range(11, 8).Select(hour => By("XB").At($"07-06 {hour}:00").Says("BAG_REQUESTED").Asks("GO"));
        Assert.Equal(0, Owed(Track.Main, [By("GO").At("07-06 10:00").Says("ON_HAND"), .. requests]).WithoutNews);

        // A word with very many places is no end of all news.
        var many = By("TRW").At("07-06 19:00").Says("TRACING") with { PlacesChecked = [.. Enumerable.Range(0, 260).Select(number => new Place($"{(char)('A' + (number / 26))}{(char)('A' + (number % 26))}X", "", ""))] };
        Assert.Equal(On("07-06 20:00"), Owed(Track.Main, [.. hollow, many, By("TRW").At("07-06 20:00").Says("TRACING").In("FNC")]).StartedAt);
    }

    [Fact]
    public void The_end_of_the_week_gives_no_less_time_than_no_reason_would()
    {
        var held = Enumerable.Range(0, 16).Select(time => By("IH").At(On("07-06 10:00") + Duration.FromHours(11 * time)).Says("HELD") with { ReasonCode = "CUSTOMS" });
        Claim[] words = [.. held.Select(word => word with { Eta = new(word.ReceivedAt + Duration.FromHours(26), null, "Z") })];

        Assert.Equal(On("07-13 19:00"), Owed(Track.Main, words).DueAt);
    }

    [Fact]
    public void A_word_that_the_owner_cannot_read_is_none()
    {
        var asked = By("XB").At("07-06 10:00").Says("BAG_REQUESTED").Asks("GO");
        var word = By("GO").At("07-06 11:00").Notes("We look.") with { Visibility = Visibility.Parties };

        var hidden = Watchman.Live(Case(), [asked, word with { VisibleTo = [new("GO"), new("ZZ")] }], On("07-06 11:00"));
        Assert.Equal(1, Assert.Single(hidden.Watch.Running).Cycle);
        Assert.Equal(2, Owed(Track.Main, asked, word with { VisibleTo = [new("XB")] }).Cycle);

        Assert.Equal(new("XB"), Tell(asked, word with { VisibleTo = [] }).State.HeardFrom);
        Assert.Equal(new("GO"), Tell(asked, word with { VisibleTo = [new("XB")] }).State.HeardFrom);
        Assert.False(Tell(By("TRW").At("07-06 10:00").Says("INFO_NEEDED"), word with { VisibleTo = [] }).Bag().IsAnswered);
    }

    [Theory]
    [InlineData("ON_HAND")]
    [InlineData("HELD")]
    [InlineData("OHD_REGISTERED")]
    public void Whoever_has_the_bag_gets_rid_of_the_duty_by_handing_it_over_and_not_by_asking(string status)
    {
        var kept = By("GO").At("07-06 10:00").Says(status).Asks("ZZ");
        Assert.Equal(new("GO"), Owed(Track.Main, kept).Party);
        Assert.Equal(new("IH"), Owed(Track.Main, kept, By("GO").At("07-06 11:00").Hands(CustodyAction.Released, to: "IH"), By("IH").At("07-06 11:10").Hands(CustodyAction.Accepted, from: "GO")).Party);
        foreach (var later in (string[])["OWNER_IDENTIFIED", "FORWARD_PLANNED", "LOADED"])
            Assert.Equal(new("GO"), Owed(Track.Main, By("GO").At("07-06 10:00").Says(status), By("GO").At("07-06 11:00").Says(later).Asks("ZZ")).Party);
        foreach (var courier in (string[])["COURIER_HAS_BAG", "DELIVERY_ATTEMPTED"])
            Assert.Equal(new("CQ"), Owed(Track.Main, By("CQ").At("07-06 09:00").Says("COURIER_HAS_BAG"), By("CQ").At("07-06 10:00").Says(courier).Asks("ZC")).Party);

        // The flight is received by somebody else.
        Assert.Equal(new("LH2"), Owed(Track.Main, By("XB").At("07-06 10:00").Says("FORWARD_DEPARTED").On("XB", "1695").Asks("LH2")).Party);
    }

    [Fact]
    public void A_courier_whose_order_is_taken_back_has_to_say_that_it_knows()
    {
        Claim[] ordered = [By("XB").At("07-07 20:00").Says("DELIVERY_ORDERED").Asks("CQ"), By("XB").At("07-07 21:00").Says("FORWARD_PLANNED").On("XB", "1701")];

        var question = Assert.Single(Watchman.Live(Case(), ordered, On("07-07 21:00")).Watch.Running, clock => clock.Track == Track.Question);
        Assert.Equal((new("CQ"), OrganizationId.Hub, On("07-07 23:00")), (question.Party, question.AskedBy!.Value, question.DueAt));

        var known = Watchman.Live(Case(), [.. ordered, By("CQ").At("07-07 22:00").Notes("Order cancelled.")], On("07-07 23:30"));
        Assert.DoesNotContain(known.Words, word => word.Judgement!.Party == new OrganizationId("CQ") && word.StatusCode == HubWords.Breached);
        Assert.Contains(Watchman.Live(Case(), ordered, On("07-07 23:30")).Words, word => word.Judgement!.Party == new OrganizationId("CQ") && word.StatusCode == HubWords.Breached);
    }

    [Fact]
    public void An_expected_time_far_away_puts_off_nothing_and_reasons_hold_a_bag_for_seven_days_in_all()
    {
        Assert.Equal(On("07-06 22:00"), Owed(Track.Main, By("XB").At("07-06 10:00").Says("FORWARD_PLANNED").Due("07-30 10:00")).DueAt);

        var held = Enumerable.Range(0, 5).Select(time => By("IH").At($"07-{6 + (time * 3):00} 10:00").Says("HELD").Due($"07-{10 + (time * 3):00} 10:00") with { ReasonCode = "CUSTOMS" });
        var clock = Owed(Track.Main, [.. held]);
        Assert.Null(clock.PausedUntil);
        Assert.Equal(Duration.FromDays(7), clock.Paused);

        // Another status in between does not begin the week anew, and time that was not needed is not counted.
        var between = Owed(Track.Main, [.. held.SelectMany(word => new[] { word, By("IH").At(word.ReceivedAt + Duration.FromDays(2)).Says("ON_HAND") })]);
        Assert.Equal(Duration.FromDays(7), between.Paused);
        Assert.Equal(Duration.FromDays(1), Owed(Track.Main, held.First(), By("IH").At("07-07 10:00").Says("ON_HAND")).Paused);
    }

    [Fact]
    public void A_critical_service_case_is_accepted_within_half_an_hour_and_another_within_one()
    {
        var opened = By("AGENT").At("07-06 09:10").Says("SVC_OPENED");
        var facts = Case(kind: IncidentKind.ServiceIncident);

        Assert.Equal(On("07-06 10:10"), Watchman.Live(facts, [opened], On("07-06 09:11")).Watch.Running[0].DueAt);
        Assert.Equal(On("07-06 09:40"), Watchman.Live(facts with { Priority = CasePriority.Critical }, [opened], On("07-06 09:11")).Watch.Running[0].DueAt);
    }

    [Fact]
    public void Scans_from_before_the_opening_are_no_words_that_anybody_owed()
    {
        var watchman = new Watchman(Case(), On("07-06 14:00"));
        watchman.Take(By("XA").At("07-06 05:10").Says("LOADED"));
        watchman.Take(By("XB").At("07-06 08:41").Says("PRE_ALERTED"));
        watchman.Take(By("XB").At("07-06 14:00").Says("REPORTED"));

        Assert.Empty(watchman.Ended);
        Assert.Equal("REPORTED", Assert.Single(watchman.Watch.Running).Status);
    }

    private static DutyClock Owed(Track track, params Claim[] claims) =>
        Assert.Single(Watchman.Live(Case(), claims, claims[^1].ReceivedAt).Watch.Running, clock => clock.Track == track);
}
