using System.Collections.Immutable;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain.Tests;

/// <summary>The people of the stories, and short words to tell a case with: <c>By("GO").At("07-06 16:05").In("FRA").Says("ON_HAND")</c>.</summary>
internal static class Told
{
    private static int _words;

    public static readonly ImmutableArray<Organization> Cast =
    [
        new(new("XA"), "Air Example", OrganizationKind.Airline, []),
        new(new("XB"), "Example Wings", OrganizationKind.Airline, []),
        new(new("GO"), "GroundOne", OrganizationKind.Handler, [new("XA"), new("XB")]),
        new(new("LH2"), "LusoHandling", OrganizationKind.Handler, []),
        new(new("IH"), "IslaHandling", OrganizationKind.Handler, [new("XB")]),
        new(new("TRW"), "TraceWell", OrganizationKind.Tracing, []),
        new(new("CQ"), "Quick Courier", OrganizationKind.Courier, []),
        new(new("HTL"), "Hotel Bellavista", OrganizationKind.ThirdParty, []),
        new(new("APT"), "Funchal Airport", OrganizationKind.Airport, []),
        new(new("CLM"), "Claims Office", OrganizationKind.ClaimsOffice, []),
        new(new("GVT"), "Customs", OrganizationKind.Authority, []),
        new(OrganizationId.Customer, "Customer", OrganizationKind.Customer, []),
        new(new("AGENT"), "Service desk", OrganizationKind.Agent, [new("XB"), new("ZZ")]),
    ];

    /// <summary>Nobody on the case knows these.</summary>
    public static readonly ImmutableArray<Organization> Strangers =
    [
        new(new("ZZ"), "Zephyr Air", OrganizationKind.Airline, []),
        new(new("ZC"), "Zebra Courier", OrganizationKind.Courier, []),
    ];

    public static readonly ImmutableArray<OrganizationId> Everyone = [.. Cast.Select(one => one.Id).Where(id => id != OrganizationId.Customer)];

    /// <summary>A case of the airline XB, with everyone of the cast on it.</summary>
    public static CaseFacts Case(int items = 1, IncidentKind kind = IncidentKind.DelayedBag) => new(kind, new("XB"), Items(items), Everyone);

    public static ImmutableArray<CaseItem> Items(int count) =>
        [.. Enumerable.Range(1, count).Select(number => new CaseItem($"{number}", $"090012345{number}", null, "22", "BK", ""))];

    public static string NameOf(OrganizationId id) => Cast.Concat(Strangers).FirstOrDefault(one => one.Id == id)?.Name ?? "";

    /// <summary>A moment of July 2026, UTC: "07-06 16:05".</summary>
    public static Instant On(string moment) => InstantPattern.General.Parse($"2026-{moment.Replace(' ', 'T')}:00Z").Value;

    public static Reporter Reporter(string id) => Cast.Concat(Strangers).First(one => one.Id.Value == id).AsReporter();

    public static Claim By(string id) => new()
    {
        Reporter = Reporter(id),
        UpdateId = $"u{Interlocked.Increment(ref _words):000000}",
        ReceivedAt = On("07-06 00:00"),
    };

    public static Claim At(this Claim claim, string moment) => claim.At(On(moment));

    public static Claim At(this Claim claim, Instant moment) => claim with { Happened = new(moment, "Z", Offset.Zero, TimePrecision.Minute), ReceivedAt = moment };

    /// <summary>It happened at some time of a day; nobody knows when.</summary>
    public static Claim OnDay(this Claim claim, string day) => claim with { Happened = new(On(day + " 00:00"), "Z", Offset.Zero, TimePrecision.Date) };

    public static Claim Heard(this Claim claim, string moment) => claim with { ReceivedAt = On(moment) };

    public static Claim In(this Claim claim, string station) => claim with { Place = new(station, "", "") };

    public static Claim About(this Claim claim, string item) => claim with { ItemId = item };

    public static Claim For(this Claim claim, string principal) => claim with { OnBehalfOf = new(principal) };

    public static Claim Asks(this Claim claim, string party) => claim with { AskedParty = new(party) };

    public static Claim Says(this Claim claim, string code) => claim with { StatusCode = code };

    public static Claim Plans(this Claim claim, string code) => claim with { StatusCode = code, Classifier = Classifier.Planned };

    public static Claim Notes(this Claim claim, string text) => claim with { StaffText = text };

    /// <summary>Nobody else is to read it.</summary>
    public static Claim ForItself(this Claim claim) => claim with { Visibility = Visibility.Internal };

    public static Claim WithProof(this Claim claim) => claim with { HasEvidence = true };

    public static Claim On(this Claim claim, string carrier, string number) => claim with { Flight = new(carrier, number, null, "", "") };

    public static Claim Due(this Claim claim, string from, string? to = null, string zone = "Z") => claim with { Eta = new(On(from), to is null ? null : On(to), zone) };

    public static Claim Hands(this Claim claim, CustodyAction action, string? from = null, string? to = null, BagCondition condition = BagCondition.NotChecked) =>
        claim with { Custody = new(action, from is null ? null : new(from), to is null ? null : new(to), condition, 1, "", 0) };

    public static Claim Assigns(this Claim claim, PartyRole role, string to) => claim with { Assignment = new(role, new(to)) };

    public static Claim Voids(this Claim claim, Claim target) => claim with { Correction = new(CorrectionKind.Void, target.Id, CorrectionReason.DidNotOccur) };

    public static Claim Replaces(this Claim claim, Claim target) => claim with { Correction = new(CorrectionKind.Replace, target.Id, CorrectionReason.IncorrectData) };

    public static Story Tell(params Claim[] claims) => Fold.All(Case(), claims);

    public static Story Tell(this CaseFacts facts, params Claim[] claims) => Fold.All(facts, claims);

    public static ItemState Bag(this Story story) => story.State.Items[0];

    public static TimelineEntry Of(this Story story, Claim claim) => story.Entries.Single(entry => entry.Claim.Id == claim.Id);

    public static string Now(this Story story, CaseFacts? facts = null) => Sentences.Now(facts ?? Case(), story.State, NameOf);
}
