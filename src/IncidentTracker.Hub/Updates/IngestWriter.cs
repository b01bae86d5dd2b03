using System.Threading.Channels;
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
            var round = new IngestRound(_store, _cache, addresses, books.Current, batch, time.Now());
            try
            {
                await round.RunAsync();
                return;
            }
            catch (Exception failure)
            {
                await _store.RollbackAsync();
                round.Forget();
                if (failure is StaleCaseException || engine.IsConflict(failure))
                {
                    if (look < Looks) continue;
                }
                else if (!engine.IsOutage(failure) && batch.Count > 1)
                {
                    // Something in the batch cannot be stored. Its neighbours must not suffer for it.
                    foreach (var part in batch.Chunk((batch.Count + 1) / 2)) await WriteAsync(part, stop);
                    return;
                }
                LogBatchFailed(batch.Count, failure);
                await _store.DisposeAsync();
                foreach (var errand in batch) errand.Failed();
                await Task.Delay(PauseAfterFailure, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "{Count} updates or looks could not be written; senders are told to send again, and the hub looks again")]
    private partial void LogBatchFailed(int count, Exception failure);
}
