namespace IncidentTracker.Domain;

/// <summary>A word that is owed, and who owes it.</summary>
internal readonly record struct Duty(SlaRule Rule, OrganizationId Party);

/// <summary>Who owes the next word. The role stands with the status; who has that role in the case is found here.</summary>
internal static class Duties
{
    public static Duty? Of(SlaPolicy policy, CaseState state, ItemState item, string statusCode) =>
        statusCode == SlaRule.Handover ? (item.OfferedTo is { } offered ? new(policy.Handover, offered) : null)
        : CodeLists.Find(statusCode) is { NextWord: { } role } && policy.RuleFor(statusCode) is { } rule && PartyFor(role, state, item) is { } party ? new(rule, party) : null;

    /// <summary>The party with a role: whoever was given it, then whoever the last word points to, and in the end the owner.</summary>
    private static OrganizationId? PartyFor(Role role, CaseState state, ItemState item)
    {
        if (role == Role.Customer) return OrganizationId.Customer;
        if (role == Role.CaseOwner) return state.Owner;

        var holder = item.Holding is { } held && held.By != OrganizationId.Customer ? held.By : (OrganizationId?)null;
        return role switch
        {
            Role.HoldingStation or Role.Courier or Role.ThirdParty => item.Asked ?? holder ?? Assigned(),
            Role.ForwardingCarrier => item.Asked ?? Assigned() ?? Carrier() ?? item.StatusBy,
            Role.Tracing => Assigned() ?? state.Searching,
            _ => Assigned() ?? item.StatusBy,
        } ?? state.Owner;

        OrganizationId? Assigned()
        {
            foreach (var assignment in state.Assignments)
                if (assignment.Role.AsRole() == role) return assignment.Organization;
            return null;
        }

        OrganizationId? Carrier() => item.Flight is { Carrier.Length: > 0 } flight && state.Parties.Contains(new(flight.Carrier)) ? new(flight.Carrier) : null;
    }
}
