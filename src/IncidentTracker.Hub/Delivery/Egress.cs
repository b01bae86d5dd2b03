using System.Net;
using System.Net.Sockets;

namespace IncidentTracker.Delivery;

/// <summary>The one way out of the hub to addresses that partners name. Looks up, checks, and connects to exactly what was checked.</summary>
internal sealed class Egress : IDisposable
{
    private const int AnswerBytes = 64 * 1024;
    private static readonly int[] Ports = [443, 8443];

    private readonly AllowedAddresses _allowed;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookUp;
    private readonly HttpClient _client;

    public Egress(AllowedAddresses allowed) : this(allowed, Dns.GetHostAddressesAsync) { }

    internal Egress(AllowedAddresses allowed, Func<string, CancellationToken, Task<IPAddress[]>> lookUp)
    {
        (_allowed, _lookUp) = (allowed, lookUp);
        _client = new(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            MaxResponseHeadersLength = 16,              // KiB
            MaxResponseDrainSize = AnswerBytes,         // what is not read of an answer ends the connection
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
        })
        { Timeout = Timeout.InfiniteTimeSpan, DefaultRequestVersion = HttpVersion.Version11 };
    }

    /// <summary>Whether an address could be an endpoint at all, from its spelling alone. What its name leads to is checked at each connection.</summary>
    public bool MayBeEndpoint(Uri address) =>
        address.IsAbsoluteUri && address.Scheme is "https" or "http" && address.UserInfo.Length == 0 && address.Fragment.Length == 0 && address.IdnHost.Length > 0
        && (_allowed.HasInternal || (address.Scheme == "https" && Ports.Contains(address.Port)))
        && (!IPAddress.TryParse(address.IdnHost, out var ip) || MayConnect(address, ip));

    /// <summary>Sends a request and gives the answer with nothing read but its headers.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop) =>
        _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);

    /// <summary>The beginning of an answer, as text.</summary>
    public static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(stop);
        var start = new byte[AnswerBytes];
        var read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, stop);
        return System.Text.Encoding.UTF8.GetString(start, 0, read);
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var target = context.InitialRequestMessage.RequestUri!;
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var ip) ? [ip] : await _lookUp(host, stop);
        // One bad address is enough: whoever mixes them wants us to pick the wrong one.
        if (addresses.Length == 0 || !addresses.All(address => MayConnect(target, address))) throw new ForbiddenAddressException();

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool MayConnect(Uri target, IPAddress address) =>
        _allowed.IsInternal(address) || (target.Scheme == "https" && Ports.Contains(target.Port) && _allowed.MayConnect(address));
}

/// <summary>An endpoint's name leads where the hub must not go.</summary>
internal sealed class ForbiddenAddressException() : Exception("The address is not one that the hub may connect to.");
