using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>Follows what changes, for a partner that watches its cases.</summary>
internal sealed class TimelineWatch(ChangeFeed feed, CaseReader cases, CaseViews views, Drain drain)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    public async Task RunAsync(PartnerIdentity partner, IncidentId? only, string resumeToken, IServerStreamWriter<Wire.WatchTimelineResponse> responses, ServerCallContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Starting);
        var cursor = resumeToken.Length > 0 ? await ResumeAsync(resumeToken, ends.Token) : await feed.NowAsync(ends.Token);
        if (only is { } present && resumeToken.Length == 0) await SendAsync(present, cursor);
        else await responses.WriteAsync(new() { ResumeToken = cursor.ToString() }, context.CancellationToken);

        var heartbeat = TimeProvider.System.GetTimestamp();
        try
        {
            while (true)
            {
                var changes = await feed.AfterAsync(cursor, only, ends.Token);
                foreach (var group in changes.Changes.GroupBy(change => change.Case).OrderBy(group => group.Max(change => change.Position))) await SendAsync(group.Key, cursor);
                if (changes.Changes.Count > 0 || changes.Until != cursor)
                {
                    cursor = changes.Until;
                    if (changes.Changes.Count > 0) await responses.WriteAsync(new() { ResumeToken = cursor.ToString() }, context.CancellationToken);
                }
                if (changes.IsFull) continue;

                await Task.Delay(LookEvery, ends.Token);
                if (TimeProvider.System.GetElapsedTime(heartbeat) < HeartbeatEvery) continue;
                heartbeat = TimeProvider.System.GetTimestamp();
                await responses.WriteAsync(new() { ResumeToken = cursor.ToString() }, context.CancellationToken);
            }
        }
        catch (OperationCanceledException) when (drain.Starting.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw FailureMapping.GoingAway();
        }

        // The token beside a case is the one before the whole page: after a cut the page comes again rather than be lost.
        async Task SendAsync(IncidentId id, ChangeCursor resume)
        {
            if (await cases.TryTellAsync(id, read => Tell(read, resume), ends.Token) is { } response) await responses.WriteAsync(response, context.CancellationToken);
        }

        Wire.WatchTimelineResponse? Tell(ReadCase read, ChangeCursor resume)
        {
            if (!read.Story.State.IsOpenTo(partner.Reporter)) return null;
            var response = new Wire.WatchTimelineResponse { Incident = views.ForPartner(read), ResumeToken = resume.ToString() };
            response.Entries.Add(CaseViews.Entries(read, partner));
            return response;
        }
    }

    private async Task<ChangeCursor> ResumeAsync(string token, CancellationToken stop) =>
        ChangeCursor.TryParse(token) is { } cursor && await feed.KnowsAsync(cursor, stop) ? cursor : throw new RefusedException(Refusals.ResumeTokenInvalid.At("resume_token"));
}
