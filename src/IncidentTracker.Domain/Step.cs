using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>What one claim that counts does to a case.</summary>
internal static class Step
{
    /// <summary>How long a customer may open a closed case again; longer when damage came to light.</summary>
    private static readonly Duration ReopenWithin = Duration.FromDays(30);
    private static readonly Duration ReopenDamagedWithin = Duration.FromDays(90);

    public static (CaseState State, Marks Marks) Take(CaseFacts facts, CaseState state, Claim claim, Marks marks)
    {
        var status = claim.Classifier == Classifier.Actual ? CodeLists.Find(claim.StatusCode) : null;
        if (!facts.IsSighting)
        {
            if (status is not null && !Authority.MaySay(state, claim, status))
                return (state, marks | Marks.NotAuthorised | (status.Otherwise == Otherwise.Quarantine ? Marks.Quarantined : Marks.None));
            if (!Authority.MayMove(claim))
                return (state, marks | Marks.NotAuthorised | Marks.Quarantined);
            if (claim is { Assignment: { } assignment, Classifier: Classifier.Actual })
                (state, marks) = Assign(state, claim, assignment, marks);
        }

        var mayExpect = facts.IsSighting || (claim.Eta is null && claim.Flight is null) || Authority.MayExpect(state, claim);
        if (claim.Eta is not null && !mayExpect) marks |= Marks.EtaNotAuthorised;

        if (status is { Code: "TRACING" or "SECONDARY_TRACING" } || (status is { Phase: Phase.Searching } && claim.Reporter.Kind == OrganizationKind.Tracing)) state = state with { Searching = claim.By };

        var items = state.Items;
        var onItems = Marks.None;
        var onEveryItem = OnlyIfOnEveryItem;
        for (var i = 0; i < items.Length; i++)
        {
            if (!claim.IsAbout(items[i])) continue;
            var (item, noted) = TakeItem(items[i], claim, status, mayExpect);
            items = items.SetItem(i, item);
            onItems |= noted;
            onEveryItem &= noted;
        }
        marks |= (onItems & ~OnlyIfOnEveryItem) | (onItems & onEveryItem);
        // What was not the sender's to say answers nothing, nor does what it keeps back.
        var isAnswer = claim.Classifier == Classifier.Actual && (marks & Marks.NotAuthorised) == 0 && !state.IsKeptBack(claim);
        for (var i = 0; isAnswer && i < items.Length; i++)
            if (claim.IsAbout(items[i]) && Duties.Answer(state, items[i], claim, status) is var answered && !ReferenceEquals(answered, items[i])) items = items.SetItem(i, answered);
        return (state with { Items = items }, marks);
    }

    /// <summary>Whether somebody who may says that the found bag is the right one.</summary>
    public static bool ConfirmsMatch(CaseFacts facts, CaseState state, Claim claim) =>
        claim is { StatusCode: "MATCH_CONFIRMED", Classifier: Classifier.Actual, IsInternal: false }
        && (facts.IsSighting || Authority.MaySay(state, claim, CodeLists.Find(claim.StatusCode)!));

    // News about all bags is not late or wrong because one of them is home already.
    private const Marks OnlyIfOnEveryItem = Marks.AfterEnd | Marks.PossibleWrongBag;

    private static (CaseState, Marks) Assign(CaseState state, Claim claim, Assignment assignment, Marks marks)
    {
        if (!Authority.MayAssign(state, claim)) return (state, marks | Marks.NotAuthorised);

        state = state with { Assignments = state.Assignments.RemoveAll(known => known.Role == assignment.Role).Add(assignment) };
        return (assignment.Role == PartyRole.CaseOwner ? state with { Owner = assignment.Organization } : state, marks);
    }

    private static (ItemState, Marks) TakeItem(ItemState before, Claim claim, StatusCode? status, bool mayExpect)
    {
        var (item, marks) = status is null ? (before, Marks.None) : TakeStatus(before, claim, status);
        if (claim.Custody is not null && before.Phase == Phase.Closed && item.Phase == Phase.Closed) marks |= Marks.AfterEnd;

        if (claim.Classifier == Classifier.Actual && (marks & (Marks.AfterEnd | Marks.PossibleWrongBag | Marks.EvidenceMissing)) == 0)
        {
            (item, var contradiction) = Custody.Take(item, claim, status);
            marks |= contradiction;
            // Two say that they have it. Until both were asked, everything stays as it was proven. About a bag that is back nobody is asked.
            if (contradiction != Marks.None && item.Holding == before.Holding) return (before with { InDispute = before.Phase >= Phase.Returned ? null : item.InDispute, OfferedTo = item.OfferedTo }, marks);
            if (item.InDispute is { } dispute && item.InDispute == before.InDispute && (marks & Marks.NotAuthorised) == 0 && Custody.Settles(dispute, claim, status)) item = item with { InDispute = null };
            if (item.Phase is Phase.Returned or Phase.Closed) item = item with { InDispute = null };
        }

        // Proof may come later than the word itself.
        if (status is null && item.StatusCode == "DELIVERED" && claim.By == item.StatusBy && claim.Classifier == Classifier.Actual && IsProof(claim)) item = item with { HasProof = true };

        if (!mayExpect) return (item, marks);
        // A plan or an estimate moves the expected time and nothing else.
        if (claim.Eta is { } eta && item.Phase < Phase.Returned) item = item with { Eta = eta };
        if (claim.Flight is { } flight && item.Phase < Phase.Returned) item = item with { Flight = flight };
        return (item, marks);
    }

    private static (ItemState, Marks) TakeStatus(ItemState item, Claim claim, StatusCode status)
    {
        if (status.Track == Track.Damage) return (item with { DamageCode = status.Code, DamageBy = claim.By }, Marks.None);
        if (status.Track == Track.Claim) return (item with { ClaimCode = status.Code, ClaimBy = claim.By, IsClaimAnswered = false }, Marks.None);
        if (Stops(item, claim, status) is { } mark) return (item, mark);

        var placeIsKnownStill = item.StatusCode is not ("FORWARD_DEPARTED" or "MATCH_VOIDED");
        var next = item with
        {
            StatusCode = status.Code,
            Phase = status.Phase,
            StatusAt = claim.OrderAt,
            StatusBy = claim.By,
            Asked = claim.AskedParty,
            ReasonCode = claim.ReasonCode,
            IsAnswered = false,
            Courier = CourierAfter(item, claim, status),
            HasProof = status.Code == "DELIVERED" && IsProof(claim),
            Station = claim.Place?.Station is { Length: > 0 } station ? station : placeIsKnownStill ? item.Station : "",
            IsDisputed = status.Code == "DELIVERY_DISPUTED" || (item.IsDisputed && status.Phase < Phase.Returned),
            ClosedAt = status.Phase == Phase.Closed ? item.ClosedAt ?? claim.OrderAt : null,
        };
        // The repaired bag is back: what remains of the damage is what was decided about it.
        if (status.Possession == Possession.Customer && item.DamageCode == "REPAIR_IN_PROGRESS") next = next with { DamageCode = "DAMAGE_ASSESSED" };
        // What was expected of the old plan is no longer expected; a missed flight is named once and not planned again.
        if (item.StatusCode == "FORWARD_MISSED") next = next with { Flight = null };
        if (status.Code is "FORWARD_MISSED" or "ARRIVED_STATION" || status.Phase is Phase.Searching or Phase.Found or Phase.Returned or Phase.Closed
            || (status.Phase == Phase.Delivery && item.Phase != Phase.Delivery))
            next = next with { Eta = null, Flight = null };
        return (next, LacksCustody(item, claim, status) ? Marks.CustodyGap : Marks.None);
    }

    /// <summary>What to note on a status that changes nothing, because of where the item stands. Null: it counts.</summary>
    private static Marks? Stops(ItemState item, Claim claim, StatusCode status)
    {
        if (item.Phase == Phase.Closed && status.Phase != Phase.Closed)
            return status.Code == "REOPENED" && MayReopen(item, claim) ? null : Marks.AfterEnd;

        if (item.Phase == Phase.Returned && !MayFollowReturn(status))
        {
            // Somebody still moves a bag that its owner has: it is another bag, or the owner has the wrong one.
            if (status.Phase == Phase.OnTheWay) return Marks.PossibleWrongBag;
            return status.Phase == Phase.Reported && item.DamageCode.Length > 0 ? Marks.None : Marks.AfterEnd;
        }

        // Only what was closed or returned can be opened again, and only a delivery can be denied.
        if (status.Code == "REOPENED" && item.Phase < Phase.Returned) return Marks.None;
        if (status.Code == "DELIVERY_DISPUTED" && item.Phase < Phase.Delivery) return Marks.None;

        // Once a customer has said that a delivery did not happen, the next one needs proof.
        if (item.IsDisputed && status.Possession == Possession.Customer && !claim.Reporter.SpeaksForCustomer && !claim.HasEvidence) return Marks.EvidenceMissing;
        return null;
    }

    private static bool IsProof(Claim claim) => claim is { HasEvidence: true, Correction: null, Reporter.SpeaksForCustomer: false };

    private static OrganizationId? CourierAfter(ItemState item, Claim claim, StatusCode status) =>
        status.Phase is not (Phase.Delivery or Phase.Returned) ? null
        : status.Code == "DELIVERY_ORDERED" && claim.AskedParty is { } asked ? asked
        : claim.Reporter.Kind == OrganizationKind.Courier ? claim.By : item.Courier;

    private static bool MayReopen(ItemState item, Claim claim) => !claim.Reporter.SpeaksForCustomer
        || claim.OrderAt - item.ClosedAt <= (item.DamageCode.Length > 0 ? ReopenDamagedWithin : ReopenWithin);

    private static bool MayFollowReturn(StatusCode status) =>
        status.Phase is Phase.Returned or Phase.Closed || status.Code is "DELIVERY_DISPUTED" or "REOPENED";

    private static bool LacksCustody(ItemState item, Claim claim, StatusCode status) =>
        status.Code is "DELIVERED" or "DELIVERY_ATTEMPTED" && claim.Reporter.Kind == OrganizationKind.Courier
        && claim.Custody is null && item.Holding?.By != claim.By && item.Holding?.Before != claim.By;
}
