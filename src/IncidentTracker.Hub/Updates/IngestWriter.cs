using System.Threading.Channels;
using Google.Protobuf;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;

namespace IncidentTracker.Updates;

/// <summary>
/// The only one who writes the cases of its share. Takes what has queued up, and in one transaction: adds the claims that
/// are new, folds them, writes the cases back. Only after the commit does anybody get an answer.
/// </summary>
internal sealed partial class IngestWriter(
    Engine engine, Addresses addresses, SlaBooks books, ChannelReader<Errand> queue, TimeProvider time, IngestOptions options, ILogger<IngestWriter> log)
{
    private const int Looks = 5;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly CaseCache _cache = new(options.CasesInMemory);
    private readonly IngestStore _store = engine.OpenIngest();

    /// <summary>Runs until the queue is closed and empty, and then lets go of the database.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await using var store = _store;
        var batch = new List<Errand>(options.BatchSize);
        while (await queue.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < options.BatchSize && queue.TryRead(out var errand)) batch.Add(errand);
            await WriteAsync(batch, stop);
        }
    }

    private async Task WriteAsync(IReadOnlyList<Errand> batch, CancellationToken stop)
    {
        for (var look = 1; ; look++)
        {
            IngestRound? round = null;
            try
            {
                var (book, now) = await books.AtWorkAsync(CancellationToken.None);
                round = new(_store, _cache, addresses, book, batch, now, speaksFirst: look < Looks || batch.Count > 1);
                await round.RunAsync();
                return;
            }
            catch (Exception failure)
            {
                await _store.RollbackAsync();
                round?.Forget();
                var (isStale, isOutage) = (failure is StaleCaseException || engine.IsConflict(failure), engine.IsOutage(failure));
                // What is stored of the case is at fault there, not the line.
                if (!isStale && failure is not InvalidProtocolBufferException) await _store.DisposeAsync();
                // One alone is tried again whatever it is: with the last look it goes without what the hub would say first.
                if (look < Looks && (isStale || (!isOutage && batch.Count == 1))) continue;
                if (!isOutage && batch.Count > 1)
                {
                    // Something in the batch cannot be stored. Its neighbours must not suffer for it.
                    foreach (var part in batch.Chunk((batch.Count + 1) / 2)) await WriteAsync(part, stop);
                    return;
                }
                if (!isOutage && batch[0] is Look broken)
                {
                    LogLookFailed(broken.Case, failure);
                    broken.Broken();
                    return;
                }
                LogBatchFailed(batch.Count, failure);
                foreach (var errand in batch) errand.Failed();
                if (isOutage) await Task.Delay(PauseAfterFailure, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "{Count} updates or looks could not be written; senders are told to send again, and the hub looks again")]
    private partial void LogBatchFailed(int count, Exception failure);

    [LoggerMessage(LogLevel.Error, "The hub cannot look at the clocks of {Incident}. It tries again after longer and longer pauses; what partners say is stored all the same")]
    private partial void LogLookFailed(IncidentId incident, Exception failure);
}
