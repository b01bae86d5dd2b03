using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>What kind of party an organization is; it decides what it is believed to know at first hand.</summary>
public enum OrganizationKind
{
    Airline = 1,
    Handler = 2,
    Tracing = 3,
    Courier = 4,
    ThirdParty = 5,
    Airport = 6,
    Authority = 7,
    ClaimsOffice = 8,
    Customer = 9,
    Agent = 10,

    /// <summary>The hub itself. No partner can be one.</summary>
    Hub = 11,
}

/// <summary>A party that can be on a case.</summary>
/// <param name="ActsFor">The organizations it may speak for, such as the airlines a handler works for.</param>
public sealed record Organization(OrganizationId Id, string Name, OrganizationKind Kind, ImmutableArray<OrganizationId> ActsFor)
{
    public Reporter AsReporter() => new(Id, Kind, ActsFor);
}

/// <summary>
/// Who said something, with what the hub knew about them when it heard it. Kept with the claim, so that the same
/// claims fold to the same state whatever becomes of the register.
/// </summary>
public sealed record Reporter(OrganizationId Id, OrganizationKind Kind, ImmutableArray<OrganizationId> ActsFor)
{
    /// <summary>The hub, when it says what it found.</summary>
    public static readonly Reporter Hub = new(OrganizationId.Hub, OrganizationKind.Hub, []);

    /// <summary>Which of two who speak of the same moment is nearer to the bag; the nearer one counts last.</summary>
    public int Nearness => Kind switch
    {
        OrganizationKind.Tracing or OrganizationKind.ClaimsOffice => 0,
        OrganizationKind.Airline => 1,
        OrganizationKind.Handler or OrganizationKind.Airport or OrganizationKind.Authority => 2,
        OrganizationKind.Courier or OrganizationKind.ThirdParty => 3,
        OrganizationKind.Hub => 5,
        _ => 4,
    };

    /// <summary>Whether bags pass through its hands, so that it can be where damage arose.</summary>
    public bool HandlesBags => Kind is OrganizationKind.Airline or OrganizationKind.Handler or OrganizationKind.Courier
        or OrganizationKind.ThirdParty or OrganizationKind.Airport or OrganizationKind.Authority;

    /// <summary>Whether this party, or one that it acts for, is meant.</summary>
    public bool Covers(OrganizationId party) => party == Id || ActsFor.Contains(party);

    /// <summary>The customer, or an agent who writes down what the customer says.</summary>
    public bool SpeaksForCustomer => Kind is OrganizationKind.Customer or OrganizationKind.Agent;
}
