using System.Collections.Immutable;
using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests.Sla;

/// <summary>Every kind of word against every clock: whether it is the word that was owed. Nobody should have to guess what counts as an answer.</summary>
public sealed class WordTableTests
{
    private static readonly Claim Said = By("XB").At("07-06 09:00").Notes("Said before.") with { UpdateId = "said-before" };

    /// <summary>Somebody who owes a word, on every track.</summary>
    /// <param name="Status">A status on the way of the bag that it may say.</param>
    private sealed record Owing(string Name, Track Track, string Party, string Status, params Claim[] Claims);

    private static readonly Owing[] Columns =
    [
        new("bag", Track.Main, "GO", "LAST_SEEN", By("XB").At("07-06 10:00").Says("BAG_REQUESTED").Asks("GO")),
        new("search", Track.Main, "TRW", "LAST_SEEN", By("TRW").At("07-06 10:00").Says("TRACING")),
        new("dispute", Track.Main, "XB", "INFO_NEEDED", By("XA").At("07-06 09:50").Hands(CustodyAction.Taken), By("XA").At("07-06 09:55").Hands(CustodyAction.Released, to: "LH2"), By("LH2").At("07-06 10:00").Hands(CustodyAction.Refused, from: "XA")),
        new("damage", Track.Damage, "XB", "INFO_NEEDED", By("CUSTOMER").At("07-06 10:00").Says("DAMAGE_REPORTED")),
        new("claim", Track.Claim, "CLM", "INFO_NEEDED", By("CLM").At("07-06 10:00").Says("CLAIM_OPENED")),
        new("question", Track.Question, "GO", "LAST_SEEN", By("AGENT").At("07-06 10:00").Asks("GO").Notes("Is it there?")),
        new("handover", Track.Handover, "LH2", "LAST_SEEN", By("XB").At("07-06 09:55").Says("ON_HAND"), By("XB").At("07-06 10:00").Hands(CustodyAction.Offered, to: "LH2")),
        new("customer", Track.Main, "CUSTOMER", "LAST_SEEN", By("IH").At("07-06 10:00").Says("INFO_NEEDED")),
    ];

    private static readonly (string Kind, Func<Owing, Claim> Word)[] Rows =
    [
        ("a status of the bag", owing => Word(owing).Says(owing.Status)),
        ("that it has the bag", owing => Word(owing).Says("ON_HAND")),
        ("a status of damage", owing => Word(owing).Says("DAMAGE_REPORTED")),
        ("a status of a claim", owing => Word(owing).Says("CLAIM_REJECTED")),
        ("a status nobody knows", owing => Word(owing).Says("SOMETHING_NEW")),
        ("a note", owing => Word(owing).Notes("We look into it.")),
        ("a custody statement", owing => Word(owing).Hands(CustodyAction.Accepted, from: owing.Name == "handover" ? "XB" : null)),
        ("an expected time", owing => Word(owing).Due("07-06 20:00")),
        ("a flight", owing => Word(owing).On("XB", "1695")),
        ("evidence", owing => Word(owing).WithProof()),
        ("a place", owing => Word(owing).In("FRA")),
        ("places that were checked", owing => Word(owing) with { PlacesChecked = [new("FRA", "", "")] }),
        ("a reason", owing => Word(owing) with { ReasonCode = "CUSTOMS" }),
        ("a question to another", owing => Word(owing).Asks("APT").Notes("Is it with you?")),
        ("a role for another", owing => Word(owing).Assigns(PartyRole.Courier, "CQ")),
        ("a plan", owing => Word(owing).Plans(owing.Status)),
        ("an estimate", owing => Word(owing) with { StatusCode = owing.Status, Classifier = Classifier.Estimated }),
        ("a word taken back", owing => Word(owing).Voids(Said with { Reporter = Reporter(owing.Party) })),
        ("a word put right", owing => Word(owing).Replaces(Said with { Reporter = Reporter(owing.Party) }).Notes("Put right.")),
        ("a bulletin", owing => Word(owing).Notes("Snow.") with { Bulletin = "snow" }),
        ("a note for itself", owing => Word(owing).Notes("Ask Anna.").ForItself()),
        ("what it said before", owing => Said with { Reporter = Reporter(owing.Party), UpdateId = "again", ReceivedAt = On("07-06 10:10") }),
    ];

    // Who may give the word. Of a bag that is offered only a custody statement is one.
    private static readonly (string Who, Func<Owing, Claim> Word)[] Speakers =
    [
        ("itself", owing => Word(owing)),
        ("who acts for it", owing => ActingFor(owing)),
        ("who acts for it, by name", owing => ActingFor(owing).For(owing.Party)),
        ("another on the case", owing => Word(owing, "APT")),
        ("another in its own name", owing => Word(owing, "APT").For("APT")),
        ("the customer", owing => Word(owing, "CUSTOMER")),
        ("an agent", owing => Word(owing, "AGENT")),
        ("an agent, for the owner", owing => Word(owing, "AGENT").For("XB")),
        ("a stranger", owing => Word(owing, "ZZ")),
    ];

    [Fact]
    public void Which_word_of_a_party_answers_which_clock_is_written_down_for_every_kind_and_every_clock() => Assert.Equal(
    [
        "kind of word             | bag search dispute damage claim question handover customer",
        "a status of the bag      | yes yes    yes     yes    yes   yes      -        yes",
        "that it has the bag      | yes -      yes     yes    -     yes      yes      -",
        "a status of damage       | yes -      yes     yes    -     yes      -        yes",
        "a status of a claim      | -   -      yes     yes    yes   -        -        -",
        "a status nobody knows    | yes yes    yes     yes    yes   yes      -        yes",
        "a note                   | yes yes    yes     yes    yes   yes      -        yes",
        "a custody statement      | yes -      yes     yes    -     yes      yes      yes",
        "an expected time         | yes yes    yes     yes    yes   yes      -        yes",
        "a flight                 | yes yes    yes     yes    yes   yes      -        yes",
        "evidence                 | yes yes    yes     yes    yes   yes      -        yes",
        "a place                  | yes yes    yes     yes    yes   yes      -        yes",
        "places that were checked | yes yes    yes     yes    yes   yes      -        yes",
        "a reason                 | yes yes    yes     yes    yes   yes      -        yes",
        "a question to another    | yes yes    yes     yes    yes   yes      -        yes",
        "a role for another       | -   -      yes     yes    -     -        -        -",
        "a plan                   | yes yes    yes     yes    yes   yes      -        yes",
        "an estimate              | yes yes    yes     yes    yes   yes      -        yes",
        "a word taken back        | yes yes    yes     yes    yes   yes      -        yes",
        "a word put right         | yes yes    yes     yes    yes   yes      -        yes",
        "a bulletin               | -   yes    -       -      -     -        -        yes",
        "a note for itself        | -   -      -       -      -     -        -        -",
        "what it said before      | -   -      -       -      -     -        -        -",
    ], Table("kind of word", Rows));

    [Fact]
    public void Whose_word_answers_which_clock_is_written_down_for_every_speaker_and_every_clock() => Assert.Equal(
    [
        "speaker                  | bag search dispute damage claim question handover customer",
        "itself                   | yes yes    yes     yes    yes   yes      yes      yes",
        "who acts for it          | yes yes    yes     yes    yes   yes      yes      yes",
        "who acts for it, by name | yes yes    yes     yes    yes   yes      yes      yes",
        "another on the case      | -   -      -       -      -     -        -        -",
        "another in its own name  | -   -      -       -      -     -        -        -",
        "the customer             | -   -      -       -      -     -        -        yes",
        "an agent                 | -   -      -       -      -     -        -        yes",
        // That the owner handed the bag over ends the waiting, but is not the taker's word.
        "an agent, for the owner  | -   -      yes     yes    -     -        Moved    -",
        "a stranger               | -   -      -       -      -     -        -        -",
    ], Table("speaker", Speakers.Select(row => (row.Who, (Func<Owing, Claim>)(owing => Saying(owing, row.Word(owing)))))));

    [Fact]
    public void No_kind_of_word_and_no_kind_of_clock_is_missing_in_the_table()
    {
        // These say who, when, about what and for whose eyes; the rest is what is said.
        string[] aside = ["Reporter", "UpdateId", "Happened", "SourceRecordedAt", "ReceivedAt", "ItemId", "OnBehalfOf", "SubCode", "VisibleTo", "PartnerSequence", "Judgement"];
        var plain = Word(Columns[0]);
        var words = Rows.Select(row => row.Word(Columns[0])).ToArray();

        var missing = typeof(Claim).GetProperties().Where(property => property.CanWrite && !aside.Contains(property.Name))
            .Where(property => words.All(word => Equals(property.GetValue(word), property.GetValue(plain)))).Select(property => property.Name);
        Assert.Empty(missing);
        Assert.Equal(Enum.GetValues<Track>(), Columns.Select(owing => owing.Track).Distinct().Order());
    }

    public static TheoryData<string> AskedOfTheCustomer => [.. CodeLists.StatusCodes.Where(status => status.NextWord == Role.Customer || status.Then == Turn.Customer).Select(status => status.Code)];

    [Theory]
    [MemberData(nameof(AskedOfTheCustomer))]
    public void However_long_the_customer_is_silent_nobody_says_that_the_word_is_overdue(string code)
    {
        // The hotel, where one is asked, has said that it has the bag.
        var by = CodeLists.Find(code)!.AcceptedFrom.Contains(Role.CaseOwner) || CodeLists.Find(code)!.AcceptedFrom.Contains(Role.Claims) ? "XB" : "HTL";
        var watchman = Watchman.Live(Case(), [By(by).At("07-06 10:00").Says(code).Asks("HTL"), By("HTL").At("07-06 10:10").Notes("It is here.")], On("07-30 00:00"));

        Assert.All(watchman.Words, word => Assert.NotEqual(OrganizationId.Customer, word.Judgement!.Party));
    }

    [Fact]
    public void The_customer_is_in_arrears_in_no_case_whatever_is_said() => AnyCase.Obey(500, told =>
    {
        if (told.Claims.IsEmpty) return;
        var until = told.Claims.Max(claim => claim.ReceivedAt) + Duration.FromDays(12);
        var watchman = Watchman.Live(told.Facts, told.Claims, until);

        Assert.DoesNotContain(watchman.Words, word => word.Judgement!.Party == OrganizationId.Customer);
        Assert.All(watchman.Watch.Running.Where(clock => clock.Party == OrganizationId.Customer), clock => Assert.Equal(ClockStage.Running, clock.Stage));
        var scores = CaseScore.Of("any", SlaBook.Default, told.Facts, told.Claims.Min(claim => claim.ReceivedAt), [.. watchman.Heard], _ => false, new(Instant.MinValue, Instant.MaxValue), until);
        Assert.DoesNotContain(scores, score => score.Party == OrganizationId.Customer);
    });

    [Fact]
    public void A_word_that_was_not_the_senders_to_say_passes_the_turn_to_nobody()
    {
        var left = By("CQ").At("07-06 10:00").Says("LEFT_WITH_THIRD_PARTY").Asks("HTL");
        var role = By("HTL").At("07-06 10:10").Assigns(PartyRole.Courier, "CQ");

        Assert.Equal(new("HTL"), Assert.Single(Watchman.Live(Case(), [left, role], On("07-06 10:11")).Watch.Running).Party);
    }

    [Fact]
    public void Who_says_that_it_has_the_bag_it_was_offered_has_answered_if_late()
    {
        Claim[] offered = [By("XB").At("07-06 09:55").Says("ON_HAND"), By("XB").At("07-06 10:00").Hands(CustodyAction.Offered, to: "LH2")];
        var late = Watchman.Live(Case(), [.. offered, By("LH2").At("07-07 10:00").Says("ON_HAND")], On("07-07 10:01"));

        Assert.Equal(ClockEnd.Late, Assert.Single(late.Ended, end => end.Clock.Track == Track.Handover).End);
        Assert.Contains(late.Words, word => word.StatusCode == HubWords.Cleared && word.Judgement!.Party == new OrganizationId("LH2"));
    }

    private static Claim Word(Owing owing, string? by = null) => By(by ?? owing.Party).At("07-06 10:10");

    // The customer has agents.
    private static Claim ActingFor(Owing owing) => owing.Party == "CUSTOMER" ? Word(owing, "AGENT") : Word(owing) with { Reporter = new(new("SUB"), OrganizationKind.Handler, [new(owing.Party)]) };

    private static Claim Saying(Owing owing, Claim word) => owing.Track == Track.Handover ? word.Hands(CustodyAction.Accepted, from: "XB", to: "LH2") : word.Notes("We look into it.");

    private static string[] Table(string corner, IEnumerable<(string Name, Func<Owing, Claim> Word)> rows) =>
    [
        $"{corner,-24} | {string.Join(' ', Columns.Select(owing => owing.Name))}",
        .. rows.Select(row => $"{row.Name,-24} | {string.Join(' ', Columns.Select(owing => Cell(owing, row.Word(owing)).PadRight(owing.Name.Length)))}".TrimEnd()),
    ];

    private static string Cell(Owing owing, Claim word)
    {
        var before = Hear(owing, owing.Claims);
        var clock = Assert.Single(before.Watch.Running, clock => clock.Track == owing.Track && clock.Party.Value == owing.Party);
        var after = Hear(owing, [.. owing.Claims, word]);
        return after.Ended.SingleOrDefault(end => end.Clock.Number == clock.Number) is { } ended ? ended.End == ClockEnd.Met ? "yes" : ended.End.ToString() : "-";
    }

    private static (CaseWatch Watch, ImmutableArray<EndedClock> Ended) Hear(Owing owing, Claim[] claims) =>
        Clocks.All(SlaBook.Default, Case(), On("07-06 08:00"), claims.Prepend(Said with { Reporter = Reporter(owing.Party) }));
}
