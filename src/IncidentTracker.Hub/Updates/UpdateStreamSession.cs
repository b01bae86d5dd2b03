using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>
/// One open stream. One loop reads and puts updates on their way, another answers what was committed: reading never waits
/// for writing, and answers leave in groups when they come in groups.
/// </summary>
internal sealed class UpdateStreamSession(
    Ingest ingest, Register register, Reporter sender, StreamPosition position,
    IAsyncStreamReader<Wire.StreamUpdatesRequest> requests, IServerStreamWriter<Wire.StreamUpdatesResponse> responses,
    TimeProvider time, Func<CancellationToken, Task> remember) : IDisposable
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RememberEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastResultsWithin = TimeSpan.FromSeconds(3);

    private readonly Channel<Message?> _decided = Channel.CreateUnbounded<Message?>(new() { SingleReader = true });
    private readonly SemaphoreSlim _answered = new(0);
    private long _expected = position.Next;
    private int _inFlight;
    private volatile bool _closing;

    /// <summary>Runs until the partner has sent everything, or the hub stops (then the stream ends with UNAVAILABLE).</summary>
    public async Task RunAsync(CancellationToken hubStops, CancellationToken stop)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var answering = AnswerAsync(stop);
        var heartbeat = HeartbeatAsync(ends.Token);
        var reading = ReadAsync(stop);

        var closing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onStop = hubStops.Register(() => closing.TrySetResult());
        using var age = new Timer(_ => closing.TrySetResult(), null, ContractLimits.StreamAge, Timeout.InfiniteTimeSpan);
        try
        {
            var first = await Task.WhenAny(reading, closing.Task, answering);
            if (first == answering) await answering;        // it ends first only by failing, and then nobody would be answered any more
            if (first == closing.Task)
            {
                _closing = true;
                _decided.Writer.TryWrite(null);
                await WaitForAnswersAsync(LastResultsWithin, stop);
                throw FailureMapping.GoingAway();
            }
            await reading;
            await WaitForAnswersAsync(Timeout.InfiniteTimeSpan, stop);
        }
        finally
        {
            _decided.Writer.TryComplete();
            await ends.CancelAsync();
            await heartbeat;
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await remember(CancellationToken.None);
        }
    }

    public void Dispose() => _answered.Dispose();

    private async Task ReadAsync(CancellationToken stop)
    {
        while (await requests.MoveNext(stop))
        {
            if (_closing) continue;      // what comes now is not answered, so it will be sent again

            if (requests.Current.Updates is not { } sent) throw new RefusedException(Refusals.HelloRequired.At("message"));
            CheckSequences(sent);

            while (Volatile.Read(ref _inFlight) is var busy && busy > 0 && busy + sent.Updates.Count > ContractLimits.InFlight) await _answered.WaitAsync(stop);
            Interlocked.Add(ref _inFlight, sent.Updates.Count);

            var message = new Message(sent, sender, time, register);
            if (message.Submissions.Count == 0) _decided.Writer.TryWrite(message);
            else await ingest.EnqueueAsync(new(message.Submissions, _ => _decided.Writer.TryWrite(message)), stop);
        }
    }

    private void CheckSequences(Wire.StreamedUpdates sent)
    {
        // A little too many are refused one by one; so many could not be answered within the limits of the stream.
        if (sent.Updates.Count > ContractLimits.InFlight) throw new RefusedException(Refusals.BatchTooLarge.At("updates.updates"));
        foreach (var update in sent.Updates)
        {
            if (update.ClientSequence < 1) throw new RefusedException(Refusals.FieldRequired.At("updates.client_sequence", "Number the updates of a stream from 1."));
            if (update.ClientSequence > _expected)
                throw new RefusedException(Refusals.SequenceGap, [Refusals.SequenceGap.At("updates.client_sequence", $"Expected {_expected}, got {update.ClientSequence}.")])
                {
                    Facts = new Dictionary<string, string> { ["expected"] = _expected.ToString(System.Globalization.CultureInfo.InvariantCulture) },
                };
            if (update.ClientSequence == _expected) _expected++;
        }
    }

    private async Task AnswerAsync(CancellationToken stop)
    {
        var remembered = time.GetTimestamp();
        while (await _decided.Reader.WaitToReadAsync(stop))
        {
            var results = new Wire.StreamResults();
            var closing = false;
            var answered = 0;
            while (results.Results.Count < ContractLimits.BatchSize && _decided.Reader.TryRead(out var message))
            {
                if (message is null) { closing |= _closing; continue; }
                answered += message.AddResultsTo(results, position);
            }

            if (results.Results.Count > 0) await responses.WriteAsync(new() { Results = results }, stop);
            else if (!closing) await responses.WriteAsync(new() { Heartbeat = new() { Time = time.GetUtcNow().ToTimestamp() } }, stop);
            if (closing) await responses.WriteAsync(new() { Closing = new() { ReconnectAfter = Duration.FromTimeSpan(ReconnectAfter) } }, stop);

            Interlocked.Add(ref _inFlight, -answered);
            _answered.Release();
            if (time.GetElapsedTime(remembered) < RememberEvery) continue;
            remembered = time.GetTimestamp();
            await remember(stop);
        }
    }

    private async Task WaitForAnswersAsync(TimeSpan atMost, CancellationToken stop)
    {
        while (Volatile.Read(ref _inFlight) > 0)
            if (!await _answered.WaitAsync(atMost, stop)) return;
    }

    private async Task HeartbeatAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(HeartbeatEvery);
        try { while (await timer.WaitForNextTickAsync(stop)) _decided.Writer.TryWrite(null); }
        catch (OperationCanceledException) { }
    }

    /// <summary>One message of a stream with its updates.</summary>
    private sealed class Message
    {
        private readonly Wire.StreamedUpdates _sent;
        private readonly UpdateBatch? _batch;
        private readonly Outcome? _refusal;

        public Message(Wire.StreamedUpdates sent, Reporter sender, TimeProvider time, Register register)
        {
            _sent = sent;
            if (sent.Updates.Count > ContractLimits.BatchSize) _refusal = new Outcome.Refused(Refusals.BatchTooLarge.At("updates.updates"));
            else if (ContractLimits.TooLarge(sent) is { } violation) _refusal = new Outcome.Refused(violation);
            else _batch = new([.. sent.Updates.Select(streamed => streamed.Update)], sender, time.Now(), register);
        }

        public IReadOnlyList<Submission> Submissions => _batch?.Submissions ?? [];

        public int AddResultsTo(Wire.StreamResults results, StreamPosition position)
        {
            for (var i = 0; i < _sent.Updates.Count; i++)
            {
                var streamed = _sent.Updates[i];
                var outcome = _refusal ?? _batch!.OutcomeOf(i);
                if (outcome is not Outcome.Unknown) position.Decided(streamed.ClientSequence);
                results.Results.Add(outcome.ToResult(streamed.Update?.UpdateId ?? "", i, streamed.ClientSequence));
            }
            return _sent.Updates.Count;
        }
    }
}
