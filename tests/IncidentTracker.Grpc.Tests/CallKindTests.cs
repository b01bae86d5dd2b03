using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace IncidentTracker.RpcTests;

/// <summary>The official client against the official server, on our two assemblies: every kind of call, and how calls end.</summary>
public sealed class CallKindTests
{
    [Fact]
    public async Task A_unary_call_answers()
    {
        await using var host = await RpcHost.StartAsync();
        var client = new TestService.TestServiceClient(host.Channel());

        using var call = client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314_159, Payload = new() { Body = ByteString.CopyFrom(new byte[271_828]) } });

        Assert.Equal(314_159, (await call).Payload.Body.Length);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal(314_159, client.UnaryCall(new SimpleRequest { ResponseSize = 314_159 }).Payload.Body.Length);
    }

    [Fact]
    public async Task A_client_stream_is_added_up()
    {
        await using var host = await RpcHost.StartAsync();
        using var call = new TestService.TestServiceClient(host.Channel()).StreamingInputCall();

        foreach (var size in new[] { 27_182, 8, 1_828, 45_904 })
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new() { Body = ByteString.CopyFrom(new byte[size]) } });
        }
        await call.RequestStream.CompleteAsync();

        Assert.Equal(74_922, (await call).AggregatedPayloadSize);
    }

    [Fact]
    public async Task A_server_stream_arrives_in_order()
    {
        await using var host = await RpcHost.StartAsync();
        using var call = new TestService.TestServiceClient(host.Channel()).StreamingOutputCall(Ask(31_415, 9, 2_653, 58_979));

        var sizes = new List<int>();
        await foreach (var answer in call.ResponseStream.ReadAllAsync()) sizes.Add(answer.Payload.Body.Length);

        Assert.Equal([31_415, 9, 2_653, 58_979], sizes);
    }

    [Fact]
    public async Task A_duplex_stream_answers_each_message_before_the_next()
    {
        await using var host = await RpcHost.StartAsync();
        using var call = new TestService.TestServiceClient(host.Channel()).FullDuplexCall();

        foreach (var size in new[] { 1, 100, 10_000 })
        {
            await call.RequestStream.WriteAsync(Ask(size));
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(size, call.ResponseStream.Current.Payload.Body.Length);
        }
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task The_headers_of_a_stream_come_before_its_first_message()
    {
        await using var host = await RpcHost.StartAsync();
        using var call = new TestService.TestServiceClient(host.Channel()).FullDuplexCall(new Metadata { { "x-grpc-test-echo-initial", "early" } });

        var headers = await call.ResponseHeadersAsync.WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal("early", headers.GetValue("x-grpc-test-echo-initial"));
    }

    [Fact]
    public async Task Compressed_answers_are_inflated()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(
            new SimpleRequest { ResponseSize = 100_000, ResponseCompressed = new() { Value = true }, ExpectCompressed = new() { Value = true } },
            new Metadata { { "grpc-internal-encoding-request", "gzip" } });

        Assert.Equal(100_000, answer.Payload.Body.Length);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task An_answer_is_compressed_on_the_wire_only_when_the_handler_says_so(bool compressed, byte flag)
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(
            host, Wire.Frame(new SimpleRequest { ResponseSize = 100_000, ResponseCompressed = new() { Value = compressed } }), headers: ("grpc-accept-encoding", "gzip"));

        Assert.Equal(flag, answer.Body[0]);
        Assert.Equal(compressed, answer.Body.Length < 10_000);
    }

    [Fact]
    public async Task A_client_does_not_inflate_without_end_either()
    {
        await using var host = await RpcHost.StartAsync(limits => limits.MaxMessageBytes = 32 * 1024 * 1024);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(
            new SimpleRequest { ResponseSize = 16 * 1024 * 1024, ResponseCompressed = new() { Value = true } }));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        var ended = new TaskCompletionSource();
        await using var host = await RpcHost.StartAsync(new Puppet { Unary = async (_, context) => await UntilCancelledAsync(context, ended) });

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(new(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(200)));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(5));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Giving_up_reaches_the_handler()
    {
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var host = await RpcHost.StartAsync(new Puppet
        {
            Duplex = async (requests, _, context) =>
            {
                Assert.True(await requests.MoveNext(context.CancellationToken));
                started.SetResult();
                await UntilCancelledAsync(context, ended);
            },
        });
        using var stop = new CancellationTokenSource();
        using var call = new TestService.TestServiceClient(host.Channel()).FullDuplexCall(cancellationToken: stop.Token);
        await call.RequestStream.WriteAsync(new());
        await started.Task.WaitAsync(TimeSpan.FromSeconds(5));

        await stop.CancelAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(5));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_method_nobody_wrote_is_unimplemented()
    {
        await using var host = await RpcHost.StartAsync();

        var method = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(host.Channel()).UnimplementedCallAsync(new()));
        var service = await Assert.ThrowsAsync<RpcException>(async () => await new UnimplementedService.UnimplementedServiceClient(host.Channel()).UnimplementedCallAsync(new()));

        Assert.Equal(StatusCode.Unimplemented, method.StatusCode);
        Assert.Equal(StatusCode.Unimplemented, service.StatusCode);
        host.MustBeQuiet();
    }

    private static StreamingOutputCallRequest Ask(params int[] sizes) => new() { ResponseParameters = { sizes.Select(size => new ResponseParameters { Size = size }) } };

    private static async Task<SimpleResponse> UntilCancelledAsync(ServerCallContext context, TaskCompletionSource ended)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new SimpleResponse();
        }
        finally
        {
            ended.SetResult();
        }
    }
}
