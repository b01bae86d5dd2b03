using Grpc.Core;
using Grpc.Net.Client;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.Simulator;

/// <summary>
/// One partner's line to the hub. Ids make every report safe to repeat, so a report is repeated until the hub has said
/// what became of it.
/// </summary>
internal sealed class HubLine(Uri address, string key, TimeProvider time, TextWriter output) : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address);
    private readonly Metadata _credential = new() { { "authorization", $"Bearer {key}" } };

    /// <summary>
    /// Connects and makes a first call that changes nothing, so that the first word that counts is as quick as the others.
    /// A failure says nothing here: the first word meets the same one, and deals with it.
    /// </summary>
    public async Task WarmUpAsync(CancellationToken stop)
    {
        try
        {
            await new PartnerUpdateService.PartnerUpdateServiceClient(_channel).GetIngestStateAsync(new(), Call(stop));
        }
        catch (RpcException)
        {
            stop.ThrowIfCancellationRequested();
        }
    }

    public async Task<Outcome> SendAsync(ScenarioStep step, CancellationToken stop)
    {
        var (startedAt, pause) = (time.GetTimestamp(), FirstPause);
        while (true)
        {
            try
            {
                return await CallAsync(step, stop);
            }
            catch (RpcException) when (stop.IsCancellationRequested)
            {
                throw new OperationCanceledException(stop);
            }
            catch (RpcException failure) when (IsPassing(failure.StatusCode) && time.GetElapsedTime(startedAt) < Patience)
            {
                if (pause == FirstPause) await output.WriteLineAsync($"{step.By} gets no answer from the hub ({failure.StatusCode}) and sends the same again until it does.");
                await Task.Delay(pause, time, stop);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (RpcException refusal)
            {
                return Outcome.Of(refusal);
            }
        }
    }

    public void Dispose() => _channel.Dispose();

    private async Task<Outcome> CallAsync(ScenarioStep step, CancellationToken stop)
    {
        if (step.Open is { } open) return Outcome.Of(await new PartnerIncidentService.PartnerIncidentServiceClient(_channel).OpenIncidentAsync(open, Call(stop)));

        var response = await new PartnerUpdateService.PartnerUpdateServiceClient(_channel).ReportUpdateAsync(new() { Update = step.Update }, Call(stop));
        return Outcome.Of(response.Result);
    }

    private CallOptions Call(CancellationToken stop) => new(_credential, time.GetUtcNow().UtcDateTime + CallLimit, stop);

    private static bool IsPassing(StatusCode code) => code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Aborted;
}
