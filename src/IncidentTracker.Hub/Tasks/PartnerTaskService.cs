using System.Runtime.CompilerServices;
using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Rpc;
using IncidentTracker.Updates;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Tasks;

/// <summary>The gRPC door for what partners owe. Answers and hand-overs are updates like any other.</summary>
[ChecksItsTexts]
internal sealed class PartnerTaskService(TaskList list, TaskViews views, CaseReader cases, CaseAccess access, CaseStream stream, Reporting reporting, TimeProvider time)
    : Wire.PartnerTaskService.PartnerTaskServiceBase
{
    public override Task<Wire.ListTasksResponse> ListTasks(Wire.ListTasksRequest request, ServerCallContext context)
    {
        if (request.PageSize < 0) throw new RefusedException(Refusals.FieldInvalid.At("page_size", "At least 0."));
        return list.PageAsync(context.Partner(), PageSize.Of(request.PageSize), request.PageToken, context.CancellationToken);
    }

    public override async Task WatchTasks(Wire.WatchTasksRequest request, IServerStreamWriter<Wire.WatchTasksResponse> responseStream, ServerCallContext context)
    {
        var partner = context.Partner();
        var isNew = request.ResumeToken.Length == 0;
        // What was told of each case; of one that was not told yet, nobody knows what an earlier stream has told.
        var told = new Dictionary<IncidentId, Wire.WatchTasksResponse>();
        // Whoever begins hears first what it owes now. The list may be a moment behind, so it is followed from where it stands.
        var from = isNew ? (await list.CompleteUpToAsync(context.CancellationToken)).ToString() : request.ResumeToken;
        await stream.RunAsync(null, from, Tell, token => new() { ResumeToken = token }, responseStream, context, isNew ? TellAll : null);

        Wire.WatchTasksResponse? Tell(ReadCase read, string resumeToken)
        {
            if (!read.Story.State.IsOpenTo(partner.Reporter)) return null;
            var response = Of(read.Reference, views.Owed(partner, read));
            if (told.TryGetValue(read.Id, out var before) ? before.Equals(response) : response.Tasks.Count == 0 && isNew) return null;
            told[read.Id] = response.Clone();
            response.ResumeToken = resumeToken;
            return response;
        }

        // Without a token: whoever is cut off here has not heard everything yet, and must begin anew.
        async IAsyncEnumerable<Wire.WatchTasksResponse> TellAll([EnumeratorCancellation] CancellationToken stop)
        {
            await foreach (var owed in list.ByCaseAsync(partner, stop)) yield return told[owed.Id] = Of(owed.Reference, owed.Tasks);
        }

        static Wire.WatchTasksResponse Of(Reference reference, IEnumerable<Wire.PartnerTask> tasks) => new() { IncidentReference = reference.ToString(), Tasks = { tasks } };
    }

    public override async Task<Wire.AnswerTaskResponse> AnswerTask(Wire.AnswerTaskRequest request, ServerCallContext context)
    {
        var partner = context.Partner();
        if (request.Update is not { } update) throw new RefusedException(Refusals.FieldRequired.At("update"));
        var (read, clock) = await FindAsync(partner, request.TaskId, context.CancellationToken);

        var isElsewhere = update.Incident is { AddressCase: not Wire.IncidentAddress.AddressOneofCase.None } address && !(Reference.TryParse(address.IncidentReference, out var named) && named == read.Reference);
        if (isElsewhere) throw new RefusedException(Refusals.FieldInvalid.At("update.incident", "Leave it empty: the task names the case."));
        if (update.ItemId.Length > 0 && clock.ItemId.Length > 0 && update.ItemId != clock.ItemId) throw new RefusedException(Refusals.FieldInvalid.At("update.item_id", "Leave it empty: the task names the item."));
        update.Incident = new() { IncidentReference = read.Reference.ToString() };
        if (update.ItemId.Length == 0) update.ItemId = clock.ItemId;

        var response = new Wire.AnswerTaskResponse { Result = await ReportAsync(partner, update, context.CancellationToken) };
        if (await cases.ReadAsync(read.Id, context.CancellationToken) is { } now) response.Tasks.Add(views.Owed(partner, now));
        return response;
    }

    public override async Task<Wire.OfferHandoverResponse> OfferHandover(Wire.OfferHandoverRequest request, ServerCallContext context)
    {
        if (request.ToPartyId.Length == 0) throw new RefusedException(Refusals.FieldRequired.At("to_party_id"));
        var update = About(request.UpdateId, request.IncidentReference, request.ItemId, request.Place, request.StaffText);
        update.Custody = new() { Action = Wire.CustodyAction.Offered, To = request.ToPartyId };
        return new() { Result = await HandOverAsync(context.Partner(), update, context.CancellationToken) };
    }

    public override async Task<Wire.AcceptHandoverResponse> AcceptHandover(Wire.AcceptHandoverRequest request, ServerCallContext context)
    {
        var update = About(request.UpdateId, request.IncidentReference, request.ItemId, request.Place, request.StaffText);
        update.Custody = new() { Action = Wire.CustodyAction.Accepted, From = request.FromPartyId, Condition = request.Condition };
        return new() { Result = await HandOverAsync(context.Partner(), update, context.CancellationToken) };
    }

    public override async Task<Wire.RefuseHandoverResponse> RefuseHandover(Wire.RefuseHandoverRequest request, ServerCallContext context)
    {
        if (request.Reason.Length == 0) throw new RefusedException(Refusals.FieldRequired.At("reason"));
        var update = About(request.UpdateId, request.IncidentReference, request.ItemId, null, request.Reason);
        update.Custody = new() { Action = Wire.CustodyAction.Refused };
        return new() { Result = await HandOverAsync(context.Partner(), update, context.CancellationToken) };
    }

    private static Wire.Update About(string updateId, string reference, string itemId, Wire.Place? place, string text) => new()
    {
        UpdateId = updateId,
        Incident = new() { IncidentReference = reference },
        ItemId = itemId,
        Place = place,
        StaffText = text,
    };

    private async Task<(ReadCase Read, DutyClock Clock)> FindAsync(PartnerIdentity partner, string taskId, CancellationToken stop)
    {
        if (taskId.Length == 0) throw new RefusedException(Refusals.FieldRequired.At("task_id"));
        return TaskViews.Parse(taskId) is { } task && await access.FindAsync(task.Reference.ToString(), partner, stop) is { } read && TaskViews.Find(partner.Reporter, read.StoredWatch, task.Clock) is { } clock
            ? (read, clock) : throw new RefusedException(Refusals.TaskUnknown.At("task_id"));
    }

    // What happens here happens now. Sent again later it must be the same update, so it keeps the moment of the first time.
    private async Task<Wire.UpdateResult> HandOverAsync(PartnerIdentity partner, Wire.Update update, CancellationToken stop)
    {
        ContractLimits.Check(update);
        await SetTimeAsync(partner, update, stop);
        var outcome = await reporting.TryAsync(partner, update, stop);
        // The same call at the same moment was stored in between.
        if (outcome is not Outcome.Refused { Why: [{ Why: var why }, ..] } || why != Refusals.UpdateIdConflict) return outcome.ToAnswer(update.UpdateId);
        await SetTimeAsync(partner, update, stop);
        return await reporting.ReportAsync(partner, update, stop);
    }

    private async Task SetTimeAsync(PartnerIdentity partner, Wire.Update update, CancellationToken stop)
    {
        var read = await access.FindAsync(update.Incident.IncidentReference, partner, stop);
        var before = read?.Story.Entries.FirstOrDefault(entry => entry.Claim.By == partner.Id && entry.Claim.UpdateId == update.UpdateId);
        var first = before is null ? null : read!.Updates[before.Claim];
        update.EventTime = first is null ? time.Now().ToTimestamp() : first.EventTime;
        update.EventTimeZone = first?.EventTimeZone ?? CodeLists.FindStation(update.Place?.Station ?? "")?.Zone ?? "Z";
        update.EventTimePrecision = first?.EventTimePrecision ?? Wire.TimePrecision.Unspecified;
    }

    private async Task<Wire.UpdateResult> ReportAsync(PartnerIdentity partner, Wire.Update update, CancellationToken stop)
    {
        ContractLimits.Check(update);
        return await reporting.ReportAsync(partner, update, stop);
    }
}
