using Grpc.Core;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>
/// A partner's program that sends a list of updates over a stream and keeps its own ledger of what it was told. When the
/// line breaks it can be run again, and goes on where the hub says.
/// </summary>
internal sealed class Sender(string stream, IReadOnlyList<Update> updates)
{
    private readonly int[] _accepted = new int[updates.Count];
    private readonly bool[] _answered = new bool[updates.Count];

    /// <summary>Updates that the hub acknowledged, or left behind when it named the number to go on with.</summary>
    public IReadOnlyList<string> Acknowledged => [.. updates.Where((_, i) => _answered[i]).Select(update => update.UpdateId)];

    public bool EveryUpdateWasAcknowledged => _answered.All(answered => answered);

    /// <summary>Nothing was said to be new twice, and nothing was refused.</summary>
    public bool NothingWasAcceptedTwice => _accepted.All(times => times <= 1);

    /// <summary>Sends until everything is answered (true) or the line breaks (false).</summary>
    /// <param name="afterEach">Is told how many answers this run has had; it may cut the line.</param>
    public async Task<bool> RunAsync(PartnerLine line, int perMessage, Action<int> afterEach)
    {
        try
        {
            using var feed = await Feed.OpenAsync(line, stream);
            var start = (int)feed.Ready.ResumeFromSequence - 1;
            for (var i = 0; i < start; i++) _answered[i] = true;

            var writing = WriteAsync(feed, start, perMessage);
            for (var answers = 0; answers < updates.Count - start; afterEach(answers))
            {
                foreach (var result in await feed.ResultsAsync(1))
                {
                    Note(result);
                    answers++;
                }
            }
            await writing;
            Assert.Empty(await feed.CompleteAsync());
            return true;
        }
        catch (Exception broken) when (broken is RpcException or ObjectDisposedException or OperationCanceledException or InvalidOperationException or IOException)
        {
            Assert.NotEqual("INTERNAL", (broken as RpcException)?.Reason());
            return false;
        }
    }

    private async Task WriteAsync(Feed feed, int start, int perMessage)
    {
        foreach (var part in updates.Skip(start).Chunk(perMessage)) await feed.SendAsync(part);
    }

    private void Note(UpdateResult result)
    {
        Assert.NotEqual(UpdateResult.OutcomeOneofCase.Rejected, result.OutcomeCase);
        var i = (int)result.ClientSequence - 1;
        Assert.Equal(updates[i].UpdateId, result.UpdateId);
        _answered[i] = true;
        if (result.OutcomeCase == UpdateResult.OutcomeOneofCase.Accepted) _accepted[i]++;
    }
}
