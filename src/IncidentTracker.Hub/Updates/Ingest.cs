using System.ComponentModel.DataAnnotations;
using System.Threading.Channels;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Updates;

/// <summary>How updates are taken in. Section <c>Ingest</c>.</summary>
public sealed record IngestOptions
{
    /// <summary>Most updates in one transaction.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; init; } = 512;

    /// <summary>Most updates waiting for each writer. When they are full, senders wait.</summary>
    [Range(1, 1_000_000)]
    public int Queue { get; init; } = 4_096;

    /// <summary>Most cases each writer keeps in memory.</summary>
    [Range(2, 10_000_000)]
    public int CasesInMemory { get; init; } = 50_000;
}

/// <summary>
/// Takes updates from every door to disk. Each case belongs to one writer, which stores whatever has queued up while the
/// previous commit was on its way: many updates share one commit under load, and a lonely one does not wait for others.
/// </summary>
internal sealed class Ingest : BackgroundService
{
    private readonly Channel<Errand>[] _queues;
    private readonly IngestWriter[] _writers;
    private readonly Engine _engine;
    private readonly Addresses _addresses;
    private readonly Pulse _pulse;

    public Ingest(Engine engine, Addresses addresses, SlaBooks books, Pulse pulse, TimeProvider time, IOptions<IngestOptions> options, ILogger<IngestWriter> log)
    {
        (_engine, _addresses, _pulse) = (engine, addresses, pulse);
        _queues = [.. Enumerable.Range(0, engine.Writers).Select(_ => Channel.CreateBounded<Errand>(new BoundedChannelOptions(options.Value.Queue) { SingleReader = true }))];
        _writers = [.. _queues.Select(queue => new IngestWriter(engine, addresses, books, queue.Reader, time, options.Value, log))];
    }

    /// <summary>Stores one update and waits for the answer.</summary>
    public async Task<Outcome> SubmitAsync(Submission submission, CancellationToken stop) => (await SubmitAsync([submission], stop))[0];

    /// <summary>Stores several updates, each on its own merits, and waits for all answers.</summary>
    public async Task<IReadOnlyList<Outcome>> SubmitAsync(IReadOnlyList<Submission> submissions, CancellationToken stop)
    {
        if (submissions.Count == 0) return [];

        var decided = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await EnqueueAsync(new(submissions, _ => decided.SetResult()), stop);
        await decided.Task.WaitAsync(stop);
        return [.. submissions.Select(submission => submission.Outcome!)];
    }

    /// <summary>Puts a group on its way. Waits while the queues are full: that is how a fast sender feels a busy hub.</summary>
    public async Task EnqueueAsync(Submission.Group group, CancellationToken stop)
    {
        try
        {
            _pulse.Heard(group.Members[0].Claim.By);
            await _addresses.ResolveAsync(group.Members, stop);
            foreach (var submission in group.Members)
            {
                if (submission.Outcome is not null) continue;
                submission.IsQueued = true;
                try { await QueueOf(submission.Case).WriteAsync(submission, stop); }
                catch { submission.IsQueued = false; throw; }
            }
        }
        catch (Exception failure) when (failure is ChannelClosedException || _engine.IsOutage(failure))
        {
            // The hub is stopping, or cannot ask who is meant. Members that are queued are answered by their writer.
            foreach (var submission in group.Members) submission.GiveUp();
        }
    }

    /// <summary>Looks at cases whose clocks are due, says what there is to say, and tells of each what became of the look.</summary>
    public async Task<IReadOnlyList<LookResult>> LookAsync(IEnumerable<IncidentId> cases, CancellationToken stop)
    {
        var looks = cases.Select(id => new Look { Case = id }).ToArray();
        try
        {
            foreach (var look in looks) await QueueOf(look.Case).WriteAsync(look, stop);
        }
        catch (ChannelClosedException)
        {
            return [.. looks.Select(_ => LookResult.Unknown)];      // the hub is stopping; another one looks, or this one when it is back
        }
        return await Task.WhenAll(looks.Select(look => look.Result)).WaitAsync(stop);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_writers.Select(writer => Task.Run(() => writer.RunAsync(stoppingToken), CancellationToken.None)));

    /// <summary>Nothing new is taken; what is queued is still written and answered.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var queue in _queues) queue.Writer.TryComplete();
        if (ExecuteTask is { } running) await running.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    // Version 7 identifiers begin with the time; their tail is random and spreads evenly.
    private ChannelWriter<Errand> QueueOf(IncidentId id) => _queues[(uint)id.Value.GetHashCode() % (uint)_queues.Length].Writer;
}
