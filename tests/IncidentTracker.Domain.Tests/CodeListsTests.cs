using System.Text.RegularExpressions;
using NodaTime;

namespace IncidentTracker.Domain.Tests;

public sealed partial class CodeListsTests
{
    private static readonly string[] KnownPlaceholders = ["owner", "by", "holder", "asked", "place", "flight", "eta", "detail"];

    public static TheoryData<string> EveryCode => [.. CodeLists.StatusCodes.Select(status => status.Code)];

    [Theory]
    [InlineData(Phase.Reported, "REPORTED PRE_ALERTED ACKNOWLEDGED INFO_NEEDED SVC_OPENED SVC_ACKNOWLEDGED REOPENED")]
    [InlineData(Phase.Searching, "TRACING LAST_SEEN POSSIBLE_MATCH MATCH_VOIDED SECONDARY_TRACING SVC_IN_PROGRESS SVC_WAITING")]
    [InlineData(Phase.Found, "MATCH_CONFIRMED BAG_REQUESTED ON_HAND HELD OHD_REGISTERED OWNER_IDENTIFIED ITEM_FOUND ITEM_VERIFIED")]
    [InlineData(Phase.OnTheWay, "LOADED OFFLOADED FORWARD_PLANNED FORWARD_DEPARTED FORWARD_MISSED ARRIVED_STATION")]
    [InlineData(Phase.Delivery, "ADDRESS_NEEDED DELIVERY_ORDERED READY_TO_COLLECT COURIER_HAS_BAG DELIVERY_SCHEDULED OUT_FOR_DELIVERY " +
        "DELIVERY_ATTEMPTED LEFT_WITH_THIRD_PARTY DELIVERY_FAILED RETURNED_TO_STATION DELIVERY_DISPUTED")]
    [InlineData(Phase.Returned, "DELIVERED COLLECTED CONFIRMED ITEM_RETURNED SVC_RESOLVED")]
    [InlineData(Phase.Closed, "ITEM_DISPOSED CLOSED_RETURNED CLOSED_SETTLED CLOSED_LOST CLOSED_CANCELLED CLOSED_MERGED")]
    public void The_progress_bar_knows_every_step_of_a_bag(Phase phase, string codes)
    {
        var onTheMainTrack = CodeLists.StatusCodes.Where(status => status.MovesProgress && status.Phase == phase).Select(status => status.Code);

        Assert.Equal(codes.Split(' ').Order(), onTheMainTrack.Order());
    }

    [Theory]
    [InlineData(Track.Damage, "DAMAGE_REPORTED DAMAGE_ASSESSED PILFERAGE_REPORTED REPAIR_IN_PROGRESS")]
    [InlineData(Track.Claim, "CLAIM_OPENED CLAIM_DOCS_NEEDED CLAIM_OFFERED CLAIM_SETTLED CLAIM_REJECTED DECLARED_LOST")]
    public void Damage_and_claims_run_beside_the_bags_way_home(Track track, string codes)
    {
        var onTheTrack = CodeLists.StatusCodes.Where(status => status.Track == track).ToList();

        Assert.Equal(codes.Split(' ').Order(), onTheTrack.Select(status => status.Code).Order());
        Assert.DoesNotContain(onTheTrack, status => status.MovesProgress);
    }

    [Fact]
    public void Every_code_is_written_once()
    {
        var codes = CodeLists.StatusCodes.Select(status => status.Code).ToList();

        Assert.Equal(codes.Distinct(), codes);
    }

    [Theory]
    [InlineData("ON_HAND", "FOUND", Role.HoldingStation, Otherwise.Quarantine, Possession.Reporter)]
    [InlineData("LEFT_WITH_THIRD_PARTY", "DELIVERY", Role.ThirdParty, Otherwise.Note, Possession.AskedParty)]
    [InlineData("DELIVERED", "RETURNED", Role.Customer, Otherwise.Note, Possession.Customer)]
    [InlineData("TRACING", "SEARCHING", Role.Tracing, Otherwise.Note, null)]
    [InlineData("CONFIRMED", "RETURNED", null, Otherwise.Quarantine, Possession.Customer)]
    public void A_code_says_who_speaks_next_and_who_has_the_bag(
        string code, string phase, Role? nextWord, Otherwise otherwise, Possession? possession)
    {
        var status = CodeLists.Find(code);

        Assert.NotNull(status);
        Assert.Equal(phase, status.Phase.ToString().ToUpperInvariant());
        Assert.Equal(nextWord, status.NextWord);
        Assert.Equal(otherwise, status.Otherwise);
        Assert.Equal(possession, status.Possession);
    }

    [Theory]
    [InlineData("ON_HAND", Role.Claims, false)]
    [InlineData("MATCH_CONFIRMED", Role.HoldingStation, false)]
    [InlineData("MATCH_CONFIRMED", Role.Tracing, true)]
    [InlineData("POSSIBLE_MATCH", Role.HoldingStation, true)]
    [InlineData("FORWARD_DEPARTED", Role.HoldingStation, true)]
    [InlineData("FORWARD_DEPARTED", Role.Courier, false)]
    [InlineData("DELIVERED", Role.Courier, true)]
    [InlineData("DELIVERED", Role.HoldingStation, false)]
    [InlineData("CONFIRMED", Role.Customer, true)]
    [InlineData("CONFIRMED", Role.Agent, true)]
    [InlineData("CONFIRMED", Role.Courier, false)]
    [InlineData("DAMAGE_REPORTED", Role.ThirdParty, true)]
    [InlineData("HELD", Role.Authority, true)]
    [InlineData("CLAIM_OFFERED", Role.Claims, true)]
    [InlineData("CLAIM_OFFERED", Role.CaseOwner, false)]
    [InlineData("CLOSED_LOST", Role.CaseOwner, true)]
    [InlineData("CLOSED_LOST", Role.Customer, false)]
    [InlineData("REOPENED", Role.Customer, true)]
    public void Only_the_party_that_can_know_changes_the_state(string code, Role role, bool accepted) =>
        Assert.Equal(accepted, CodeLists.Find(code)!.AcceptedFrom.Contains(role));

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void Somebody_may_say_every_code_and_it_is_explained_to_engineers(string code)
    {
        var status = CodeLists.Find(code)!;

        Assert.NotEmpty(status.AcceptedFrom);
        Assert.Equal(status.AcceptedFrom.Distinct(), status.AcceptedFrom);
        Assert.EndsWith(".", status.Meaning, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void Only_a_party_that_can_hold_a_bag_becomes_its_holder_by_saying_so(string code)
    {
        var status = CodeLists.Find(code)!;

        Assert.False(status.Possession == Possession.Reporter
            && status.AcceptedFrom.Any(role => role is Role.Tracing or Role.Claims or Role.Customer or Role.Agent));
    }

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void There_is_always_a_sentence_and_a_label_that_need_no_further_facts(string code)
    {
        var status = CodeLists.Find(code)!;

        Assert.Empty(Placeholders(status.Label[^1]));
        if (code == "OHD_REGISTERED")
            Assert.Empty(status.Customer);
        else
            Assert.Empty(Placeholders(status.Customer[^1]));
    }

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void Texts_use_known_placeholders_and_the_first_that_fits_is_reachable(string code)
    {
        var status = CodeLists.Find(code)!;

        foreach (var texts in new[] { status.Label, status.Customer })
        {
            Assert.All(texts, text => Assert.All(Placeholders(text), name => Assert.Contains(name, KnownPlaceholders)));
            Assert.All(texts, text => Assert.DoesNotMatch("[{}]", WithoutPlaceholders(text)));
            for (var later = 1; later < texts.Length; later++)
                Assert.DoesNotContain(texts.Take(later), earlier => Placeholders(earlier).IsSubsetOf(Placeholders(texts[later])));
        }
    }

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void A_sentence_names_a_party_only_where_the_code_makes_it_certain(string code)
    {
        var status = CodeLists.Find(code)!;
        var used = status.Customer.Concat(status.Label).SelectMany(Placeholders).ToHashSet();

        Assert.False(used.Contains("holder") && status.Possession != Possession.Reporter);
        // "{by} says …" would show customers their own name
        Assert.False(used.Contains("by") && status.AcceptedFrom.Any(role => role is Role.Customer or Role.Agent));
    }

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void Customers_read_at_most_two_short_sentences(string code)
    {
        foreach (var text in CodeLists.Find(code)!.Customer)
        {
            var sentences = SentenceEnd().Split(text);

            Assert.EndsWith(".", text, StringComparison.Ordinal);
            Assert.InRange(sentences.Length, 1, 2);
            // a name, a place or a time stands for up to three words
            Assert.All(sentences, sentence => Assert.InRange(Placeholder().Replace(sentence, "a b c").Split(' ').Length, 1, 20));
        }
    }

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void A_label_is_two_to_four_words(string code) =>
        Assert.All(CodeLists.Find(code)!.Label, label => Assert.InRange(label.Split(' ').Length, 2, 4));

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void Nothing_customers_read_has_codes_blame_or_promises(string code)
    {
        var status = CodeLists.Find(code)!;

        Assert.All(status.Customer.Concat(status.Label), text =>
        {
            Assert.DoesNotMatch("[A-Z]{2}|_|[0-9]", WithoutPlaceholders(text));
            Assert.DoesNotMatch(Blame(), text);
            Assert.DoesNotMatch(Promise(), text);
        });
    }

    [Fact]
    public void An_unknown_code_is_no_error()
    {
        Assert.Null(CodeLists.Find("SEEN_ON_THE_MOON"));
        Assert.Null(CodeLists.FindReasonForLoss("14"));
        Assert.Null(CodeLists.FindBagType("30"));
        Assert.Null(CodeLists.FindBagType("2"));
        Assert.Null(CodeLists.FindBagType(""));
        Assert.Null(CodeLists.FindColour("XX"));
        Assert.Null(CodeLists.FindStation("ZZZ"));
    }

    [Fact]
    public void The_hubs_own_codes_are_not_for_partners()
    {
        string[] expected =
        [
            "SLA_DUE_SOON", "SLA_BREACHED", "SLA_CLEARED", "PAUSE_ENDED", "ESCALATED", "PROMPTED", "RESPONSIBILITY_MOVED", "PARTNER_SILENT", "ETA_PASSED", "CONTRADICTION",
            "CLOCK_SKEW", "POSSIBLE_WRONG_BAG", "FEE_REFUND_RISK", "FEE_REFUND_DUE", "PRIVACY_ERASED",
        ];

        Assert.Equal(expected.Order(), CodeLists.Reserved.Select(reserved => reserved.Code).Order());
        Assert.All(expected, code => Assert.True(CodeLists.IsReserved(code)));
        Assert.True(CodeLists.IsReserved("SLA_SOMETHING_NEW"));
        Assert.DoesNotContain(CodeLists.StatusCodes, status => CodeLists.IsReserved(status.Code));
    }

    [Fact]
    public void Every_station_is_listed_once_and_its_zone_exists()
    {
        Assert.Equal(CodeLists.Stations.Select(station => station.Code).Distinct(), CodeLists.Stations.Select(station => station.Code));
        Assert.All(CodeLists.Stations, station =>
        {
            Assert.Matches("^[A-Z]{3}$", station.Code);
            Assert.NotEmpty(station.City);
            Assert.NotNull(DateTimeZoneProviders.Tzdb.GetZoneOrNull(station.Zone));
        });
    }

    [Fact]
    public void The_stations_of_the_stories_and_of_odd_clocks_are_known()
    {
        var wanted = "GDN FRA LIS FNC CDG LHR MAD MUC WAW JFK EWR DUB CMN LDH BER HEL AMS IST DOH DXB SIN HND NRT SYD GRU".Split(' ');

        Assert.All(wanted, code => Assert.NotNull(CodeLists.FindStation(code)));
        Assert.Equal(new Station("FNC", "Funchal", "Atlantic/Madeira"), CodeLists.FindStation("FNC"));
    }

    [Fact]
    public void Reasons_for_loss_belong_to_a_group()
    {
        var groups = CodeLists.ReasonGroups.Select(group => group.Group).ToList();

        Assert.All(CodeLists.ReasonsForLoss, reason => Assert.Contains(reason.Group, groups));
        Assert.All(CodeLists.ReasonsForLoss, reason => Assert.Equal(reason.Code[0], reason.Group[0]));
        Assert.Equal("Strike", CodeLists.FindReasonForLoss("61")?.Meaning);
    }

    [Theory]
    [InlineData("01", "Upright or flat case")]
    [InlineData("12", "Upright or flat case")]
    [InlineData("22", "Soft bag: duffel bag, garment bag, backpack or soft case")]
    [InlineData("99", "Unusual piece")]
    public void A_bag_type_reads_as_words(string type, string meaning) => Assert.Equal(meaning, CodeLists.FindBagType(type)?.Meaning);

    [Fact]
    public void A_bag_colour_reads_as_a_word() => Assert.Equal("black", CodeLists.FindColour("BK")?.Name);

    private static HashSet<string> Placeholders(string text) => [.. Placeholder().Matches(text).Select(match => match.Groups[1].Value)];

    private static string WithoutPlaceholders(string text) => Placeholder().Replace(text, "");

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"(?<=[.!?])\s+")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"\b(lost by|faults?|failed to|your fault|mistakes?|blame|negligen\w*|forgot\w*|careless\w*)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Blame();

    [GeneratedRegex(@"\b(will|soon|shortly|promise\w*|guarantee\w*|probably|surely|safe)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Promise();
}
