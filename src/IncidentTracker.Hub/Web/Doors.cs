using IncidentTracker.Rpc;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Web;

internal static class Doors
{
    /// <summary>Opens one port for browsers and systems, and one for gRPC.</summary>
    public static void ListenOnDoors(this KestrelServerOptions kestrel)
    {
        var doors = kestrel.ApplicationServices.GetRequiredService<IOptions<DoorOptions>>().Value;
        kestrel.ConfigureGrpcLimits();
        Listen(kestrel, doors.Web, listen => listen.Protocols = HttpProtocols.Http1);
        Listen(kestrel, doors.Grpc, listen => listen.ConfigureGrpcEndpoint());
    }

    private static void Listen(KestrelServerOptions kestrel, Uri address, Action<ListenOptions> configure)
    {
        if (address.Host == "localhost") kestrel.ListenLocalhost(address.Port, configure);
        else if (System.Net.IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)) kestrel.Listen(ip, address.Port, configure);
        else kestrel.ListenAnyIP(address.Port, configure);
    }
}
