using System.Net;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Delivery;

/// <summary>
/// Where the hub may connect to on a partner's word: public addresses, and the operator's own networks that the settings
/// name. Everything else could be a machine that trusts the hub because of where it stands.
/// </summary>
internal sealed class AllowedAddresses(IOptions<WebhookOptions> options)
{
    private static readonly IPNetwork[] Forbidden = [.. new[]
    {
        "0.0.0.0/8",            // this network
        "10.0.0.0/8",           // private
        "100.64.0.0/10",        // behind a carrier's translation
        "127.0.0.0/8",          // this machine
        "169.254.0.0/16",       // this link, and where clouds keep their credentials
        "172.16.0.0/12",        // private
        "192.0.0.0/24",         // protocols
        "192.0.2.0/24",         // documents
        "192.88.99.0/24",       // relays of 6to4
        "192.168.0.0/16",       // private
        "198.18.0.0/15",        // benchmarks
        "198.51.100.0/24",      // documents
        "203.0.113.0/24",       // documents
        "224.0.0.0/4",          // many at once
        "240.0.0.0/4",          // reserved, and everybody
        "::/96",                // nobody, this machine, and IPv4 as it was once written
        "::ffff:0:0:0/96",      // translated IPv4
        "64:ff9b::/96",         // translated IPv4
        "64:ff9b:1::/48",       // translated IPv4, locally
        "100::/64",             // the void
        "2001::/23",            // Teredo and other protocols
        "2001:db8::/32",        // documents
        "2002::/16",            // 6to4: carries an IPv4 address
        "3fff::/20",            // documents
        "5f00::/16",            // segment routing
        "fc00::/7",             // private
        "fe80::/10",            // this link
        "fec0::/10",            // this site
        "ff00::/8",             // many at once
    }.Select(IPNetwork.Parse)];

    private readonly IPNetwork[] _internal = [.. options.Value.InternalRanges.Select(IPNetwork.Parse)];

    /// <summary>Whether the operator named any network of its own.</summary>
    public bool HasInternal => _internal.Length > 0;

    public bool IsInternal(IPAddress address) => _internal.Any(range => range.Contains(Plain(address)));

    public bool MayConnect(IPAddress address) => IsInternal(address) || !Forbidden.Any(range => range.Contains(Plain(address)));

    // ::ffff:127.0.0.1 is 127.0.0.1, and a scope belongs to this machine.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new(address.GetAddressBytes()) : address;
}
