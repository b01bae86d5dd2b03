using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// Who is on a case: those it was opened with, and everyone they named, and everyone those named. Being named counts
/// for ever and for earlier words too, so the order of arrival plays no part.
/// </summary>
internal sealed class Parties
{
    private Parties(ImmutableArray<OrganizationId> members) => Members = members;

    public ImmutableArray<OrganizationId> Members { get; }

    public static Parties Of(CaseFacts facts, ImmutableArray<Claim> ordered)
    {
        var members = From(facts);
        while (true)
        {
            var parties = new Parties(members);
            foreach (var claim in ordered)
                if (facts.IsSighting || Include(members, claim.Reporter)) members = Join(members, NamedBy(claim));
            if (members.Length == parties.Members.Length) return parties;
        }
    }

    /// <summary>Who is on it before anybody spoke.</summary>
    public static ImmutableArray<OrganizationId> From(CaseFacts facts) =>
        Join([], facts.Owner is { } owner ? facts.Parties.Add(owner) : facts.Parties);

    public bool Includes(Reporter reporter) => Include(Members, reporter);

    /// <summary>On the case itself, or speaking for one that is. It is always the customer's case.</summary>
    public static bool Include(ImmutableArray<OrganizationId> members, Reporter reporter) =>
        reporter.SpeaksForCustomer || members.Contains(reporter.Id) || reporter.ActsFor.Any(principal => members.Contains(principal));

    /// <summary>The sender itself and every organization it brings in.</summary>
    public static ImmutableArray<OrganizationId> NamedBy(Claim claim)
    {
        var named = ImmutableArray.CreateBuilder<OrganizationId>();
        Name(claim.By);
        Name(claim.OnBehalfOf);
        Name(claim.AskedParty);
        Name(claim.Custody?.To);
        Name(claim.Assignment?.Organization);
        return named.ToImmutable();

        void Name(OrganizationId? party)
        {
            if (party is { } one && one != OrganizationId.Customer && !named.Contains(one)) named.Add(one);
        }
    }

    public static ImmutableArray<OrganizationId> Join(ImmutableArray<OrganizationId> members, ImmutableArray<OrganizationId> named) =>
        IncludeAll(members, named) ? members : [.. members.Union(named).OrderBy(party => party.Value, StringComparer.Ordinal)];

    public static bool IncludeAll(ImmutableArray<OrganizationId> members, ImmutableArray<OrganizationId> named)
    {
        foreach (var party in named)
            if (!members.Contains(party)) return false;
        return true;
    }
}
