using System.Security.Cryptography;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Access;

/// <summary>Leave to see one case. An endpoint that takes a pass has checked it.</summary>
internal sealed record CustomerPass(IncidentId Incident)
{
    public const string Cookie = "it-pass";

    /// <summary>From the link or, once in, from the cookie. A pass for another case is none.</summary>
    public static async ValueTask<CustomerPass?> FindAsync(HttpContext http)
    {
        var links = http.RequestServices.GetRequiredService<CustomerLinks>();
        var cases = http.RequestServices.GetRequiredService<CaseReader>();
        var pass = http.Request.Query["pass"].ToString() is { Length: > 0 } inLink ? inLink : http.Request.Cookies[Cookie];
        return links.Read(pass) is { } allowed && Reference.TryParse((string?)http.GetRouteValue("reference"), out var reference)
            && await cases.FindAsync(reference, http.RequestAborted) is { } found && found.Id == allowed ? new(allowed) : null;
    }

    /// <summary>A stranger learns nothing, not even whether there is such a case.</summary>
    public static async ValueTask<CustomerPass> BindAsync(HttpContext http) => await FindAsync(http) ?? throw new RefusedException(Refusals.IncidentNotFound);
}

/// <summary>Makes and reads the passes that links and cookies carry.</summary>
internal sealed class CustomerLinks(IDataProtectionProvider protection, IOptions<DoorOptions> doors)
{
    private static readonly TimeSpan ValidFor = TimeSpan.FromDays(30);

    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("customer-pass").ToTimeLimitedDataProtector();

    public string PassFor(IncidentId id) => _protector.Protect(id.ToString(), ValidFor);

    /// <summary>The traveller's own link to a case.</summary>
    public string LinkTo(IncidentId id, Reference reference, HttpRequest from) => $"{SiteFor(from)}/track/{reference}?pass={PassFor(id)}";

    // A pass must not be sent wherever the caller says that the hub is. On this machine it is where it was found.
    private string SiteFor(HttpRequest from) =>
        (doors.Value.PublicUrl?.ToString() ?? (LoopbackOnly.IsLoopback(from.Host.Host) ? $"{from.Scheme}://{from.Host}" : doors.Value.Web.ToString())).TrimEnd('/');

    public IncidentId? Read(string? pass)
    {
        if (string.IsNullOrEmpty(pass) || pass.Length > 1_000) return null;
        try { return IncidentId.TryParse(_protector.Unprotect(pass), out var id) ? id : null; }
        catch (CryptographicException) { return null; }     // forged, cut, expired: all the same to a stranger
    }
}
