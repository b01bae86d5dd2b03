using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests.Sla;

/// <summary>What the hub does by itself when a case lasts: asks for the next step, takes silence for a yes, and weighs what is said about many cases at once.</summary>
public sealed class LongSearchTests
{
    private static readonly Claim Tracing = By("TRW").At("07-06 10:00").Says("TRACING");
    private static readonly Claim Delivered = By("CQ").At("07-08 11:20").Says("DELIVERED").WithProof();

    [Fact]
    public void A_long_search_is_asked_for_its_next_steps_counted_from_when_the_bag_ought_to_have_come()
    {
        var facts = Case() with { AwaitedAt = On("07-05 10:00") };

        Assert.Equal(["07-10 10:00 PROMPTED TRW", "07-24 10:00 PROMPTED XB", "07-26 10:00 PROMPTED XB"], Prompts(facts, "07-28 00:00", Tracing));
        Assert.Equal(["07-11 10:00 PROMPTED TRW", "07-25 10:00 PROMPTED XB", "07-27 10:00 PROMPTED XB"], Prompts(Case(), "07-28 00:00", Tracing));
    }

    [Fact]
    public void Nobody_is_asked_for_a_step_that_was_taken_or_is_no_longer_needed()
    {
        Assert.Equal(["07-25 10:00 PROMPTED XB"], Prompts(Case(), "07-28 00:00", Tracing, By("TRW").At("07-09 10:00").Says("SECONDARY_TRACING"), By("XB").At("07-26 10:00").Says("DECLARED_LOST")));
        Assert.Empty(Prompts(Case(), "07-28 00:00", Tracing, By("GO").At("07-09 10:00").Says("ON_HAND")));
        Assert.Empty(Prompts(Case(kind: IncidentKind.ServiceIncident), "07-28 00:00", By("XB").At("07-06 10:00").Says("SVC_IN_PROGRESS")));
    }

    [Fact]
    public void A_refund_that_is_owed_until_the_bag_is_back_is_not_put_off_by_a_delivery_that_was_none()
    {
        var refund = new Prompt("refund", Duration.FromHours(15), Role.Claims, "Refund the bag fee.", [], [], Phase.Returned, new("XB"));
        var book = SlaBook.Default with { Policies = [new(Instant.MinValue, CodeLists.DefaultPolicy with { Prompts = [refund] })] };
        var facts = Case() with { AwaitedAt = On("07-06 00:00") };
        var reported = By("XB").At("07-06 05:00").Says("REPORTED");
        Claim[] denied = [reported, By("CQ").At("07-06 11:20").Says("DELIVERED"), By("CUSTOMER").At("07-06 11:45").Says("DELIVERY_DISPUTED")];
        IEnumerable<string> Asked(CaseFacts of, params Claim[] claims) =>
            Watchman.Live(of, claims, On("07-08 00:00"), book).Words.Where(word => word.StatusCode == HubWords.Prompted).Select(Watchman.Written);

        Assert.Equal(["07-06 15:00 PROMPTED XB"], Asked(facts, [.. denied, By("CQ").At("07-06 16:40").Says("DELIVERED").WithProof()]));
        Assert.Equal(["07-06 15:00 PROMPTED XB"], Asked(facts, reported, By("GO").At("07-06 09:00").Says("ON_HAND")));
        Assert.Empty(Asked(facts, [.. denied, By("CQ").At("07-06 14:40").Says("DELIVERED").WithProof(), By("CUSTOMER").At("07-06 14:50").Says("CONFIRMED")]));
        Assert.Empty(Asked(facts, denied[..2]));
        // What is not yet known to be a delivery is none as soon as it is denied, and nothing has begun anew.
        Assert.Equal(["07-06 20:00 PROMPTED XB"], Asked(facts, [.. denied[..2], By("CUSTOMER").At("07-06 20:00").Says("DELIVERY_DISPUTED")]));
        Assert.Empty(Asked(facts with { Owner = new OrganizationId("XA") }, denied));
    }

    [Fact]
    public void Two_reminders_are_asked_for_before_an_item_that_was_left_behind_is_disposed_of()
    {
        Claim[] kept = [By("CUSTOMER").At("07-01 10:00").Says("REPORTED"), By("APT").At("07-03 10:00").Says("ITEM_FOUND")];
        var facts = Case(kind: IncidentKind.LeftBehindItem);

        Assert.Equal(["07-17 10:00 PROMPTED APT", "07-28 10:00 PROMPTED APT"], Prompts(facts, "07-31 00:00", kept));
        Assert.Equal(["07-17 10:00 PROMPTED APT"], Prompts(facts, "07-31 00:00", [.. kept, By("CUSTOMER").At("07-20 10:00").Says("ITEM_RETURNED")]));
        Assert.Empty(Prompts(facts, "07-31 00:00", kept[0]));
    }

    [Fact]
    public void A_step_that_was_asked_for_is_owed_like_the_answer_to_a_question()
    {
        var watchman = Watchman.Live(Case(), [Tracing], On("07-11 10:01"));

        var question = Assert.Single(watchman.Watch.Running, clock => clock.Track == Track.Question);
        Assert.Equal((new("TRW"), OrganizationId.Hub, On("07-11 12:00")), (question.Party, question.AskedBy!.Value, question.DueAt.Minus(Duration.FromTicks(10))));
    }

    [Fact]
    public void Three_days_after_a_proven_delivery_that_nobody_denied_the_case_is_closed()
    {
        var watchman = Watchman.Live(Case(), [Delivered], On("07-12 00:00"));

        var word = Assert.Single(watchman.Words);
        Assert.Equal(("CLOSED_RETURNED", On("07-11 11:20")), (word.StatusCode, word.Judgement!.DueAt));
        Assert.Equal((Phase.Closed, OrganizationId.Hub), (watchman.State.Items[0].Phase, watchman.State.Items[0].StatusBy!.Value));
        Assert.Empty(watchman.Watch.Running);
        Assert.Equal("Case closed, because nobody said that anything is wrong", Sentences.Line(Fold.All(Case(), watchman.Heard).Entries[^1], NameOf));

        watchman.Take(By("CUSTOMER").At("07-13 09:00").Says("REOPENED"));
        Assert.Equal(new("XB"), Assert.Single(watchman.Watch.Running).Party);
    }

    [Fact]
    public void Silence_is_no_yes_without_proof_or_while_anything_is_open()
    {
        Assert.Empty(Watchman.Live(Case(), [Delivered with { HasEvidence = false }], On("07-12 00:00")).Words);
        Assert.Empty(Watchman.Live(Case(), [By("CUSTOMER").At("07-08 11:20").Says("DELIVERED").WithProof()], On("07-12 00:00")).Words);
        Assert.DoesNotContain(Watchman.Live(Case(), [Delivered, By("HTL").At("07-09 10:00").Says("DAMAGE_REPORTED")], On("07-12 00:00")).Words, word => word.StatusCode == "CLOSED_RETURNED");
        Assert.DoesNotContain(Watchman.Live(Case(), [Delivered, By("CUSTOMER").At("07-11 11:00").Says("DELIVERY_DISPUTED")], On("07-12 00:00")).Words, word => word.StatusCode == "CLOSED_RETURNED");
        Assert.Single(Watchman.Live(Case(), [Delivered with { HasEvidence = false }, By("CQ").At("07-09 10:00").Notes("Signature.").WithProof()], On("07-12 00:00")).Words);
    }

    [Fact]
    public void A_text_about_many_cases_is_news_about_a_search_once_in_twelve_hours()
    {
        Claim Weather(string at) => By("TRW").At(at).Notes("Storm at Frankfurt. Next bulletin at 18:00.") with { Bulletin = "FRA storm" };

        Assert.Equal(On("07-06 16:00"), OnMain(Tracing, Weather("07-06 12:00")).DueAt);
        Assert.Equal(On("07-06 16:00"), OnMain(Tracing, Weather("07-06 12:00"), Weather("07-06 15:00")).DueAt);
        Assert.Equal(0, OnMain(Tracing, Weather("07-06 12:00")).WithoutNews);
        Assert.Equal(On("07-07 00:30"), OnMain(Tracing, Weather("07-06 12:00"), Weather("07-07 00:30")).StartedAt);
    }

    [Theory]
    [InlineData("XB", "POSSIBLE_MATCH")]
    [InlineData("XB", "ARRIVED_STATION")]
    [InlineData("CQ", "OUT_FOR_DELIVERY")]
    public void It_is_no_word_about_a_bag_that_was_found_or_has_to_be_delivered(string party, string status)
    {
        var clock = OnMain(By(party).At("07-06 10:00").Says(status));

        Assert.Equal(clock, OnMain(By(party).At("07-06 10:00").Says(status), By(party).At("07-06 11:00").Notes("Storm.") with { Bulletin = "FRA storm" }));
    }

    [Fact]
    public void A_case_about_no_bag_speaks_of_none()
    {
        var facts = Case(kind: IncidentKind.ServiceIncident);
        foreach (var status in CodeLists.StatusCodes.Where(status => status.Code.StartsWith("SVC_", StringComparison.Ordinal) || status.Code is "CONFIRMED" or "CLOSED_RETURNED" or "CLOSED_LOST" or "CLOSED_SETTLED" or "CLOSED_MERGED" or "REOPENED" or "INFO_NEEDED"))
        {
            var state = CaseState.Of(facts) with { Items = [new ItemState("1") { StatusCode = status.Code, Phase = status.Phase }] };
            Assert.DoesNotContain("bag", Sentences.Now(facts, state, NameOf), StringComparison.OrdinalIgnoreCase);
        }
        Assert.Equal("GroundOne has your item at Frankfurt. The next step is to get it to you.", Case(kind: IncidentKind.LeftBehindItem).Tell(By("GO").At("07-06 10:00").In("FRA").Says("ON_HAND")).Now(Case(kind: IncidentKind.LeftBehindItem)));
    }

    [Fact]
    public void What_somebody_works_on_until_a_time_is_asked_about_when_it_has_passed()
    {
        var facts = Case(kind: IncidentKind.ServiceIncident);
        var working = By("HTL").At("07-06 12:30").Says("SVC_IN_PROGRESS").Due("07-06 17:00");

        Assert.Contains(Watchman.Live(facts, [working], On("07-06 17:30")).Words, word => word.StatusCode == HubWords.EtaPassed);
    }

    private static DutyClock OnMain(params Claim[] claims) => Assert.Single(Watchman.Live(Case(), claims, claims[^1].ReceivedAt).Watch.Running, clock => clock.Track == Track.Main);

    private static IEnumerable<string> Prompts(CaseFacts facts, string until, params Claim[] claims) =>
        Watchman.Live(facts, claims, On(until)).Words.Where(word => word.StatusCode == HubWords.Prompted).Select(Watchman.Written);
}
