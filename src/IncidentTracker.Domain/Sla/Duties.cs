namespace IncidentTracker.Domain;

/// <summary>A word that is owed, and who owes it.</summary>
/// <param name="IsAfterAnswer">It follows the first word after the status.</param>
internal readonly record struct Duty(SlaRule Rule, OrganizationId Party, bool IsAfterAnswer = false);

/// <summary>Who owes the next word. The role stands with the status; who has that role in the case is found here.</summary>
internal static class Duties
{
    public static Duty? Of(SlaPolicy policy, CaseState state, ItemState item, string statusCode)
    {
        if (statusCode == SlaRule.Handover) return item.OfferedTo is { } offered ? new(policy.Handover, offered) : null;
        if (statusCode == SlaRule.Dispute) return state.Owner is { } owner ? new(policy.RuleFor(statusCode)!, owner) : null;
        if (CodeLists.Find(statusCode) is not { NextWord: { } role } status || policy.RuleFor(statusCode) is not { } rule) return null;

        var isAnswered = status.Track == Track.Claim ? item.IsClaimAnswered : status.Track == Track.Main && item.IsAnswered;
        return (isAnswered ? AfterAnswer(status, state, item) : PartyFor(role, status.Track, state, item)) is { } party ? new(rule, party, isAnswered) : null;
    }

    /// <summary>Notes on an item that whoever owed the word after its status has given it, where the turn passes on with it.</summary>
    public static ItemState Answer(CaseState state, ItemState item, Claim claim, StatusCode? status)
    {
        if (IsAnswerTo(item.StatusCode) && status?.Track != Track.Main) item = item with { IsAnswered = true };
        if (IsAnswerTo(item.ClaimCode) && status?.Track != Track.Claim) item = item with { IsClaimAnswered = true };
        return item;

        bool IsAnswerTo(string code) => CodeLists.Find(code) is { Then: not null, NextWord: { } role } asking
            && claim.Correction is null && claim.By != SenderOf(asking.Track, item) && PartyFor(role, asking.Track, state, item) is { } party && claim.IsWordOf(party);
    }

    /// <summary>Who has a role, whatever the status is.</summary>
    public static OrganizationId? WithRole(Role role, CaseState state, ItemState item) => PartyFor(role, role == Role.Claims ? Track.Claim : Track.Main, state, item);

    private static OrganizationId? AfterAnswer(StatusCode status, CaseState state, ItemState item) =>
        status.Then == Turn.Customer ? OrganizationId.Customer : SenderOf(status.Track, item) is { } sender && sender != OrganizationId.Customer ? sender : state.Owner;

    private static OrganizationId? SenderOf(Track track, ItemState item) => track switch
    {
        Track.Damage => item.DamageBy,
        Track.Claim => item.ClaimBy,
        _ => item.StatusBy,
    };

    /// <summary>The party with a role: whoever was given it, then whoever the last word points to, and in the end the owner.</summary>
    private static OrganizationId? PartyFor(Role role, Track track, CaseState state, ItemState item)
    {
        if (role == Role.Customer) return OrganizationId.Customer;
        if (role == Role.CaseOwner) return state.Owner;

        // Whom the last word about the bag asks, and who holds it, has no part in a repair or a claim.
        if (track != Track.Main) return Assigned() ?? SenderOf(track, item) ?? state.Owner;

        // The customer owes nothing that others have to do, whomever a word asks. Whoever says that it has the bag owes the next
        // word about it, until another has taken it; only a flight that has left is received, and a delivery that is ordered is brought, by somebody else.
        var holder = ButCustomer(item.Holding?.By);
        var keepsIt = item.StatusCode is not ("FORWARD_DEPARTED" or "DELIVERY_ORDERED")
            && (CodeLists.Find(item.StatusCode)?.Possession == Possession.Reporter || (item.StatusBy == item.Holding?.By && item.StatusBy != state.Owner));
        var asked = keepsIt ? null : ButCustomer(item.Asked);
        return role switch
        {
            Role.Courier => asked ?? item.Courier ?? Assigned() ?? holder,
            Role.HoldingStation or Role.ThirdParty => asked ?? holder ?? Assigned(),
            Role.ForwardingCarrier => asked ?? Assigned() ?? Carrier() ?? item.StatusBy,
            Role.Tracing => Assigned() ?? state.Searching,
            _ => Assigned() ?? ButCustomer(item.StatusBy),
        } ?? state.Owner;

        static OrganizationId? ButCustomer(OrganizationId? party) => party == OrganizationId.Customer ? null : party;

        OrganizationId? Assigned()
        {
            foreach (var assignment in state.Assignments)
                if (assignment.Role.AsRole() == role) return assignment.Organization;
            return null;
        }

        OrganizationId? Carrier() => item.Flight is { Carrier.Length: > 0 } flight && state.Parties.Contains(new(flight.Carrier)) ? new(flight.Carrier) : null;
    }
}
