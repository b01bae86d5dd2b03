using System.Diagnostics;
using Grpc.Core;
using Grpc.Testing;
using IncidentTracker.Rpc;
using Microsoft.Extensions.DependencyInjection;

namespace IncidentTracker.RpcTests;

/// <summary>What open streams see when the hub stops.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task An_open_stream_ends_as_unavailable_when_the_hub_stops()
    {
        await using var host = await RpcHost.StartAsync(limits => limits.DrainFor = TimeSpan.FromMilliseconds(300));
        using var call = await OpenStreamAsync(host);
        var watch = Stopwatch.StartNew();

        var stopped = host.StopAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.NotNull(failure.GetRpcStatus()!.Detail<Google.Rpc.RetryInfo>());
        call.Dispose();
        await stopped;
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_hundred_open_streams_do_not_hold_the_hub()
    {
        await using var host = await RpcHost.StartAsync();
        var calls = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => OpenStreamAsync(host)));
        var watch = Stopwatch.StartNew();

        var stopped = host.StopAsync();

        var failures = await Task.WhenAll(calls.Select(call => Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())));
        await stopped;
        Assert.All(failures, failure => Assert.Equal(StatusCode.Unavailable, failure.StatusCode));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_handler_that_listens_may_say_goodbye_first()
    {
        RpcHost? running = null;
        await using var host = running = await RpcHost.StartAsync(
            new Puppet
            {
                Duplex = async (_, responses, context) =>
                {
                    await context.WriteResponseHeadersAsync([]);
                    var leaving = running!.Services.GetRequiredService<Drain>().Starting;
                    var stopping = new TaskCompletionSource();
                    await using var heard = leaving.Register(stopping.SetResult);
                    await stopping.Task;
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = new() });
                    throw FailureMapping.GoingAway();
                },
            },
            limits => limits.DrainFor = TimeSpan.FromSeconds(8));
        using var call = await OpenStreamAsync(host);

        var stopped = host.StopAsync();

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        await stopped.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_stream_opened_while_the_hub_stops_is_sent_away()
    {
        await using var host = await RpcHost.StartAsync(limits => limits.DrainFor = TimeSpan.FromSeconds(2));
        var client = new TestService.TestServiceClient(host.Channel());
        using var open = client.FullDuplexCall();
        await open.ResponseHeadersAsync;

        var stopped = host.StopAsync();
        using var late = client.FullDuplexCall();

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => late.ResponseStream.MoveNext())).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => open.ResponseStream.MoveNext())).StatusCode);
        await stopped;
    }

    [Fact]
    public async Task A_handler_that_hears_nothing_does_not_hold_the_hub_for_long()
    {
        var never = new TaskCompletionSource();
        await using var host = await RpcHost.StartAsync(new Puppet
        {
            Duplex = async (_, _, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                await never.Task;
            },
        });
        using var call = await OpenStreamAsync(host);
        var watch = Stopwatch.StartNew();

        var stopped = host.StopAsync();

        Assert.NotEqual(StatusCode.OK, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        never.SetResult();
        await stopped;
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task A_unary_call_under_way_is_answered()
    {
        var entered = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var host = await RpcHost.StartAsync(new Puppet
        {
            Unary = async (_, _) =>
            {
                entered.SetResult();
                await finish.Task;
                return new SimpleResponse { Username = "done" };
            },
        });
        var call = new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(new()).ResponseAsync;
        await entered.Task;

        var stopped = host.StopAsync();
        finish.SetResult();

        Assert.Equal("done", (await call).Username);
        await stopped.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_caller_whose_streams_are_refused_over_and_over_keeps_its_connection()
    {
        await using var host = await RpcHost.StartAsync(new Puppet { Duplex = (_, _, _) => throw new RpcException(new Status(StatusCode.FailedPrecondition, "Not now.")) });
        var client = new TestService.TestServiceClient(host.Channel());

        for (var round = 0; round < 600; round++)
        {
            using var call = client.FullDuplexCall();

            Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        }
    }

    private static async Task<AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse>> OpenStreamAsync(RpcHost host)
    {
        var call = new TestService.TestServiceClient(host.Channel()).FullDuplexCall();
        await call.ResponseHeadersAsync;
        return call;
    }
}
