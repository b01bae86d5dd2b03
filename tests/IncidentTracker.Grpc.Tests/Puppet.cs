using Grpc.Core;
using Grpc.Testing;

namespace IncidentTracker.RpcTests;

/// <summary>What the handlers of a test's own server do.</summary>
internal sealed class Puppet
{
    public Func<SimpleRequest, ServerCallContext, Task<SimpleResponse>> Unary { get; init; } = (_, _) => Task.FromResult(new SimpleResponse());

    public Func<IAsyncStreamReader<StreamingOutputCallRequest>, IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Duplex { get; init; } =
        (_, _, _) => Task.CompletedTask;
}

/// <summary>Pulls the strings.</summary>
internal sealed class PuppetService(Puppet puppet) : TestService.TestServiceBase
{
    public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => puppet.Unary(request, context);

    public override Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context) =>
        puppet.Duplex(requestStream, responseStream, context);
}
