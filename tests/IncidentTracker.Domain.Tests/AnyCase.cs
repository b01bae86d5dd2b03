using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;

namespace IncidentTracker.Domain.Tests;

/// <summary>A case as the world may tell it: late, twice, backwards, by strangers, corrected before it was said.</summary>
internal sealed record AnyCase(CaseFacts Facts, ImmutableArray<Claim> Claims, int Seed)
{
    private static readonly Instant Start = Told.On("07-06 05:00");
    private static readonly string[] Stations = ["GDN", "FRA", "LIS", "FNC", "QQQ"];
    private static readonly string[] Codes = [.. CodeLists.StatusCodes.Select(status => status.Code), "SEEN_ON_THE_MOON", "", "", "", "", ""];
    // What moves a case most, from those whose word it is.
    private static readonly (string By, string Code)[] Turns =
    [
        ("XA", "ON_HAND"), ("GO", "ON_HAND"), ("LH2", "ON_HAND"), ("GVT", "HELD"), ("XB", "MATCH_CONFIRMED"), ("TRW", "MATCH_CONFIRMED"), ("TRW", "MATCH_VOIDED"),
        ("XA", "FORWARD_DEPARTED"), ("GO", "LOADED"), ("LH2", "ARRIVED_STATION"), ("CQ", "COURIER_HAS_BAG"), ("CQ", "DELIVERED"), ("CQ", "DELIVERED"),
        ("CQ", "LEFT_WITH_THIRD_PARTY"), ("CUSTOMER", "DELIVERY_DISPUTED"), ("CUSTOMER", "DELIVERY_DISPUTED"), ("CUSTOMER", "CONFIRMED"), ("XB", "CLOSED_RETURNED"),
        ("CUSTOMER", "REOPENED"), ("CUSTOMER", "DAMAGE_REPORTED"), ("GO", ""), ("XA", ""), ("CQ", ""), ("LH2", ""),
    ];

    public static Arbitrary<AnyCase> Arbitrary { get; } = Arb.From(Gen.Choose(0, int.MaxValue - 1).Select(From), Smaller);

    /// <summary>Checks a law on many cases; a failure names the seed and the smallest case that breaks it.</summary>
    public static void Obey(int cases, Action<AnyCase> law) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(cases), Prop.ForAll(Arbitrary, law));

    public Random Dice => new(Seed);

    /// <summary>The same with everyone on the case from the start, so that nobody's words depend on an invitation.</summary>
    public AnyCase WithEveryone() => this with { Facts = Facts with { Parties = [.. Told.Everyone, .. Told.Strangers.Select(one => one.Id)] } };

    public Story Tell(params Claim[] more) => Fold.All(Facts, Claims.AddRange(more));

    public override string ToString() =>
        $"seed {Seed}, owner {Facts.Owner}, {Facts.Items.Length} items, parties {string.Join(' ', Facts.Parties)}\n{string.Join('\n', Claims.Select(Written.Of))}";

    public static AnyCase From(int seed)
    {
        var dice = new Random(seed);
        var items = Math.Max(1, dice.Next(-2, 4));
        OrganizationId[] parties = [new("XB"), .. Told.Everyone.Where(_ => dice.Next(3) > 0)];
        var facts = dice.Next(12) == 0
            ? CaseFacts.Sighting
            : new CaseFacts(IncidentKind.DelayedBag, new("XB"), Told.Items(items), [.. parties.Distinct()]);

        var claims = ImmutableArray.CreateBuilder<Claim>();
        for (var left = dice.Next(1, 22); left > 0; left--)
        {
            var id = $"u{dice.Next(1000):000}-{left}";
            var again = claims.Count > 0 && dice.Next(10) == 0 ? claims[dice.Next(claims.Count)] : null;
            claims.Add(again is null
                ? AnyClaim(dice, id, items)
                : again with { UpdateId = id, ReceivedAt = again.ReceivedAt + Duration.FromMinutes(dice.Next(600)), PartnerSequence = dice.Next(4) });
        }
        for (var i = 0; i < claims.Count; i++)
            if (dice.Next(6) == 0) claims[i] = Corrected(dice, claims, claims[i]);
        return new(facts, claims.ToImmutable(), seed);
    }

    public static Claim AnyClaim(Random dice, string id, int items)
    {
        var turn = Pick(dice, Turns);
        var (by, code) = dice.Next(2) == 0 ? turn : (AnyParty(dice).Value, Pick(dice, Codes));
        var reporter = Told.Reporter(by);
        var happened = dice.Next(10) == 0 ? null : AnyMoment(dice);
        return new()
        {
            Reporter = reporter,
            UpdateId = id,
            Happened = happened,
            SourceRecordedAt = dice.Next(4) == 0 ? Start + Duration.FromMinutes(dice.Next(900)) : null,
            ReceivedAt = (happened?.At ?? Start + Duration.FromHours(dice.Next(12))) + Duration.FromMinutes(Pick(dice, [0, 0, 1, 20, 300, 1800, -3, -30])),
            Classifier = dice.Next(6) == 0 ? (Classifier)dice.Next(1, 3) : Classifier.Actual,
            ItemId = dice.Next(5) < 3 ? "" : $"{dice.Next(1, items + 1)}",
            StatusCode = code,
            Place = Sometimes(dice, 2, () => new Place(Pick(dice, Stations), "", "")),
            Custody = Sometimes(dice, code.Length == 0 ? 1 : 5, () => AnyCustody(dice, reporter.Id)),
            Eta = Sometimes(dice, 5, () => new Eta(Start + Duration.FromHours(dice.Next(48)), null, "Z")),
            Flight = Sometimes(dice, 5, () => new Flight("XB", $"{dice.Next(100, 103)}", null, "", "")),
            OnBehalfOf = dice.Next(4) == 0 ? Pick(dice, [reporter.Id, .. reporter.ActsFor]) : null,
            AskedParty = dice.Next(6) == 0 ? AnyParty(dice) : null,
            Assignment = Sometimes(dice, 12, () => new Assignment((PartyRole)dice.Next(1, 10), AnyParty(dice))),
            PartnerSequence = dice.Next(4),
            HasEvidence = dice.Next(3) == 0,
            Visibility = dice.Next(15) == 0 ? Visibility.Internal : Visibility.Public,
        };
    }

    // Few moments, so that many things happen at the same one.
    private static EventTime AnyMoment(Random dice) => dice.Next(10) == 0
        ? new(Told.On("07-06 00:00") + Duration.FromDays(dice.Next(2)), "Z", Offset.Zero, TimePrecision.Date)
        : new(Start + Duration.FromMinutes(45 * dice.Next(18)), "+02:00", Offset.FromHours(2), (TimePrecision)dice.Next(1, 3));

    private static CustodyStatement AnyCustody(Random dice, OrganizationId sender) =>
        new((CustodyAction)dice.Next(1, 6), Side(dice, sender), Side(dice, sender), (BagCondition)dice.Next(4), 1, "", 0);

    private static OrganizationId? Side(Random dice, OrganizationId sender) => dice.Next(4) switch
    {
        0 => null,
        1 => sender,
        2 => new(Pick(dice, Turns).By),
        _ => AnyParty(dice),
    };

    private static Claim Corrected(Random dice, IReadOnlyList<Claim> claims, Claim claim)
    {
        var kind = (CorrectionKind)dice.Next(1, 3);
        var own = claims.Where(other => other.By == claim.By).ToArray();
        var target = dice.Next(8) == 0 ? new ClaimId(claim.By, "never-sent") : Pick(dice, dice.Next(3) == 0 ? claims : own).Id;
        return claim with { Correction = new(kind, target, CorrectionReason.DidNotOccur), StatusCode = dice.Next(2) == 0 ? "" : claim.StatusCode };
    }

    private static OrganizationId AnyParty(Random dice) => Pick(dice, [.. Told.Cast, .. Told.Strangers]).Id;

    private static T? Sometimes<T>(Random dice, int oneIn, Func<T> make) where T : class => dice.Next(oneIn) == 0 ? make() : null;

    public static T Pick<T>(Random dice, IReadOnlyList<T> from) => from[dice.Next(from.Count)];

    private static IEnumerable<AnyCase> Smaller(AnyCase big) =>
        Enumerable.Range(0, big.Claims.Length).Select(index => big with { Claims = big.Claims.RemoveAt(index) });
}
