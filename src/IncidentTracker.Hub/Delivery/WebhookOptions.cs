using System.ComponentModel.DataAnnotations;
using System.Net;

namespace IncidentTracker.Delivery;

/// <summary>How the hub tells other systems. Section <c>Webhooks</c>.</summary>
public sealed record WebhookOptions : IValidatableObject
{
    /// <summary>Networks of the operator's own that endpoints may lie in, as 10.1.0.0/16. There plain http and any port are allowed too.</summary>
    public IReadOnlyList<string> InternalRanges { get; init; } = [];

    /// <summary>Most endpoints of one organization.</summary>
    [Range(1, 1_000)]
    public int EndpointsPerOrganization { get; init; } = 10;

    /// <summary>Most attempts of this hub at one endpoint at the same time. Three hubs on a database may make three times as many.</summary>
    [Range(1, 256)]
    public int AtOnce { get; init; } = 8;

    /// <summary>How long events, deliveries and mails can be looked up and sent again.</summary>
    [Range(typeof(TimeSpan), "7.00:00:00", "3650.00:00:00")]
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(90);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var range in InternalRanges)
            if (!IPNetwork.TryParse(range, out _)) yield return new($"Webhooks:InternalRanges: \"{range}\" is not a network such as 10.1.0.0/16.");
    }
}
