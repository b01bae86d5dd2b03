using System.Diagnostics;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.Benchmarks;

/// <summary>How a producer speaks. Travels to its process as JSON.</summary>
/// <param name="PerMessage">Updates in a message of a stream; 0: unary calls.</param>
/// <param name="Lines">Streams or callers in this process.</param>
/// <param name="InFlight">Most unanswered updates of a stream.</param>
internal sealed record ProducerOrder(string Hub, string Key, Cases Cases, int Number, int Of, int PerMessage, int Lines, int InFlight);

/// <summary>What a producer has seen.</summary>
/// <param name="Events">Updates answered in the measured time.</param>
/// <param name="Accepted">Updates answered with "accepted" from start to end.</param>
internal sealed record ProducerReport(long Events, long Accepted, long[] Latencies);

/// <summary>
/// A partner's system in a process of its own. It says when it has its first answer; its parent tells it on standard input when to measure and when to stop;
/// it then waits for the answers that are still due.
/// </summary>
internal sealed class Producer(ProducerOrder order) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(order.Hub);
    private readonly CallOptions _call = new(new Metadata { { "authorization", $"Bearer {order.Key}" } });
    private readonly Latencies _latencies = new();
    private long _events, _accepted;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _measuring, _over;

    public static async Task RunAsync(string order)
    {
        using var producer = new Producer(JsonSerializer.Deserialize<ProducerOrder>(order)!);
        await producer.RunAsync();
    }

    public void Dispose() => _channel.Dispose();

    private async Task RunAsync()
    {
        var lines = Enumerable.Range(0, order.Lines).Select(line =>
        {
            // Senders with the same partner's key share its parity, which says who speaks.
            var traffic = new Traffic(order.Cases, order.Number + line * order.Of, order.Of * order.Lines);
            return Task.Run(() => order.PerMessage == 0 ? CallAsync(traffic) : StreamAsync(traffic, line));
        }).ToArray();

        await Task.WhenAny(_answered.Task, Task.WhenAny(lines).Unwrap());
        Console.WriteLine("ready");
        while (!_over)
        {
            switch (await Console.In.ReadLineAsync())
            {
                case "measure": _measuring = true; break;
                case "rest": _measuring = false; break;
                default: _over = true; break;
            }
        }
        await Task.WhenAll(lines);
        Console.WriteLine(JsonSerializer.Serialize(new ProducerReport(_events, _accepted, _latencies.Counts)));
    }

    private async Task CallAsync(Traffic traffic)
    {
        var client = new PartnerUpdateService.PartnerUpdateServiceClient(_channel);
        while (!_over)
        {
            var request = new ReportUpdateRequest { Update = traffic.Next() };
            var startedAt = Stopwatch.GetTimestamp();
            try
            {
                Answered((await client.ReportUpdateAsync(request, _call)).Result, startedAt);
            }
            catch (RpcException refusal) when (refusal.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound)
            {
                Answered(null, startedAt);
            }
        }
    }

    private async Task StreamAsync(Traffic traffic, int line)
    {
        using var call = new PartnerUpdateService.PartnerUpdateServiceClient(_channel).StreamUpdates(_call);
        await call.RequestStream.WriteAsync(new() { Hello = new() { PartnerStreamId = $"benchmark-{Environment.ProcessId}-{line}", Client = "benchmark/1.0" } });
        await call.ResponseStream.MoveNext(CancellationToken.None);

        var sentAt = new long[4_096];       // more than can be in flight
        using var room = new SemaphoreSlim(order.InFlight);
        var reading = ReadAsync();
        for (var sequence = 1L; !_over;)
        {
            var message = new StreamedUpdates();
            for (var i = 0; i < order.PerMessage; i++)
            {
                await room.WaitAsync();
                message.Updates.Add(new StreamedUpdate { ClientSequence = sequence, Update = traffic.Next() });
                sentAt[sequence++ % sentAt.Length] = Stopwatch.GetTimestamp();
            }
            await call.RequestStream.WriteAsync(new() { Updates = message });
        }
        await call.RequestStream.CompleteAsync();
        await reading;

        async Task ReadAsync()
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                if (call.ResponseStream.Current.Results is not { } answers) continue;
                foreach (var result in answers.Results) Answered(result, sentAt[result.ClientSequence % sentAt.Length]);
                room.Release(answers.Results.Count);
            }
        }
    }

    private void Answered(UpdateResult? result, long sentAt)
    {
        if (result?.OutcomeCase == UpdateResult.OutcomeOneofCase.Accepted) Interlocked.Increment(ref _accepted);
        _answered.TrySetResult();
        if (!_measuring) return;
        _latencies.Add(Stopwatch.GetElapsedTime(sentAt));
        Interlocked.Increment(ref _events);
    }
}
