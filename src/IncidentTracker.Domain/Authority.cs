namespace IncidentTracker.Domain;

/// <summary>
/// Who may say what. A party has the roles of its kind, those it was given on the case, and, when it speaks for another,
/// that party's too. What each status may be said by stands in the code list.
/// </summary>
internal static class Authority
{
    public static bool MaySay(CaseState state, Claim claim, StatusCode status) =>
        status.AcceptedFrom.Length == 0 || status.AcceptedFrom.AsSpan().ContainsAnyOf(RolesOf(state, claim));

    /// <summary>
    /// Who has a bag is said by those between whom it passes, or by their handlers. Anyone else's word waits until the
    /// holder has been asked.
    /// </summary>
    public static bool MayMove(Claim claim)
    {
        if (claim.Custody is not { } statement || claim.Classifier != Classifier.Actual) return true;

        // Who is not named is the sender.
        var own = statement.Action is CustodyAction.Offered or CustodyAction.Released ? statement.From : statement.To;
        var isInvolved = own is null || IsOwnWord(statement.From) || IsOwnWord(statement.To);
        // A party that holds no bags, such as a tracing team, has a say for another only.
        var hasHands = claim.Reporter.HandlesBags || claim.Reporter.SpeaksForCustomer || SpeaksForAnother(claim) is not null;
        return isInvolved && hasHands;

        bool IsOwnWord(OrganizationId? party) => party is { } one && (claim.SpeaksFor(one) || claim.Reporter.ActsFor.Contains(one));
    }

    public static IReadOnlySet<Role> RolesOf(CaseState state, Claim claim)
    {
        var roles = new HashSet<Role>();
        AddNatural(roles, claim.Reporter.Kind);
        AddGiven(roles, state, claim, claim.By);
        if (SpeaksForAnother(claim) is { } principal)
        {
            AddNatural(roles, OrganizationKind.Airline);
            AddGiven(roles, state, claim, principal);
        }
        return roles;
    }

    // Speaking for oneself gives nobody an airline's say.
    private static OrganizationId? SpeaksForAnother(Claim claim) => claim.OnBehalfOf == claim.By ? null : claim.OnBehalfOf;

    private static void AddNatural(HashSet<Role> roles, OrganizationKind kind)
    {
        switch (kind)
        {
            case OrganizationKind.Airline: roles.Add(Role.ForwardingCarrier); roles.Add(Role.HoldingStation); break;
            case OrganizationKind.Handler: roles.Add(Role.HoldingStation); break;
            case OrganizationKind.Tracing: roles.Add(Role.Tracing); break;
            case OrganizationKind.Courier: roles.Add(Role.Courier); break;
            case OrganizationKind.ThirdParty: roles.Add(Role.ThirdParty); break;
            case OrganizationKind.Airport: roles.Add(Role.Airport); roles.Add(Role.HoldingStation); break;
            case OrganizationKind.Authority: roles.Add(Role.Authority); break;
            case OrganizationKind.ClaimsOffice: roles.Add(Role.Claims); break;
            case OrganizationKind.Customer: roles.Add(Role.Customer); break;
            case OrganizationKind.Agent: roles.Add(Role.Agent); break;
        }
    }

    private static void AddGiven(HashSet<Role> roles, CaseState state, Claim claim, OrganizationId party)
    {
        if (state.Owner == party) { roles.Add(Role.CaseOwner); roles.Add(Role.Claims); }
        foreach (var item in state.Items)
            if (claim.IsAbout(item) && item.Holding?.By == party && party != OrganizationId.Customer) roles.Add(Role.HoldingStation);
        foreach (var assignment in state.Assignments)
            if (assignment.Organization == party) roles.Add(Enum.Parse<Role>(assignment.Role.ToString()));
    }

    private static bool ContainsAnyOf(this ReadOnlySpan<Role> accepted, IReadOnlySet<Role> roles)
    {
        foreach (var role in accepted)
            if (roles.Contains(role)) return true;
        return false;
    }
}
