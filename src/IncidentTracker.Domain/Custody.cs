using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// Through whose hands a bag goes. About half of all hand-overs are told by one side only, so a word from either side
/// moves the bag; it counts as proven when both said so. When a party goes on saying that it holds a bag that another
/// took without its word, they contradict each other, and the earlier holder stands.
/// </summary>
internal static class Custody
{
    public static (ItemState Item, Marks Marks) Take(ItemState item, Claim claim, StatusCode? status)
    {
        if (claim.Custody is { } statement) return Statement(item, claim, status, statement);
        if (status is null) return (item, Marks.None);
        if (status.Code == "DELIVERY_DISPUTED") return (NotReceived(item, claim), Marks.None);

        return status.Possession switch
        {
            // Customs keep a bag back without having it in hand.
            Possession.Reporter when claim.Reporter.Kind == OrganizationKind.Authority && item.Holding is not null => (item, Marks.None),
            Possession.Reporter when IsUnderway(status.Code) => Off(Holds(item, claim, claim.By, from: null, isStill: false)),
            Possession.Reporter => Holds(item, claim, claim.By, from: null, isStill: IsAtRest(status.Code)),
            Possession.Customer when claim.Reporter.SpeaksForCustomer => Holds(item, claim, OrganizationId.Customer, from: null, isStill: false),
            Possession.Customer => (GivenTo(item, claim, OrganizationId.Customer), Marks.None),
            Possession.AskedParty when claim.AskedParty is { } asked => (GivenTo(item, claim, asked), Marks.None),
            _ => (item, Marks.None),
        };
    }

    private static (ItemState, Marks) Statement(ItemState item, Claim claim, StatusCode? status, CustodyStatement statement)
    {
        switch (statement.Action)
        {
            case CustodyAction.Offered:
                // Nobody offers what another has, or to itself.
                return item.Holding is { } held && (!claim.IsWordOf(held.By) || statement.To == held.By) ? (item, Marks.NotAuthorised) : (item with { OfferedTo = statement.To }, Marks.None);
            case CustodyAction.Refused:
                return Refused(item, claim);
            case CustodyAction.Released when statement.To is { } to:
                return (GivenTo(item, claim, to), Marks.None);
            case CustodyAction.Released:
                return Off((item, Marks.None));
            case CustodyAction.Accepted or CustodyAction.Taken:
                var taker = statement.To ?? (claim.Reporter.SpeaksForCustomer ? OrganizationId.Customer : claim.By);
                return claim.SpeaksFor(taker)
                    ? Holds(item, claim, taker, statement.From, isStill: statement.Action == CustodyAction.Taken && (status is null || IsAtRest(status.Code)))
                    : (GivenTo(item, claim, taker), Marks.None);
            default:
                return (item, Marks.None);
        }
    }

    /// <summary>A party says that it has the bag in hand itself.</summary>
    private static (ItemState Item, Marks Marks) Holds(ItemState item, Claim claim, OrganizationId who, OrganizationId? from, bool isStill)
    {
        var held = item.Holding;
        var wasGiven = item.OfferedTo == who;
        if (held is null) return (item with { Holding = new(who, claim.OrderAt, false, null, false, false), OfferedTo = null }, Marks.None);
        // The giver said so first; now the taker says it too.
        if (held.By == who) return (item with { Holding = held with { Proven = held.Proven || wasGiven, MovedOn = false }, OfferedTo = null }, Marks.None);

        var handedOver = held.MovedOn || wasGiven || from == held.By || who == OrganizationId.Customer || claim.Reporter.ActsFor.Contains(held.By);
        if (!handedOver && isStill)
        {
            if (held.Before == who && !held.Proven)
                return (item with { Holding = new(who, claim.OrderAt, held.BeforeProven, held.By, false, false), InDispute = new(who, held.By, false) }, Marks.Contradiction);
            if (held.Proven) return (item with { InDispute = new(who, held.By, false) }, Marks.Contradiction);
        }
        return (item with { Holding = new(who, claim.OrderAt, wasGiven, held.By, held.Proven, false), OfferedTo = null }, Marks.None);
    }

    // The giver's word alone: the taker has it until it says otherwise. After the taker's word, it is the second one.
    private static ItemState GivenTo(ItemState item, Claim claim, OrganizationId to)
    {
        if (item.Holding is not { } held) return item with { Holding = new(to, claim.OrderAt, false, claim.By, false, false), OfferedTo = to };
        if (held.By != to) return item with { Holding = new(to, claim.OrderAt, false, held.By, held.Proven, false), OfferedTo = to };

        var isSecondWord = item.OfferedTo != to && (held.Before is null || claim.SpeaksFor(held.Before.Value));
        return isSecondWord ? item with { Holding = held with { Proven = true } } : item;
    }

    // A holder that sends the bag off no longer insists on having it.
    private static (ItemState, Marks) Off((ItemState Item, Marks Marks) taken) =>
        (taken.Item with { Holding = taken.Item.Holding is { } held ? held with { MovedOn = true } : null }, taken.Marks);

    /// <summary>A bag that was only offered is turned down, or one that was handed over is said never to have come.</summary>
    private static (ItemState, Marks) Refused(ItemState item, Claim claim)
    {
        if (item.OfferedTo is { } offered && item.Holding?.By != offered)
            return claim.IsWordOf(offered) ? (item with { OfferedTo = null }, Marks.None) : (item, Marks.NotAuthorised);
        if (item.InDispute is { IsDenied: true } known && claim.IsWordOf(known.By)) return (item, Marks.None);
        if (item.Holding is not { Before: { } giver } held || !claim.IsWordOf(held.By)) return (item, Marks.NotAuthorised);

        var disputed = item with { OfferedTo = null, InDispute = new(held.By, giver, true) };
        // What both had said stays proven; the giver's word alone does not stand against the taker's.
        return held.Proven ? (disputed, Marks.Contradiction) : (disputed with { Holding = new(giver, claim.OrderAt, held.BeforeProven, null, false, false) }, Marks.None);
    }

    /// <summary>
    /// Whether a word settles a dispute: any about the bag from somebody else; of the two themselves only one that gives way,
    /// because who insists settles nothing.
    /// </summary>
    public static bool Settles(Dispute dispute, Claim claim, StatusCode? status)
    {
        if (claim.Custody is null && status is not { Track: Track.Main }) return false;
        if (!claim.IsWordOf(dispute.By) && !claim.IsWordOf(dispute.With)) return true;
        var hasIt = claim.Custody is { } said ? said.Action is CustodyAction.Taken or CustodyAction.Accepted : status!.Possession == Possession.Reporter;
        return hasIt == dispute.IsDenied;
    }

    // The customer says that it never came: whoever had it before still answers for it.
    private static ItemState NotReceived(ItemState item, Claim claim) => item.Holding is { Before: { } before } held && held.By == OrganizationId.Customer
        ? item with { Holding = new(before, claim.OrderAt, held.BeforeProven, null, false, false), OfferedTo = null }
        : item;

    /// <summary>These say "it lies here"; all others say "it passes through my hands".</summary>
    public static bool IsAtRest(string code) => code is "ON_HAND" or "HELD" or "READY_TO_COLLECT" or "RETURNED_TO_STATION";

    private static bool IsUnderway(string code) => code is "LOADED" or "FORWARD_DEPARTED";
}

/// <summary>Writes down who held each item from when until when.</summary>
internal sealed class CustodyChain
{
    private readonly Dictionary<string, CustodySpan> _open = [];
    private readonly ImmutableArray<CustodySpan>.Builder _closed = ImmutableArray.CreateBuilder<CustodySpan>();

    public ImmutableArray<CustodySpan> Spans => [.. _closed.Concat(_open.Values).OrderBy(span => span.From).ThenBy(span => span.ItemId, StringComparer.Ordinal)];

    public void Note(CaseState state, Claim claim, Marks marks)
    {
        if (claim.Classifier != Classifier.Actual) return;

        var maySay = (marks & (Marks.NotAuthorised | Marks.Quarantined)) == 0;
        foreach (var item in state.Items.Where(claim.IsAbout))
        {
            if (item.Holding is not { } held || item.ClosedAt < claim.OrderAt) continue;
            if (_open.TryGetValue(item.Id, out var span) && span.By == held.By)
            {
                _open[item.Id] = span with { Proven = held.Proven, Condition = maySay ? ConditionBy(claim, held.By) ?? span.Condition : span.Condition };
                continue;
            }
            if (span is not null) _closed.Add(span with { Until = claim.OrderAt });
            _open[item.Id] = new(item.Id, held.By, claim.OrderAt, null, claim.Custody?.Condition ?? BagCondition.NotChecked, held.Proven);
        }
    }

    private static BagCondition? ConditionBy(Claim claim, OrganizationId holder) =>
        claim.SpeaksFor(holder) && claim.Custody is { Condition: not BagCondition.NotChecked } statement ? statement.Condition : null;
}
