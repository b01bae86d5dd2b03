using Grpc.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IncidentTracker.RpcTests;

/// <summary>Connections that no honest client makes.</summary>
public sealed class HostileConnectionTests
{
    private const uint RefusedStream = 7;

    // HPACK index 12 is ":status: 400", and 8 is ":status: 200".
    private const byte Status400 = 0x80 | 12;
    private const byte Status200 = 0x80 | 8;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("X-Station", "LHR")]
    [InlineData("x-station", "LHR\r\nx-evil: yes")]
    [InlineData("connection", "keep-alive")]
    public async Task A_header_that_HTTP2_forbids_ends_the_connection(string name, string value)
    {
        await using var host = await RpcHost.StartAsync();
        using var raw = await RawHttp2.ConnectAsync(host.Address);

        await raw.OpenAsync(1, Wire.UnaryPath, (name, value));

        var answer = await raw.ReadUntilAsync(frame => frame.Type is RawFrame.GoAway or RawFrame.Reset or RawFrame.Headers, Soon);
        Assert.Contains(answer!.Type, new[] { RawFrame.GoAway, RawFrame.Reset });
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData("chunked")]
    [InlineData("identity")]
    public async Task Transfer_encoding_over_HTTP2_is_refused(string value)
    {
        var called = false;
        await using var host = await RpcHost.StartAsync(new Puppet { Unary = (_, _) => { called = true; return Task.FromResult(new SimpleResponse()); } });
        using var raw = await RawHttp2.ConnectAsync(host.Address);

        await raw.OpenAsync(1, Wire.UnaryPath, ("transfer-encoding", value));
        await raw.SendMessageAsync(1, Wire.Frame(new SimpleRequest()), last: true);

        var answer = await raw.ReadUntilAsync(frame => frame.Type is RawFrame.Headers or RawFrame.GoAway, Soon);
        Assert.True(answer!.Type == RawFrame.GoAway || answer.Payload[0] == Status400);
        Assert.False(called);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_connection_gets_a_hundred_streams_and_no_more()
    {
        await using var host = await RpcHost.StartAsync();
        using var raw = await RawHttp2.ConnectAsync(host.Address);

        for (var i = 0; i < 150; i++) await raw.OpenAsync(1 + (2 * i), Wire.DuplexPath);

        var refused = new List<RawFrame>();
        var served = 0;
        using var stop = new CancellationTokenSource(Soon);
        while (refused.Count + served < 150 && await raw.ReadAsync(stop.Token) is { } frame)
        {
            if (frame.Type == RawFrame.Reset) refused.Add(frame);
            if (frame.Type == RawFrame.Headers) served++;
        }
        Assert.Equal((100, 50), (served, refused.Count));
        Assert.All(refused, frame => Assert.Equal(RefusedStream, frame.Error));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_caller_who_does_not_read_holds_the_sender_and_not_the_memory()
    {
        const int MessageSize = 256 * 1024;
        var written = 0;
        await using var host = await RpcHost.StartAsync(new Puppet
        {
            Duplex = async (_, responses, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                var answer = new StreamingOutputCallResponse { Payload = new() { Body = Google.Protobuf.ByteString.CopyFrom(new byte[MessageSize]) } };
                for (; written < 1_000; written++) await responses.WriteAsync(answer, context.CancellationToken);
            },
        });
        using var raw = await RawHttp2.ConnectAsync(host.Address, initialWindow: 0);
        await raw.OpenAsync(1, Wire.DuplexPath);
        await raw.ReadUntilAsync(frame => frame.Type == RawFrame.Headers, Soon);

        await Task.Delay(TimeSpan.FromSeconds(1));

        Assert.InRange(written, 0, 3);
    }

    [Fact]
    public async Task Another_stream_of_the_same_connection_is_served_while_one_is_not_read()
    {
        await using var host = await RpcHost.StartAsync();
        using var raw = await RawHttp2.ConnectAsync(host.Address, initialWindow: 0);
        await raw.OpenAsync(1, Wire.UnaryPath);
        await raw.SendMessageAsync(1, Wire.Frame(new SimpleRequest { ResponseSize = 60_000 }), last: true);

        await Task.Delay(TimeSpan.FromSeconds(7)); // longer than the five seconds after which a rate limit would end the connection
        await raw.OpenAsync(3, "/grpc.testing.TestService/NoSuchMethod");
        await raw.SendMessageAsync(3, Wire.Frame(new SimpleRequest()), last: true);

        var answer = await raw.ReadUntilAsync(frame => frame.Stream == 3 || frame.Type == RawFrame.GoAway, Soon);
        Assert.Equal((RawFrame.Headers, Status200), (answer!.Type, answer.Payload[0]));
    }

    [Fact]
    public async Task A_connection_that_stops_answering_pings_is_closed()
    {
        await using var host = await RpcHost.StartAsync(kestrel: options =>
        {
            options.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
            options.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(1);
        });
        using var raw = await RawHttp2.ConnectAsync(host.Address);
        await raw.OpenAsync(1, Wire.DuplexPath);

        Assert.NotNull(await raw.ReadUntilAsync(frame => frame.Type == RawFrame.Ping, Soon));
        Assert.Null(await raw.ReadUntilAsync(_ => false, Soon));
    }

    [Fact]
    public async Task The_limits_of_the_server_are_the_promised_ones()
    {
        await using var host = await RpcHost.StartAsync();

        var limits = host.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Equal((TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)), (limits.Http2.KeepAlivePingDelay, limits.Http2.KeepAlivePingTimeout));
        Assert.Equal((16 * 1024, 64), (limits.MaxRequestHeadersTotalSize, limits.MaxRequestHeaderCount));
        Assert.Null(limits.MinResponseDataRate);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_at_all_is_closed()
    {
        await using var host = await RpcHost.StartAsync(kestrel: options => options.Limits.RequestHeadersTimeout = options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(1));
        using var raw = await RawHttp2.ConnectAsync(host.Address, greet: false);

        Assert.Null(await raw.ReadUntilAsync(_ => false, Soon));
    }

    [Fact]
    public async Task Half_a_request_and_then_silence_is_ended_without_an_error_line()
    {
        await using var host = await RpcHost.StartAsync();
        using var raw = await RawHttp2.ConnectAsync(host.Address);
        await raw.OpenAsync(1, Wire.UnaryPath);

        await raw.SendMessageAsync(1, [0, 0, 0, 0, 100, 1, 2, 3], last: false);

        var end = await raw.ReadUntilAsync(frame => frame.Stream == 1 && frame.Type is RawFrame.Headers or RawFrame.Reset or RawFrame.GoAway, TimeSpan.FromSeconds(20));
        Assert.True(end is null or { Type: RawFrame.Headers or RawFrame.Reset or RawFrame.GoAway });
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData(Wire.UnaryPath)]
    [InlineData(Wire.InputPath)]
    public async Task A_call_taken_back_in_the_middle_of_a_message_is_no_error(string path)
    {
        await using var host = await RpcHost.StartAsync();
        using var raw = await RawHttp2.ConnectAsync(host.Address);

        for (var stream = 1; stream < 200; stream += 2)
        {
            await raw.OpenAsync(stream, path);
            await raw.SendMessageAsync(stream, [0, 0, 0, 0, 100, 1, 2, 3], last: false);
            await raw.SendAsync(RawFrame.Reset, 0, stream, [0, 0, 0, 8]);
        }
        await host.StopAsync();

        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_caller_who_vanishes_in_the_middle_of_a_message_is_no_error()
    {
        var ended = new TaskCompletionSource();
        await using var host = await RpcHost.StartAsync(new Puppet
        {
            Duplex = async (requests, _, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                try { while (await requests.MoveNext(context.CancellationToken)) { } }
                finally { ended.SetResult(); }
            },
        });
        using (var raw = await RawHttp2.ConnectAsync(host.Address))
        {
            await raw.OpenAsync(1, Wire.DuplexPath);
            await raw.ReadUntilAsync(frame => frame.Type == RawFrame.Headers, Soon);
            await raw.SendMessageAsync(1, [0, 0, 0, 0, 100, 1, 2, 3], last: false);
        }

        await ended.Task.WaitAsync(Soon);
        await host.StopAsync();

        host.MustBeQuiet();
    }
}
