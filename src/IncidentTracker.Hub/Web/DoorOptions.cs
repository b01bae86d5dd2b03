using System.ComponentModel.DataAnnotations;

namespace IncidentTracker.Web;

/// <summary>
/// Where the hub listens. Section <c>Doors</c>. Two ports, because plain HTTP/2 has no negotiation: browsers speak
/// HTTP/1.1 to one, partners gRPC to the other.
/// </summary>
public sealed record DoorOptions : IValidatableObject
{
    /// <summary>Pages, REST and Swagger.</summary>
    [Required]
    public Uri Web { get; init; } = new("http://127.0.0.1:5080");

    /// <summary>gRPC without TLS.</summary>
    [Required]
    public Uri Grpc { get; init; } = new("http://127.0.0.1:5081");

    /// <summary>Where travellers reach the pages, as links say it. Without it links lead to the web door itself.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Where links lead that nobody's request asked for, without a slash at the end.</summary>
    public string Site => (PublicUrl ?? Web).ToString().TrimEnd('/');

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var address in new[] { Web, Grpc })
            if (!address.IsAbsoluteUri || address.Scheme != Uri.UriSchemeHttp) yield return new($"Doors: \"{address}\" is not an address such as http://127.0.0.1:5080.");
        if (PublicUrl is { } link && (!link.IsAbsoluteUri || link.Scheme is not ("https" or "http") || link.Query.Length > 0))
            yield return new($"Doors:PublicUrl: \"{link}\" is not an address such as https://bags.example.com.");
    }
}
