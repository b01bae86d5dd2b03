using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace IncidentTracker.Rpc;

/// <summary>The standard health service: one readiness for the whole hub and each of its services.</summary>
internal sealed class HealthService(Readiness readiness, ServiceCatalogue catalogue) : Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => IsKnown(request.Service)
        ? Task.FromResult(new HealthCheckResponse { Status = Now() })
        : throw RichErrors.Create(StatusCode.NotFound, "UNKNOWN_SERVICE", "The hub does not offer this service.");

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        for (ServingStatus? told = null; ;)
        {
            var changed = readiness.Changed;
            var status = IsKnown(request.Service) ? Now() : ServingStatus.ServiceUnknown;
            if (status != told) await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
            told = status;

            if (readiness.IsStopping) throw FailureMapping.GoingAway();
            await changed.WaitAsync(context.CancellationToken);
        }
    }

    private bool IsKnown(string service) => service.Length == 0 || catalogue.Services.ContainsKey(service);

    private ServingStatus Now() => readiness.IsReady ? ServingStatus.Serving : ServingStatus.NotServing;
}
