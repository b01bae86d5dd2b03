using System.Net;
using IncidentTracker.Web;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Access;

/// <summary>Development keys open everything to whoever reads the settings. With them the hub serves this machine only.</summary>
internal sealed class LoopbackOnly(IOptions<DevelopmentOptions> development, IConfiguration settings) : IValidateOptions<DoorOptions>
{
    public ValidateOptionsResult Validate(string? name, DoorOptions options)
    {
        // The server would open these beside or instead of the doors, and nobody would have looked at them.
        if (settings.GetSection("Kestrel:Endpoints").Exists() || settings.GetValue<bool>("preferHostingUrls"))
            return ValidateOptionsResult.Fail("The hub listens where Doors:Web and Doors:Grpc say. Remove Kestrel:Endpoints and PREFERHOSTINGURLS.");
        if (!development.Value.IsUsed) return ValidateOptionsResult.Success;

        var open = new[] { options.Web, options.Grpc }.FirstOrDefault(address => !IsLoopback(address));
        return open is null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"The hub has development keys and would listen on {open}, which others can reach. Listen on 127.0.0.1 or remove the Development section.");
    }

    // What is no address at all is for DoorOptions to say.
    private static bool IsLoopback(Uri address) => !address.IsAbsoluteUri || IsLoopback(address.Host);

    /// <summary>Whether a host's name means this machine.</summary>
    public static bool IsLoopback(string host) => host == "localhost" || IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);
}
