using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// Who is on a case: those it was opened with, and everyone they named in a statement they may make, and everyone those
/// named. Being named counts for ever and for earlier words too, and so does a role that an owner gave: nothing is taken
/// away, so neither the order of arrival nor that of the timeline plays a part.
/// </summary>
internal static class Parties
{
    public static ImmutableArray<OrganizationId> Of(CaseFacts facts, ImmutableArray<Claim> ordered)
    {
        var known = CaseState.Of(facts);
        while (true)
        {
            var before = known;
            foreach (var claim in ordered)
                if (facts.IsSighting || known.IsHeard(claim)) known = With(facts, known, claim);
            if (ReferenceEquals(known, before)) return known.Parties;
        }
    }

    /// <summary>Who is on it before anybody spoke.</summary>
    public static ImmutableArray<OrganizationId> From(CaseFacts facts) =>
        Join([], facts.Owner is { } owner ? facts.Parties.Add(owner) : facts.Parties);

    /// <summary>
    /// On the case itself, or speaking for one that is. It is always the customer's case; but an agent who does not speak for
    /// the customer there speaks for a party to it.
    /// </summary>
    public static bool Include(ImmutableArray<OrganizationId> members, Claim claim) => claim.Judgement is not null || (claim.Reporter.SpeaksForCustomer
        ? Authority.SpeaksForAnother(claim) is not { } principal || principal == OrganizationId.Customer || members.Contains(principal)
        : members.Contains(claim.By) || claim.Reporter.ActsFor.Any(principal => members.Contains(principal)));

    /// <summary>The sender and every organization it names, whether or not it may. What it keeps to itself names nobody.</summary>
    public static ImmutableArray<OrganizationId> MentionedBy(Claim claim) =>
        claim.IsInternal || claim.Judgement is not null ? [] : Distinct([claim.By, claim.OnBehalfOf, claim.AskedParty, claim.Custody?.To, claim.Assignment?.Organization]);

    /// <summary>
    /// Those among them whom it brings onto the case. Whom the sender asks, hands the bag to or gives work to comes by a
    /// word that is the sender's to say, and not by a plan.
    /// </summary>
    /// <param name="opened">The case as it was opened, with every role that was given on the way, whenever that was.</param>
    public static ImmutableArray<OrganizationId> BroughtInBy(CaseFacts facts, CaseState opened, Claim claim)
    {
        if (claim.IsInternal || claim.Judgement is not null) return [];
        if (facts.IsSighting) return MentionedBy(claim);
        if (!Authority.MayState(opened, claim)) return Distinct([claim.By, claim.OnBehalfOf]);
        return Distinct([claim.By, claim.OnBehalfOf, Authority.MayInvite(opened, claim) ? claim.AskedParty : null, claim.Custody is { Action: not CustodyAction.Refused } ? claim.Custody.To : null,
            Authority.MayAssign(opened, claim) ? claim.Assignment!.Organization : null]);
    }

    public static ImmutableArray<OrganizationId> Join(ImmutableArray<OrganizationId> members, ImmutableArray<OrganizationId> named) =>
        IncludeAll(members, named) ? members : [.. members.Union(named).OrderBy(party => party.Value, StringComparer.Ordinal)];

    public static bool IncludeAll(ImmutableArray<OrganizationId> members, ImmutableArray<OrganizationId> named)
    {
        foreach (var party in named)
            if (!members.Contains(party)) return false;
        return true;
    }

    private static CaseState With(CaseFacts facts, CaseState known, Claim claim)
    {
        if (!IncludeAll(known.Parties, MentionedBy(claim)))
        {
            var parties = Join(known.Parties, BroughtInBy(facts, known, claim));
            if (parties != known.Parties) known = known with { Parties = parties };
        }
        if (claim is { Assignment: { } given, IsInternal: false } && !known.Assignments.Contains(given)
            && Authority.MayState(known, claim) && Authority.MayAssign(known, claim))
            known = known with { Assignments = known.Assignments.Add(given) };
        return known;
    }

    private static ImmutableArray<OrganizationId> Distinct(ReadOnlySpan<OrganizationId?> named)
    {
        var distinct = ImmutableArray.CreateBuilder<OrganizationId>();
        foreach (var party in named)
            if (party is { } one && one != OrganizationId.Customer && !distinct.Contains(one)) distinct.Add(one);
        return distinct.ToImmutable();
    }
}
