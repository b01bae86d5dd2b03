using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;

namespace IncidentTracker.RpcTests;

/// <summary>Interceptors on both sides, for every kind of call.</summary>
public sealed class InterceptorTests
{
    [Fact]
    public async Task Client_interceptors_see_every_kind_of_call_in_the_order_named()
    {
        await using var host = await RpcHost.StartAsync();
        var seen = new List<string>();
        var client = new TestService.TestServiceClient(host.Channel().Intercept(new Witness("outer", seen), new Witness("inner", seen)));

        await CallEveryKindAsync(client);

        Assert.Equal(
            ["outer blocking", "inner blocking", "outer unary", "inner unary", "outer client", "inner client", "outer server", "inner server", "outer duplex", "inner duplex"],
            seen);
    }

    [Fact]
    public async Task Server_interceptors_see_every_kind_of_call()
    {
        var seen = new List<string>();
        await using var host = await RpcHost.StartAsync(configure: options => options.Interceptors.Add<Witness>("server", seen));

        await CallEveryKindAsync(new TestService.TestServiceClient(host.Channel()));

        Assert.Equal(["server handles unary", "server handles unary", "server handles client", "server handles server", "server handles duplex"], seen);
    }

    [Fact]
    public async Task A_function_can_add_headers_to_every_kind_of_call()
    {
        var heard = new List<string?>();
        await using var host = await RpcHost.StartAsync(configure: options => options.Interceptors.Add<HeaderWitness>(heard));
        var client = new TestService.TestServiceClient(host.Channel().CreateCallInvoker().Intercept(headers =>
        {
            headers.Add("x-station", "LHR");
            return headers;
        }));

        await CallEveryKindAsync(client);

        Assert.Equal(Enumerable.Repeat("LHR", 5), heard);
    }

    [Fact]
    public void A_service_definition_can_be_put_behind_interceptors()
    {
        var definition = TestService.BindService(new InteropService()).Intercept(new Witness("one", []), new Witness("two", []));

        Assert.NotNull(definition);
    }

    private static async Task CallEveryKindAsync(TestService.TestServiceClient client)
    {
        client.EmptyCall(new());
        await client.EmptyCallAsync(new());
        using var input = client.StreamingInputCall();
        await input.RequestStream.CompleteAsync();
        await input;
        using var output = client.StreamingOutputCall(new());
        Assert.False(await output.ResponseStream.MoveNext());
        using var duplex = client.FullDuplexCall();
        await duplex.RequestStream.CompleteAsync();
        Assert.False(await duplex.ResponseStream.MoveNext());
    }

    private sealed class HeaderWitness(List<string?> heard) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Note(context);
            return continuation(requestStream, responseStream, context);
        }

        private void Note(ServerCallContext context) => heard.Add(context.RequestHeaders.GetValue("x-station"));
    }
}
