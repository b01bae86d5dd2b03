using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using IncidentTracker.Partner.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IncidentTracker.Partners.Tests;

/// <summary>A hub that remembers ids and contents and nothing else, behind a real gRPC port.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private WebApplication? _app;

    public Memory Heard { get; } = new();

    public Uri Address => new(_app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, door => door.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(Heard);
        _app = builder.Build();
        _app.MapGrpcService<Updates>();
        _app.MapGrpcService<Incidents>();
        await _app.StartAsync();
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();

    /// <summary>What was sent to it, and how often it shall fail first.</summary>
    public sealed class Memory
    {
        private readonly ConcurrentDictionary<string, ByteString> _contents = [];

        public ConcurrentQueue<string> Ids { get; } = [];
        public ConcurrentQueue<string> Keys { get; } = [];
        public int FailuresToCome { get; set; }

        /// <summary>Whether it knows the id already; throws where the content is another.</summary>
        public bool Hear(string id, IMessage content, ServerCallContext call)
        {
            Ids.Enqueue(id);
            Keys.Enqueue(call.RequestHeaders.GetValue("authorization") ?? "");
            if (FailuresToCome > 0)
            {
                FailuresToCome--;
                throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "gone for a moment"));
            }
            var bytes = content.ToByteString();
            var known = _contents.GetOrAdd(id, bytes);
            if (ReferenceEquals(known, bytes)) return false;
            return known == bytes ? true : throw Refusal("UPDATE_ID_CONFLICT", "This update_id was used for other content.");
        }

        private static RpcException Refusal(string reason, string message)
        {
            var status = new Google.Rpc.Status { Code = (int)Code.AlreadyExists, Message = message, Details = { Any.Pack(new ErrorInfo { Reason = reason }) } };
            return new(new Grpc.Core.Status(StatusCode.AlreadyExists, message), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
        }
    }

    private sealed class Updates(Memory memory) : PartnerUpdateService.PartnerUpdateServiceBase
    {
        public override Task<ReportUpdateResponse> ReportUpdate(ReportUpdateRequest request, ServerCallContext context) =>
            Task.FromResult(new ReportUpdateResponse
            {
                Result = memory.Hear(request.Update.UpdateId, request.Update, context)
                    ? new() { UpdateId = request.Update.UpdateId, Duplicate = new() }
                    : new() { UpdateId = request.Update.UpdateId, Accepted = new() { Late = true } },
            });
    }

    private sealed class Incidents(Memory memory) : PartnerIncidentService.PartnerIncidentServiceBase
    {
        public override Task<OpenIncidentResponse> OpenIncident(OpenIncidentRequest request, ServerCallContext context) =>
            Task.FromResult(new OpenIncidentResponse
            {
                Incident = new() { IncidentReference = "K7Q-4M2-XDC" },
                Replayed = memory.Hear(request.RequestId, request, context),
            });
    }
}
