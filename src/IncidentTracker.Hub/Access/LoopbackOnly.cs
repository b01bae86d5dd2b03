using System.Net;
using IncidentTracker.Web;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Access;

/// <summary>Development keys open everything to whoever reads the settings. With them the hub serves this machine only.</summary>
internal sealed class LoopbackOnly(IOptions<DevelopmentOptions> development) : IValidateOptions<DoorOptions>
{
    public ValidateOptionsResult Validate(string? name, DoorOptions options)
    {
        if (!development.Value.IsUsed) return ValidateOptionsResult.Success;

        var open = new[] { options.Web, options.Grpc }.FirstOrDefault(address => !IsLoopback(address));
        return open is null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"The hub has development keys and would listen on {open}, which others can reach. Listen on 127.0.0.1 or remove the Development section.");
    }

    // What is no address at all is for DoorOptions to say.
    private static bool IsLoopback(Uri address) =>
        !address.IsAbsoluteUri || address.Host == "localhost" || IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip);
}
