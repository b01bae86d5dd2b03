using Grpc.Core;
using Grpc.Health.V1;
using IncidentTracker.Rpc;
using Microsoft.Extensions.DependencyInjection;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace IncidentTracker.RpcTests;

/// <summary>The standard health service.</summary>
public sealed class HealthTests
{
    [Theory]
    [InlineData("")]
    [InlineData("grpc.testing.TestService")]
    [InlineData("grpc.health.v1.Health")]
    public async Task A_known_service_serves_while_the_hub_is_ready(string service)
    {
        await using var host = await RpcHost.StartAsync();
        var health = new Health.HealthClient(host.Channel());

        Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new() { Service = service })).Status);

        host.Services.GetRequiredService<Readiness>().Say(ready: false);

        Assert.Equal(ServingStatus.NotServing, (await health.CheckAsync(new() { Service = service })).Status);
    }

    [Fact]
    public async Task An_unknown_service_is_not_found()
    {
        await using var host = await RpcHost.StartAsync();
        var health = new Health.HealthClient(host.Channel());

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(new() { Service = "no.such.Service" }));
        using var watch = health.Watch(new() { Service = "no.such.Service" });

        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.ServiceUnknown, watch.ResponseStream.Current.Status);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_watcher_hears_every_change_and_the_end()
    {
        await using var host = await RpcHost.StartAsync(limits => limits.DrainFor = TimeSpan.FromSeconds(5));
        var readiness = host.Services.GetRequiredService<Readiness>();
        using var watch = new Health.HealthClient(host.Channel()).Watch(new());

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        readiness.Say(ready: false);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        readiness.Say(ready: true);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        var stopped = host.StopAsync();

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext())).StatusCode);
        await stopped;
        host.MustBeQuiet();
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext().WaitAsync(TimeSpan.FromSeconds(10)));
        return watch.ResponseStream.Current.Status;
    }
}
