using System.ComponentModel.DataAnnotations;
using IncidentTracker.Domain;

namespace IncidentTracker.Access;

/// <summary>
/// What stands for real access control on a developer's machine. Section <c>Development</c>. The hub refuses to start
/// with any of it on an address that others can reach.
/// </summary>
public sealed record DevelopmentOptions : IValidatableObject
{
    /// <summary>Partners with a key each.</summary>
    public IReadOnlyList<DevelopmentPartner> Partners { get; init; } = [];

    /// <summary>A file with the demo's clock. Empty: real time.</summary>
    public string ClockFile { get; init; } = "";

    public bool IsUsed => Partners.Count > 0 || ClockFile.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var partner in Partners)
        {
            if (!OrganizationId.IsWellFormed(partner.Id)) yield return new($"Development:Partners: \"{partner.Id}\" is not 2 to 16 of A-Z and 0-9.");
            if (partner.Id == OrganizationId.Hub.Value || partner.Id == OrganizationId.Customer.Value || partner.Kind == OrganizationKind.Hub)
                yield return new($"Development:Partners:{partner.Id}: HUB and CUSTOMER are not partners, and no partner is of the kind Hub.");
            if (partner.Key.Length < 16) yield return new($"Development:Partners:{partner.Id}: the key needs at least 16 characters.");
            if (partner.ActsFor.FirstOrDefault(principal => !OrganizationId.IsWellFormed(principal)) is { } odd)
                yield return new($"Development:Partners:{partner.Id}: \"{odd}\" in ActsFor is not an organization's identifier.");
        }
        if (Partners.Select(partner => partner.Key).Distinct().Count() < Partners.Count) yield return new("Development:Partners: two partners have the same key.");
    }
}

/// <summary>A partner with a development key.</summary>
public sealed record DevelopmentPartner
{
    public string Id { get; init; } = "";
    public string Name { get; init; } = "";
    public OrganizationKind Kind { get; init; } = OrganizationKind.Airline;
    public IReadOnlyList<string> ActsFor { get; init; } = [];
    public string Key { get; init; } = "";

    public Organization AsOrganization() =>
        new(new(Id), Name.Length > 0 ? Name : Id, Kind, [.. ActsFor.Select(principal => new OrganizationId(principal))]);
}
