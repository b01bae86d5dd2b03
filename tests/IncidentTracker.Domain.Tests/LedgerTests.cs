using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

public sealed class LedgerTests
{
    private static readonly SlaBook Book = SlaBook.Default;

    [Fact]
    public void The_first_night_of_a_lost_bag_belongs_to_those_who_had_to_speak_and_not_to_those_who_had_the_bag() => Assert.Equal(
    [
        "13:57-14:02 XB next word after \"Report received\"",
        "14:02-14:10 XB next word after \"Case accepted\"",
        "14:10-20:41 TRW next word after \"Search goes on\"",
        "20:41-20:55 GO next word after \"Bag in hand\"",
        "20:55-21:05 XB next word after \"Possible find\"",
        "21:05-21:10 GO next word after \"Bag found\"",
        "21:10-05:30 GO next word after \"Asked to send bag\"",
        "05:30-06:00 XB next word after \"Flight planned\"",
    ], Tell("07-07 06:00",
        By("IH").For("XB").At("07-06 13:57").Says("REPORTED"),
        By("XB").At("07-06 14:02").Says("ACKNOWLEDGED"),
        By("TRW").At("07-06 14:10").Says("TRACING"),
        By("GO").At("07-06 16:05").Heard("07-06 20:41").Says("ON_HAND"),
        By("TRW").At("07-06 20:55").Says("POSSIBLE_MATCH"),
        By("XB").At("07-06 21:05").Says("MATCH_CONFIRMED"),
        By("XB").At("07-06 21:10").Says("BAG_REQUESTED").Asks("GO"),
        By("GO").At("07-07 05:30").Says("FORWARD_PLANNED").On("XB", "1689").Due("07-07 13:05")));

    [Fact]
    public void While_the_customer_has_to_answer_the_time_is_the_customers_and_while_a_delivery_is_disputed_it_is_nobodys() => Assert.Equal(
    [
        "10:00-10:30 CUSTOMER next word after \"Address needed\"",
        "10:30-11:00 CQ next word after \"Courier has bag\"",
        "11:00-11:45 CUSTOMER next word after \"Reported as delivered\"",
        "11:45-13:06 nobody delivery in dispute",
        "13:06-16:40 CQ next word after \"Delivery tried\"",
        "16:40-16:50 CUSTOMER next word after \"Reported as delivered\"",
        "16:50-17:00 XB in charge of the case, no word is owed",
    ], Tell("07-06 20:00",
        By("XB").At("07-06 10:00").Says("ADDRESS_NEEDED"),
        By("CQ").At("07-06 10:30").Says("COURIER_HAS_BAG"),
        By("CQ").At("07-06 11:00").Says("DELIVERED"),
        By("CUSTOMER").At("07-06 11:45").Says("DELIVERY_DISPUTED"),
        By("CQ").At("07-06 12:10").Says("DELIVERED"),
        By("CQ").At("07-06 13:06").Says("DELIVERY_ATTEMPTED"),
        By("CQ").At("07-06 16:40").Says("DELIVERED").WithProof(),
        By("CUSTOMER").At("07-06 16:50").Says("CONFIRMED"),
        By("XB").At("07-06 17:00").Says("CLOSED_RETURNED")));

    [Fact]
    public void While_two_say_that_they_have_the_bag_the_time_is_nobodys_until_somebody_says_more()
    {
        Claim[] claims =
        [
            By("GO").At("07-06 10:00").Says("ON_HAND").Hands(CustodyAction.Taken, to: "GO"),
            By("IH").At("07-06 11:00").Says("ON_HAND"),
            By("GO").At("07-06 12:00").Says("ON_HAND"),
        ];
        Assert.True(Fold.All(Case(), claims).Of(claims[2]).Is(Marks.Contradiction));

        Assert.Equal("12:00-14:00 nobody two parties disagree about who has the bag", Tell("07-06 14:00", claims)[^1]);
        var note = By("XB").At("07-06 12:20").Notes("Who has it?");
        Assert.Equal("12:00-14:00 nobody two parties disagree about who has the bag", Tell("07-06 14:00", [.. claims, note])[^1]);
        var more = By("XB").At("07-06 12:30").Says("BAG_REQUESTED").Asks("GO");
        Assert.Equal(["12:00-12:30 nobody two parties disagree about who has the bag", "12:30-14:00 GO next word after \"Asked to send bag\""], Tell("07-06 14:00", [.. claims, more])[^2..]);
        var withdrawn = By("GO").At("07-06 12:40").Voids(claims[2]);
        Assert.Equal("12:40-14:00 IH next word after \"Bag in hand\"", Tell("07-06 14:00", [.. claims, withdrawn])[^1]);
    }

    [Fact]
    public void The_time_between_closing_and_reopening_is_nobodys_and_no_life()
    {
        Claim[] claims =
        [
            By("XB").At("07-06 10:00").Says("ACKNOWLEDGED"), By("XB").At("07-06 16:00").Says("CLOSED_RETURNED"),
            By("CUSTOMER").At("07-08 09:00").Says("REOPENED"),
        ];

        var ledger = Ledger.Of(Book, Case(), On("07-06 10:00"), claims, On("07-08 10:00"));

        Assert.Equal(["10:00-16:00 XB next word after \"Case accepted\"", "09:00-10:00 XB next word after \"Case open again\""], ledger.Spans.Select(Written));
        Assert.Equal(Duration.FromHours(7), ledger.Lifetime);
        Assert.Equal([new(new("XB"), Duration.FromHours(7))], ledger.Totals.AsEnumerable());
    }

    [Fact]
    public void The_bag_that_stands_worst_decides_whose_clock_it_is()
    {
        var ledger = Ledger.Of(Book, Case(items: 2), On("07-06 10:00"), [
            By("CQ").At("07-06 10:00").Says("COURIER_HAS_BAG").About("1"),
            By("TRW").At("07-06 11:00").Says("TRACING").About("2"),
            By("XB").At("07-06 12:00").Says("CLOSED_RETURNED").About("2"),
        ], On("07-06 13:00"));

        // The second bag is only reported at first, which is worse than on its way.
        Assert.Equal(["10:00-11:00 XB in charge of the case, no word is owed", "11:00-12:00 TRW next word after \"Search goes on\"", "12:00-13:00 CQ next word after \"Courier has bag\""], ledger.Spans.Select(Written));
    }

    [Fact]
    public void A_file_of_sightings_has_no_clock() =>
        Assert.Empty(Ledger.Of(Book, CaseFacts.Sighting, On("07-06 10:00"), [By("GO").At("07-06 10:00").Says("ON_HAND")], On("07-07 10:00")).Spans);

    private static string[] Tell(string now, params Claim[] claims) =>
        [.. Ledger.Of(Book, Case(), claims.Min(claim => claim.ReceivedAt), claims, On(now)).Spans.Select(Written)];

    private static string Written(LedgerSpan span) => $"{Hour(span.From)}-{Hour(span.Until)} {span.Who?.Value ?? "nobody"} {span.Why}";

    private static string Hour(Instant moment) => NodaTime.Text.InstantPattern.CreateWithInvariantCulture("HH:mm").Format(moment);
}
