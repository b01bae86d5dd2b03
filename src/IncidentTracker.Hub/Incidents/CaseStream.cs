using Grpc.Core;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;

namespace IncidentTracker.Incidents;

/// <summary>A stream of cases that changed, each in the words of the service that was asked, until the caller leaves or the hub stops.</summary>
internal sealed class CaseStream(ChangeFeed feed, CaseReader cases, Drain drain)
{
    /// <param name="only">One case, told as it is now before it is followed. Null: every case that there is something to tell of.</param>
    /// <param name="first">What is said before anything is followed; null: nothing.</param>
    /// <param name="tell">What to say of a case that changed, with the token to resume at. Null: nothing.</param>
    /// <param name="signOfLife">What to say when a page of changes is over, or nothing happens.</param>
    public async Task RunAsync<T>(
        IncidentId? only, string resumeToken, Func<ReadCase, string, T?> tell, Func<string, T> signOfLife, IServerStreamWriter<T> responses, ServerCallContext context,
        Func<CancellationToken, IAsyncEnumerable<T>>? first = null) where T : class
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Starting);
        var cursor = await feed.BeginAsync(resumeToken, ends.Token);
        try
        {
            if (first is not null)
                await foreach (var said in first(ends.Token)) await responses.WriteAsync(said, context.CancellationToken);
            if (only is { } present && resumeToken.Length == 0) await TellAsync(present, cursor);
            else await LiveAsync(cursor);
            await feed.FollowAsync(cursor, only, TellAsync, LiveAsync, ends.Token);
        }
        catch (OperationCanceledException) when (drain.Starting.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw FailureMapping.GoingAway();
        }

        async Task TellAsync(IncidentId id, ChangeCursor resume)
        {
            if (await cases.TryTellAsync(id, read => tell(read, resume.ToString()), ends.Token) is { } response) await responses.WriteAsync(response, context.CancellationToken);
        }

        Task LiveAsync(ChangeCursor at) => responses.WriteAsync(signOfLife(at.ToString()), context.CancellationToken);
    }
}
