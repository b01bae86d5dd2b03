using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// Who may say what. A party has the roles of its kind, those it was given on the case, and, when it speaks for another,
/// that party's too. What each status may be said by stands in the code list.
/// </summary>
internal static class Authority
{
    private static readonly ImmutableArray<Role> Expecting =
        [Role.CaseOwner, Role.ForwardingCarrier, Role.HoldingStation, Role.Tracing, Role.Courier, Role.Agent];

    // A hotel or a workshop knows when its own work is done, and nothing of the way there.
    private static readonly ImmutableArray<string> WorkOfThirdParties = ["READY_TO_COLLECT", "REPAIR_IN_PROGRESS", "SVC_IN_PROGRESS", "SVC_WAITING"];

    public static bool MaySay(CaseState state, Claim claim, StatusCode status) =>
        claim.Judgement is not null || status.AcceptedFrom.Length == 0 || RolesOf(state, claim).ContainsAnyOf(status.AcceptedFrom);

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

        bool IsOwnWord(OrganizationId? party) => party is { } one && claim.IsWordOf(one);
    }

    /// <summary>When a bag comes, and on which flight, is said by those who carry, hold or search it, and by the owner and its agents.</summary>
    public static bool MayExpect(CaseState state, Claim claim)
    {
        var roles = RolesOf(state, claim);
        return roles.ContainsAnyOf(Expecting) || (roles.Contains(Role.ThirdParty) && WorkOfThirdParties.Contains(claim.StatusCode));
    }

    /// <summary>Only the owner shares out the work, and none of it to the customer.</summary>
    public static bool MayAssign(CaseState state, Claim claim) =>
        claim.Assignment is { } assignment && assignment.Organization != OrganizationId.Customer && RolesOf(state, claim).Contains(Role.CaseOwner);

    /// <summary>Whether what happened, and who has the bag, is the sender's to say.</summary>
    public static bool MayState(CaseState state, Claim claim) =>
        claim.Classifier == Classifier.Actual && (CodeLists.Find(claim.StatusCode) is not { } status || MaySay(state, claim, status)) && MayMove(claim);

    /// <summary>
    /// Whether asking a party brings it onto the case: beside a status that the sender may say, or without one as the owner.
    /// Customers and agents are on every case by themselves, so they let nobody in.
    /// </summary>
    public static bool MayInvite(CaseState state, Claim claim)
    {
        var roles = RolesOf(state, claim).Without(Role.Customer).Without(Role.Agent);
        return CodeLists.Find(claim.StatusCode) is not { } status ? roles.Contains(Role.CaseOwner)
            : status.AcceptedFrom.Length == 0 || roles.ContainsAnyOf(status.AcceptedFrom);
    }

    private static Roles RolesOf(CaseState state, Claim claim)
    {
        var roles = NaturalTo(claim.Reporter.Kind) | GivenTo(claim.By, state, claim);
        return SpeaksForAnother(claim) is { } principal ? roles | NaturalTo(OrganizationKind.Airline) | GivenTo(principal, state, claim) : roles;
    }

    // Speaking for oneself gives nobody an airline's say.
    public static OrganizationId? SpeaksForAnother(Claim claim) => claim.OnBehalfOf == claim.By ? null : claim.OnBehalfOf;

    private static Roles NaturalTo(OrganizationKind kind) => kind switch
    {
        OrganizationKind.Airline => Roles.Of(Role.ForwardingCarrier) | Roles.Of(Role.HoldingStation),
        OrganizationKind.Handler => Roles.Of(Role.HoldingStation),
        OrganizationKind.Tracing => Roles.Of(Role.Tracing),
        OrganizationKind.Courier => Roles.Of(Role.Courier),
        OrganizationKind.ThirdParty => Roles.Of(Role.ThirdParty),
        OrganizationKind.Airport => Roles.Of(Role.Airport) | Roles.Of(Role.HoldingStation),
        OrganizationKind.Authority => Roles.Of(Role.Authority),
        OrganizationKind.ClaimsOffice => Roles.Of(Role.Claims),
        OrganizationKind.Customer => Roles.Of(Role.Customer),
        OrganizationKind.Agent => Roles.Of(Role.Agent),
        _ => default,
    };

    private static Roles GivenTo(OrganizationId party, CaseState state, Claim claim)
    {
        var roles = state.Owner == party ? Roles.Of(Role.CaseOwner) | Roles.Of(Role.Claims) : default;
        foreach (var item in state.Items)
            if (claim.IsAbout(item) && item.Holding?.By == party && party != OrganizationId.Customer) roles |= Roles.Of(Role.HoldingStation);
        foreach (var assignment in state.Assignments)
        {
            if (assignment.Organization != party) continue;
            roles |= Roles.Of(assignment.Role.AsRole());
            if (assignment.Role == PartyRole.CaseOwner) roles |= Roles.Of(Role.Claims);
        }
        return roles;
    }
}

/// <summary>A set of roles: asked about for every claim, so it is a number.</summary>
internal readonly record struct Roles(uint Bits)
{
    public static Roles Of(Role role) => new(1u << (int)role);

    public static Roles operator |(Roles left, Roles right) => new(left.Bits | right.Bits);

    public Roles Without(Role role) => new(Bits & ~Of(role).Bits);

    public bool Contains(Role role) => (Bits & Of(role).Bits) != 0;

    public bool ContainsAnyOf(ImmutableArray<Role> roles)
    {
        foreach (var role in roles)
            if (Contains(role)) return true;
        return false;
    }
}
