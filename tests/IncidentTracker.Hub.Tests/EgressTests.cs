using System.Net;
using System.Net.Sockets;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using Microsoft.Extensions.Options;

namespace IncidentTracker.HubTests;

/// <summary>However a partner spells it, the hub connects to nothing that is not public.</summary>
public sealed class EgressTests
{
    public static TheoryData<string> Hostile =>
    [
        "https://127.0.0.1/", "https://127.0.0.1./", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/",
        "https://127.0.0.1:8443/", "https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://１２７.０.０.１/", "https://①②⑦.⓪.⓪.①/", "https://[::1]/", "https://[0:0:0:0:0:0:0:1]/",
        "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[::]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::7f00:1]/", "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/", "https://[fe80::1]/", "https://[fe80::1%25lo]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[fec0::1]/", "https://[ff02::1]/", "https://[::ffff:0:127.0.0.1]/",
        "https://0/", "https://0.0.0.0/", "https://10.0.0.1/", "https://100.64.0.1/", "https://169.254.169.254/latest/meta-data/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/",
        "https://192.0.0.192/", "https://198.18.0.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
        "http://example.com/", "https://example.com:22/", "https://example.com:6379/", "https://user@example.com/", "https://user:pass@example.com/", "https://example.com\\@127.0.0.1/", "https://127.0.0.1\\@example.com/",
        "https://example.com#@127.0.0.1/", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ldap://127.0.0.1/", "//127.0.0.1/", "javascript:alert(1)", "https://", "https:///",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task No_spelling_leads_inside(string url)
    {
        // Whatever is a name here leads to this machine.
        using var egress = Public((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || !egress.MayBeEndpoint(address)) return;

        await MustRefuseAsync(egress, address);
    }

    [Fact]
    public async Task One_inner_address_among_many_is_enough_to_refuse()
    {
        using var egress = Public((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("93.184.216.34"), IPAddress.Parse("10.0.0.1")]));

        await MustRefuseAsync(egress, new("https://both.example/"));
    }

    [Fact]
    public async Task A_name_that_leads_nowhere_is_refused()
    {
        using var egress = Public((_, _) => Task.FromResult<IPAddress[]>([]));

        await MustRefuseAsync(egress, new("https://nowhere.example/"));
    }

    [Fact]
    public async Task The_address_that_was_checked_is_the_one_that_is_used()
    {
        await using var receiver = await Receiver.StartAsync();
        var looks = 0;
        using var egress = new Egress(Allowed("127.0.0.0/8"), (_, _) => Task.FromResult<IPAddress[]>([++looks == 1 ? IPAddress.Loopback : IPAddress.Parse("10.0.0.1")]));

        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://changing.example:{receiver.Address.Port}/") { Content = new StringContent("""{"type":"endpoint.test"}""") };
        using var answer = await egress.SendAsync(request, CancellationToken.None);

        Assert.Equal((200, 1), ((int)answer.StatusCode, looks));
        Assert.Single(receiver.Events);
    }

    [Fact]
    public async Task Plain_http_and_other_ports_are_for_the_operators_own_networks_only()
    {
        using var egress = new Egress(Allowed("10.9.0.0/16"), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("93.184.216.34")]));

        Assert.True(egress.MayBeEndpoint(new("http://10.9.1.2:8080/hook")));
        Assert.False(egress.MayBeEndpoint(new("http://10.8.1.2:8080/hook")));
        await MustRefuseAsync(egress, new("http://public.example/"));
        await MustRefuseAsync(egress, new("https://public.example:8080/"));
    }

    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.0", true)]
    [InlineData("100.63.255.255", true)]
    [InlineData("100.128.0.0", true)]
    [InlineData("2606:2800:220:1:248:1893:25c8:1946", true)]
    [InlineData("::ffff:93.184.216.34", true)]
    [InlineData("::ffff:192.168.1.1", false)]
    [InlineData("fe80::1%3", false)]
    public void Public_addresses_are_told_from_others(string address, bool isPublic) => Assert.Equal(isPublic, Allowed().MayConnect(IPAddress.Parse(address)));

    [Theory]
    [InlineData("")]
    [InlineData("Content-Encoding: gzip\r\n")]
    [InlineData("Content-Length: 1073741824\r\n")]
    public async Task Of_an_answer_without_end_little_is_read(string header)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var flooding = FloodAsync(listener, header);
        using var egress = new Egress(Allowed("127.0.0.0/8"));
        using var postman = new Postman(egress, TimeProvider.System);

        var attempt = await postman.SendAsync(
            new() { Id = "whe_1", OrganizationId = "XB", Url = $"http://{listener.LocalEndpoint}/", State = EndpointState.Active, Secret = WebhookSecret.New(), CreatedAt = default },
            new() { Id = "dlv_1", Channel = DeliveryChannel.Webhook, Lane = "whe_1", EventType = EventBody.Challenge, Body = EventBody.OfChallenge("whe_1", default, "word"), CreatedAt = default },
            CancellationToken.None);

        Assert.Equal((AttemptOutcome.NotEchoed, 200), (attempt.Outcome, attempt.Status));
        // Nearly all of it lies in the buffers of the operating system.
        Assert.InRange(await flooding.WaitAsync(TimeSpan.FromSeconds(30)), 0, 32L << 20);
    }

    /// <summary>Answers with success and then with a gigabyte. Gives how much of it could be sent before the line was cut.</summary>
    private static async Task<long> FloodAsync(TcpListener listener, string header)
    {
        using var socket = await listener.AcceptSocketAsync();
        var sent = 0L;
        try
        {
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{header}\r\n"));
            for (var block = new byte[64 * 1024]; sent < 1L << 30; sent += block.Length) await socket.SendAsync(block);
        }
        catch (SocketException) { }     // cut
        return sent;
    }

    private static AllowedAddresses Allowed(params string[] ranges) => new(Options.Create(new WebhookOptions { InternalRanges = ranges }));

    private static Egress Public(Func<string, CancellationToken, Task<IPAddress[]>> lookUp) => new(Allowed(), lookUp);

    private static async Task MustRefuseAsync(Egress egress, Uri address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => egress.SendAsync(request, CancellationToken.None));
        Assert.True(failure is HttpRequestException { InnerException: ForbiddenAddressException } or NotSupportedException or ArgumentException, $"{failure}");
    }
}
