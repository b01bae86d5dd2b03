using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using Microsoft.EntityFrameworkCore;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>The gRPC door for updates. It translates and nothing else: what an update means is decided in the domain.</summary>
[ChecksItsTexts]
internal sealed class PartnerUpdateService(Reporting reporting, Ingest ingest, IDbContextFactory<HubDb> dbs, TimeProvider time, Register register, UpdateStreams streams)
    : Wire.PartnerUpdateService.PartnerUpdateServiceBase
{
    public override async Task<Wire.ReportUpdateResponse> ReportUpdate(Wire.ReportUpdateRequest request, ServerCallContext context)
    {
        var partner = context.Partner();
        ContractLimits.Check(request);
        return new() { Result = await reporting.ReportAsync(partner, request.Update, context.CancellationToken) };
    }

    public override async Task<Wire.BatchReportUpdatesResponse> BatchReportUpdates(Wire.BatchReportUpdatesRequest request, ServerCallContext context)
    {
        var partner = context.Partner();
        ContractLimits.Check(request);
        if (request.Updates.Count == 0) throw new RefusedException(Refusals.BatchEmpty.At("updates"));
        if (request.Updates.Count > ContractLimits.BatchSize) throw new RefusedException(Refusals.BatchTooLarge.At("updates"));

        var reading = new UpdateBatch(request.Updates, partner.Reporter, time.Now(), register);
        await ingest.SubmitAsync(reading.Submissions, context.CancellationToken);

        var response = new Wire.BatchReportUpdatesResponse();
        for (var i = 0; i < request.Updates.Count; i++)
            response.Results.Add(reading.OutcomeOf(i).ToResult(request.Updates[i].UpdateId, i));
        response.RejectedCount = response.Results.Count(result => result.OutcomeCase == Wire.UpdateResult.OutcomeOneofCase.Rejected);
        return response;
    }

    public override Task StreamUpdates(IAsyncStreamReader<Wire.StreamUpdatesRequest> requestStream, IServerStreamWriter<Wire.StreamUpdatesResponse> responseStream, ServerCallContext context) =>
        streams.RunAsync(context.Partner(), requestStream, responseStream, context);

    public override async Task<Wire.GetIngestStateResponse> GetIngestState(Wire.GetIngestStateRequest request, ServerCallContext context)
    {
        var partner = context.Partner();
        await using var db = await dbs.CreateDbContextAsync(context.CancellationToken);
        var stream = request.PartnerStreamId.Length == 0 ? null
            : await db.Streams.AsNoTracking().FirstOrDefaultAsync(row => row.PartnerId == partner.Id.Value && row.StreamId == request.PartnerStreamId, context.CancellationToken);
        return new()
        {
            Limits = ContractLimits.ToWire(),
            ResumeFromSequence = stream?.NextSequence ?? 1,
            HubTime = time.GetUtcNow().ToTimestamp(),
        };
    }
}

/// <summary>Several updates that came together: the readable ones go to disk, the others have their refusal already.</summary>
internal sealed class UpdateBatch
{
    private readonly Submission?[] _submissions;
    private readonly Outcome?[] _refusals;

    public UpdateBatch(IReadOnlyList<Wire.Update?> updates, Reporter sender, NodaTime.Instant now, Register register)
    {
        _submissions = new Submission?[updates.Count];
        _refusals = new Outcome?[updates.Count];
        for (var i = 0; i < updates.Count; i++)
        {
            var (claim, violations) = UpdateReader.Read(updates[i], sender, now, register);
            if (claim is null) _refusals[i] = new Outcome.Refused(violations);
            else _submissions[i] = new(updates[i]!, claim);
        }
        Submissions = [.. _submissions.OfType<Submission>()];
    }

    public IReadOnlyList<Submission> Submissions { get; }

    public Outcome OutcomeOf(int index) => _refusals[index] ?? _submissions[index]!.Outcome!;
}
