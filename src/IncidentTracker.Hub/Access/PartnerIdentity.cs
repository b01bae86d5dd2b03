using Grpc.Core;
using IncidentTracker.Domain;

namespace IncidentTracker.Access;

/// <summary>The organization that is speaking, proven by its key. Whoever holds this has been checked.</summary>
internal sealed record PartnerIdentity(Organization Organization)
{
    private const string Scheme = "Bearer ";

    public OrganizationId Id => Organization.Id;

    public Reporter Reporter => Organization.AsReporter();

    /// <summary>The partner behind a request; null without a valid key.</summary>
    public static PartnerIdentity? Of(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        return http.RequestServices.GetRequiredService<Register>().ByKey(header[Scheme.Length..].Trim()) is { } organization ? new(organization) : null;
    }

    /// <summary>A REST endpoint that takes a partner is closed to everyone else.</summary>
    public static ValueTask<PartnerIdentity> BindAsync(HttpContext http) =>
        Of(http) is { } partner ? ValueTask.FromResult(partner) : throw new RefusedException(Refusals.CredentialRequired);
}

internal static class PartnerCalls
{
    /// <summary>The partner behind a gRPC call. Without a valid key the call ends with UNAUTHENTICATED.</summary>
    public static PartnerIdentity Partner(this ServerCallContext context) =>
        PartnerIdentity.Of(context.GetHttpContext()) ?? throw new RefusedException(Refusals.CredentialRequired);
}

/// <summary>A refusal that ends the whole request. The doors turn it into their own words.</summary>
internal sealed class RefusedException(Refusal why, IReadOnlyList<Violation> violations) : Exception(why.Message)
{
    public RefusedException(Refusal why) : this(why, []) { }

    public RefusedException(Violation violation) : this(violation.Why, [violation]) { }

    public Refusal Why { get; } = why;

    public IReadOnlyList<Violation> Violations { get; } = violations;

    /// <summary>Further facts for the caller's program, for example the reference of the case that exists already.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();
}
