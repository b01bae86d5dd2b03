using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// Through whose hands a bag goes. About half of all hand-overs are told by one side only, so a word from either side
/// moves the bag; it counts as proven when both said so. When a party goes on saying that it holds a bag that another
/// took without its word, they contradict each other, and the earlier holder stands.
/// </summary>
internal static class Custody
{
    public static (ItemState, Marks) Take(ItemState item, Claim claim, StatusCode? status, Marks marks)
    {
        if (claim.Custody is { } statement) return Statement(item, claim, statement, marks);
        if (status is null || (marks & Marks.EvidenceMissing) != 0) return (item, marks);
        if (status.Code == "DELIVERY_DISPUTED") return (NotReceived(item, claim), marks);

        return status.Possession switch
        {
            Possession.Reporter => Holds(item, claim, claim.By, from: null, isStill: IsAtRest(status.Code), marks),
            Possession.Customer => Holds(item, claim, OrganizationId.Customer, from: null, isStill: false, marks),
            Possession.AskedParty when claim.AskedParty is { } asked => (GivenTo(item, claim, asked), marks),
            _ => (MovedOn(item, claim, status), marks),
        };
    }

    private static (ItemState, Marks) Statement(ItemState item, Claim claim, CustodyStatement statement, Marks marks)
    {
        switch (statement.Action)
        {
            case CustodyAction.Offered:
                return (item with { OfferedTo = statement.To }, marks);
            case CustodyAction.Refused:
                return (TakenBack(item with { OfferedTo = null }, claim), marks);
            case CustodyAction.Released when statement.To is { } to:
                return (GivenTo(item, claim, to), marks);
            case CustodyAction.Released:
                return (item with { Holding = item.Holding is { } held ? held with { MovedOn = true } : null }, marks);
            case CustodyAction.Accepted or CustodyAction.Taken:
                return Holds(item, claim, statement.To ?? claim.By, statement.From, isStill: statement.Action == CustodyAction.Taken, marks);
            default:
                return (item, marks);
        }
    }

    /// <summary>A party says that somebody has the bag in hand.</summary>
    private static (ItemState, Marks) Holds(ItemState item, Claim claim, OrganizationId who, OrganizationId? from, bool isStill, Marks marks)
    {
        var held = item.Holding;
        if (held?.By == who)
        {
            // The giver said so first; now the taker says it too.
            var proven = held.Proven || (item.OfferedTo == who && claim.By == who);
            return (item with { Holding = held with { Proven = proven, MovedOn = false }, OfferedTo = null }, marks);
        }
        if (held is null) return (item with { Holding = new(who, claim.OrderAt, false, null, false, false), OfferedTo = null }, marks);

        var handedOver = held.MovedOn || item.OfferedTo == who || from == held.By || who == OrganizationId.Customer;
        if (!handedOver && isStill)
        {
            if (held.Before == who && !held.Proven)
                return (item with { Holding = new(who, claim.OrderAt, held.BeforeProven, held.By, false, false) }, marks | Marks.Contradiction);
            if (held.Proven) return (item, marks | Marks.Contradiction);
        }

        var provenNow = item.OfferedTo == who && claim.By == who;
        return (item with { Holding = new(who, claim.OrderAt, provenNow, held.By, held.Proven, false), OfferedTo = null }, marks);
    }

    // The giver's word alone: the taker has it until it says otherwise.
    private static ItemState GivenTo(ItemState item, Claim claim, OrganizationId to) => item.Holding?.By == to
        ? item
        : item with { Holding = new(to, claim.OrderAt, false, item.Holding?.By ?? claim.By, item.Holding?.Proven ?? false, false), OfferedTo = to };

    private static ItemState TakenBack(ItemState item, Claim claim) => item.Holding is { Proven: false, Before: { } before } held && held.By == claim.By
        ? item with { Holding = new(before, claim.OrderAt, held.BeforeProven, null, false, false) }
        : item;

    // The customer says that it never came: whoever had it before still answers for it.
    private static ItemState NotReceived(ItemState item, Claim claim) => item.Holding is { Before: { } before } held && held.By == OrganizationId.Customer
        ? item with { Holding = new(before, claim.OrderAt, held.BeforeProven, null, false, false) }
        : item;

    // A holder that sends the bag off no longer insists on having it.
    private static ItemState MovedOn(ItemState item, Claim claim, StatusCode status) =>
        status.Code == "FORWARD_DEPARTED" && item.Holding is { } held && held.By == claim.By ? item with { Holding = held with { MovedOn = true } } : item;

    // These say "it lies here"; all others say "it passes through my hands".
    public static bool IsAtRest(string code) => code is "ON_HAND" or "HELD" or "READY_TO_COLLECT" or "RETURNED_TO_STATION";
}

/// <summary>Writes down who held each item from when until when.</summary>
internal sealed class CustodyChain
{
    private readonly Dictionary<string, CustodySpan> _open = [];
    private readonly ImmutableArray<CustodySpan>.Builder _closed = ImmutableArray.CreateBuilder<CustodySpan>();

    public ImmutableArray<CustodySpan> Spans => [.. _closed.Concat(_open.Values).OrderBy(span => span.From).ThenBy(span => span.ItemId, StringComparer.Ordinal)];

    public void Note(CaseState state, Claim claim)
    {
        foreach (var item in state.Items)
        {
            if (item.Holding is not { } held) continue;
            if (_open.TryGetValue(item.Id, out var span) && span.By == held.By)
            {
                _open[item.Id] = span with { Proven = held.Proven, Condition = ConditionBy(claim, held.By) ?? span.Condition };
                continue;
            }
            if (span is not null) _closed.Add(span with { Until = claim.OrderAt });
            _open[item.Id] = new(item.Id, held.By, claim.OrderAt, null, claim.Custody?.Condition ?? BagCondition.NotChecked, held.Proven);
        }
    }

    private static BagCondition? ConditionBy(Claim claim, OrganizationId holder) =>
        claim.By == holder && claim.Custody is { Condition: not BagCondition.NotChecked } statement ? statement.Condition : null;
}
