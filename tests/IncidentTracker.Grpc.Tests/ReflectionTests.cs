using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace IncidentTracker.RpcTests;

/// <summary>The reflection service, which tools ask before they call.</summary>
public sealed class ReflectionTests
{
    [Fact]
    public async Task The_services_on_offer_are_listed()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await AskAsync(host, new() { ListServices = "" });

        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "grpc.testing.TestService"],
            answer.ListServicesResponse.Service.Select(service => service.Name));
    }

    [Theory]
    [InlineData("grpc.testing.TestService")]
    [InlineData("grpc.testing.TestService.UnaryCall")]
    [InlineData("grpc.testing.LoadBalancerStatsResponse.RpcsByPeer")]
    [InlineData("grpc.testing.ClientConfigureRequest.RpcType")]
    [InlineData("grpc.health.v1.HealthCheckRequest")]
    public async Task A_symbol_comes_with_every_file_it_needs(string symbol)
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await AskAsync(host, new() { FileContainingSymbol = symbol });

        var files = answer.FileDescriptorResponse.FileDescriptorProto.Select(FileDescriptorProto.Parser.ParseFrom).ToList();
        Assert.All(files.SelectMany(file => file.Dependency), needed => Assert.Contains(files, file => file.Name == needed));
        Assert.StartsWith(files[0].Package, symbol, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_can_be_asked_for_by_name()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await AskAsync(host, new() { FileByFilename = "grpc/testing/messages.proto" });

        Assert.Equal("grpc/testing/messages.proto", FileDescriptorProto.Parser.ParseFrom(answer.FileDescriptorResponse.FileDescriptorProto.Single()).Name);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_the_stream_goes_on()
    {
        await using var host = await RpcHost.StartAsync();
        using var call = new ServerReflection.ServerReflectionClient(host.Channel()).ServerReflectionInfo();

        foreach (var question in new ServerReflectionRequest[] { new() { FileByFilename = "../../etc/passwd" }, new() { FileContainingSymbol = "no.Such" }, new() })
        {
            await call.RequestStream.WriteAsync(question);
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.NotEqual(0, call.ResponseStream.Current.ErrorResponse.ErrorCode);
        }
    }

    [Fact]
    public async Task The_older_name_answers_alike()
    {
        await using var host = await RpcHost.StartAsync();
        using var call = new Grpc.Reflection.V1Alpha.ServerReflection.ServerReflectionClient(host.Channel()).ServerReflectionInfo();

        await call.RequestStream.WriteAsync(new() { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext());

        Assert.Contains(call.ResponseStream.Current.ListServicesResponse.Service, service => service.Name == "grpc.testing.TestService");
    }

    [Fact]
    public async Task Switched_off_it_does_not_exist()
    {
        await using var host = await RpcHost.StartAsync(limits => limits.Reflection = false);

        // Nothing is asked: a question that is still being written when the answer comes is cancelled.
        using var call = new ServerReflection.ServerReflectionClient(host.Channel()).ServerReflectionInfo();
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
    }

    private static async Task<ServerReflectionResponse> AskAsync(RpcHost host, ServerReflectionRequest question)
    {
        using var call = new ServerReflection.ServerReflectionClient(host.Channel()).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(question);
        Assert.True(await call.ResponseStream.MoveNext());
        return call.ResponseStream.Current;
    }
}
