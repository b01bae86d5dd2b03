using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>What one claim that counts does to a case.</summary>
internal static class Step
{
    /// <summary>Proof is asked for once a customer has said that a delivery did not happen.</summary>
    private static readonly Duration ReopenWithin = Duration.FromDays(30);

    public static (CaseState State, Marks Marks) Take(CaseFacts facts, CaseState state, Claim claim, Marks marks)
    {
        var status = claim.StatusCode.Length > 0 ? CodeLists.Find(claim.StatusCode) : null;
        var says = status is not null && claim.Classifier == Classifier.Actual;

        if (!facts.IsSighting && says && !Authority.MaySay(state, claim, status!))
        {
            marks |= Marks.NotAuthorised;
            if (status!.Otherwise == Otherwise.Quarantine) return (state, marks | Marks.Quarantined);
            return (state, marks);
        }
        if (!facts.IsSighting && claim.Assignment is { } assignment) (state, marks) = Assign(state, claim, assignment, marks);

        var items = state.Items;
        for (var i = 0; i < items.Length; i++)
        {
            if (claim.ItemId.Length > 0 && items[i].Id != claim.ItemId) continue;
            (var item, marks) = TakeItem(items[i], claim, says ? status : null, marks);
            items = items.SetItem(i, item);
        }
        return (state with { Items = items }, marks);
    }

    private static (CaseState, Marks) Assign(CaseState state, Claim claim, Assignment assignment, Marks marks)
    {
        if (!Authority.RolesOf(state, claim).Contains(Role.CaseOwner)) return (state, marks | Marks.NotAuthorised);

        state = state with { Assignments = state.Assignments.RemoveAll(known => known.Role == assignment.Role).Add(assignment) };
        return (assignment.Role == PartyRole.CaseOwner ? state with { Owner = assignment.Organization } : state, marks);
    }

    private static (ItemState, Marks) TakeItem(ItemState item, Claim claim, StatusCode? status, Marks marks)
    {
        var actual = claim.Classifier == Classifier.Actual;
        if (status is not null) (item, marks) = TakeStatus(item, claim, status, marks);
        if (actual && (marks & (Marks.AfterEnd | Marks.PossibleWrongBag)) == 0) (item, marks) = Custody.Take(item, claim, status, marks);

        // A plan or an estimate moves the expected time and nothing else.
        if (claim.Eta is { } eta && item.Phase < Phase.Returned) item = item with { Eta = eta };
        if (claim.Flight is { } flight && item.Phase < Phase.Returned) item = item with { Flight = flight };
        return (item, marks);
    }

    private static (ItemState, Marks) TakeStatus(ItemState item, Claim claim, StatusCode status, Marks marks)
    {
        if (status.Track == Track.Damage) return (item with { DamageCode = status.Code }, marks);
        if (status.Track == Track.Claim) return (item with { ClaimCode = status.Code }, marks);

        if (item.Phase == Phase.Closed && status.Phase != Phase.Closed)
        {
            if (status.Code != "REOPENED") return (item, marks | Marks.AfterEnd);
            if (claim.Reporter.Kind == OrganizationKind.Customer && claim.OrderAt - item.ClosedAt > ReopenWithin) return (item, marks | Marks.AfterEnd);
        }
        else if (item.Phase == Phase.Returned && !MayFollowReturn(status))
        {
            // Somebody still moves a bag that its owner has: it is another bag, or the owner has the wrong one.
            if (status.Phase == Phase.OnTheWay) return (item, marks | Marks.PossibleWrongBag);
            return (item, status.Phase == Phase.Reported && item.DamageCode.Length > 0 ? marks : marks | Marks.AfterEnd);
        }
        else if (status.Code == "DELIVERED" && claim.Reporter.Kind == OrganizationKind.Courier)
        {
            if (item.IsDisputed && !claim.HasEvidence) return (item, marks | Marks.EvidenceMissing);
            if (item.Holding?.By != claim.By && claim.Custody is null) marks |= Marks.CustodyGap;
        }

        item = item with
        {
            StatusCode = status.Code,
            Phase = status.Phase,
            StatusAt = claim.OrderAt,
            StatusBy = claim.By,
            Asked = claim.AskedParty,
            Station = claim.Place?.Station is { Length: > 0 } station ? station : item.Station,
            ClosedAt = status.Phase == Phase.Closed ? item.ClosedAt ?? claim.OrderAt : null,
        };
        // What was expected of the old plan is no longer expected.
        if (status.Code is "FORWARD_MISSED" or "ARRIVED_STATION" || status.Phase is Phase.Searching or Phase.Found or Phase.Returned or Phase.Closed)
            item = item with { Eta = null, Flight = null };
        return (item, marks);
    }

    private static bool MayFollowReturn(StatusCode status) =>
        status.Phase is Phase.Returned or Phase.Closed || status.Code is "DELIVERY_DISPUTED" or "REOPENED";
}
