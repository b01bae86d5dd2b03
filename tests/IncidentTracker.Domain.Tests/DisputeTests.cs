using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>Two parties disagree about who has a bag: GO had it, CQ is said to have it now.</summary>
public sealed class DisputeTests
{
    [Theory]
    [InlineData("RD", true)]        // released, and never received
    [InlineData("DR", false)]       // refused first, then given all the same: nobody has denied that yet
    [InlineData("RDRD", true)]      // who insists settles nothing
    [InlineData("RDD", true)]
    [InlineData("RDn", true)]       // a note settles nothing either
    [InlineData("RDA", false)]      // it was found after all
    [InlineData("RDH", false)]      // the giver has it after all
    [InlineData("RDx", false)]      // a third party has it
    [InlineData("AH", true)]        // taken, and still there
    [InlineData("RH", true)]
    [InlineData("OD", false)]       // turning an offer down is no dispute
    [InlineData("OA", false)]
    [InlineData("OAD", true)]       // taken, and then denied
    [InlineData("RAD", true)]
    [InlineData("OARD", true)]
    [InlineData("AHR", false)]      // the holder gives way
    public void A_disagreement_is_one_until_somebody_gives_way(string words, bool isDispute)
    {
        var watchman = Live(words);

        Assert.Equal(isDispute, watchman.State.Items[0].InDispute is not null);
        Assert.Equal(isDispute, watchman.Watch.Running.Any(clock => clock.Status == SlaRule.Dispute && clock.Party == new OrganizationId("XB")));
        Assert.Equal(isDispute, Ledger.Of(SlaBook.Default, Case(), On("07-06 10:00"), watchman.Heard, On("07-06 22:00")).Spans[^1] is { Who: null, Reason: LedgerReason.Contradiction });
    }

    [Fact]
    public void About_a_bag_that_is_back_nobody_is_in_dispute()
    {
        Claim[] back = [By("GO").At("07-06 13:00").Says("COLLECTED"), By("CUSTOMER").At("07-06 13:15").Says("CONFIRMED")];
        Assert.Null(Tell([.. back, By("LH2").At("07-06 14:00").Hands(CustodyAction.Taken)]).Bag().InDispute);
    }

    [Fact]
    public void Whatever_the_two_say_in_whatever_order_both_are_asked_once_for_each_dispute()
    {
        foreach (var words in Words(5))
        {
            var watchman = new Watchman(Case(), On("07-06 10:00"));
            watchman.Take(Word('H', 0));
            var (disputes, asked) = (0, 0);
            for (var i = 0; i < words.Length; i++)
            {
                var (before, started) = (watchman.State.Items[0].InDispute, Asked(watchman));
                watchman.Take(Word(words[i], i + 1));
                var now = watchman.State.Items[0].InDispute;
                if (now is not null && before is null) disputes++;
                asked += Asked(watchman).Except(started).Count();
                Assert.True((now is null) == watchman.Watch.Running.All(clock => clock.Status != SlaRule.Dispute), words);
            }
            Assert.True(asked <= 2 * disputes && (disputes == 0 || asked >= 2), $"{words}: {disputes} disputes, {asked} questions");
        }
    }

    [Fact]
    public void The_order_in_which_the_hub_hears_of_it_plays_no_part()
    {
        Claim[] claims = [Word('H', 0), Word('R', 1), Word('D', 2)];

        Assert.NotNull(Tell(claims).Bag().InDispute);
        var late = new Watchman(Case(), On("07-06 10:00"));
        foreach (var claim in new[] { claims[0], claims[2], claims[1] }) late.Take(claim with { ReceivedAt = On("07-06 20:00") });
        Assert.Equal(Tell(claims).Bag().InDispute, late.State.Items[0].InDispute);
        Assert.Equal(["CQ", "GO"], late.Watch.Running.Where(clock => clock.Track == Track.Question).Select(clock => clock.Party.Value).Order());
    }

    [Fact]
    public void A_note_does_not_answer_an_offer()
    {
        var offered = Live("O");
        var clock = Assert.Single(offered.Watch.Running, clock => clock.Track == Track.Handover);

        offered.Take(Word('n', 2));
        Assert.Equal(clock, Assert.Single(offered.Watch.Running, clock => clock.Track == Track.Handover));
    }

    [Fact]
    public void Nobody_offers_or_turns_down_a_bag_for_others()
    {
        var offer = By("LH2").At("07-06 11:00").Hands(CustodyAction.Offered, to: "CQ");
        var refusal = By("LH2").At("07-06 12:00").Hands(CustodyAction.Refused);

        var stranger = Tell(Word('H', 0), offer);
        Assert.True(stranger.Of(offer).Is(Marks.NotAuthorised));
        Assert.Null(stranger.Bag().OfferedTo);

        var turned = Tell(Word('H', 0), Word('O', 1), refusal);
        Assert.True(turned.Of(refusal).Is(Marks.NotAuthorised));
        Assert.Equal(new("CQ"), turned.Bag().OfferedTo);
    }

    private static Watchman Live(string words)
    {
        var watchman = new Watchman(Case(), On("07-06 10:00"));
        watchman.Take(Word('H', 0));
        for (var i = 0; i < words.Length; i++) watchman.Take(Word(words[i], i + 1));
        return watchman;
    }

    private static int[] Asked(Watchman watchman) =>
        [.. watchman.Watch.Running.Where(clock => clock.Track == Track.Question && clock.AskedBy == OrganizationId.Hub).Select(clock => clock.Number)];

    private static IEnumerable<string> Words(int length) => length == 0 ? [""] : Words(length - 1).SelectMany(word => "ORADH".Select(next => word + next)).Concat(Words(length - 1)).Distinct();

    private static Claim Word(char word, int number)
    {
        var at = $"07-06 {10 + number}:00";
        return word switch
        {
            'O' => By("GO").At(at).Hands(CustodyAction.Offered, "GO", "CQ"),
            'R' => By("GO").At(at).Hands(CustodyAction.Released, "GO", "CQ"),
            'A' => By("CQ").At(at).Hands(CustodyAction.Accepted, "GO"),
            'D' => By("CQ").At(at).Hands(CustodyAction.Refused, "GO"),
            'H' => By("GO").At(at).In("FRA").Says("ON_HAND"),
            'x' => By("LH2").At(at).In("LIS").Says("ON_HAND"),
            _ => By("CQ").At(at).Notes("We are looking into it."),
        };
    }
}
