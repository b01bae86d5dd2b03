using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>The gRPC door for cases. A case of others does not exist for the caller.</summary>
internal sealed class PartnerIncidentService(OpenIncident open, CaseReader cases, CaseAccess access, CaseViews views, CaseStream stream)
    : Wire.PartnerIncidentService.PartnerIncidentServiceBase
{
    public override async Task<Wire.OpenIncidentResponse> OpenIncident(Wire.OpenIncidentRequest request, ServerCallContext context)
    {
        var partner = context.Partner();
        ContractLimits.Check(request);
        var (id, replayed) = await open.RunAsync(request, partner, context.CancellationToken);
        var opened = await cases.ReadAsync(id, context.CancellationToken);
        return new() { Incident = views.ForPartner(opened!), Replayed = replayed };
    }

    public override async Task<Wire.GetIncidentResponse> GetIncident(Wire.GetIncidentRequest request, ServerCallContext context)
    {
        var partner = context.Partner();
        var read = await ReadAsync(partner, request.IncidentReference, context.CancellationToken);
        var response = new Wire.GetIncidentResponse { Incident = views.ForPartner(read) };
        response.Entries.Add(CaseViews.Entries(read, partner));
        return response;
    }

    public override async Task<Wire.FindIncidentsResponse> FindIncidents(Wire.FindIncidentsRequest request, ServerCallContext context)
    {
        var partner = context.Partner();
        var (reference, violations) = UpdateReader.ReadReference(request.ExternalReference, "external_reference");
        if (reference is null) throw new RefusedException(violations[0].Why, violations);
        if (request.PageSize < 0) throw new RefusedException(Refusals.FieldInvalid.At("page_size", "At least 0."));

        var size = PageSize.Of(request.PageSize);
        var after = PageToken.Read(request.PageToken, partner.Id.Value + reference);
        var page = await cases.ListAsync(db => Addresses.CasesWith(db, reference), after, size + 1, summary => summary.State.IsOpenTo(partner.Reporter), context.CancellationToken);

        var response = new Wire.FindIncidentsResponse();
        foreach (var summary in page.Take(size))
            if (await cases.TryTellAsync(summary.Id, views.ForPartner, context.CancellationToken) is { } incident) response.Incidents.Add(incident);
        if (page.Count > size) response.NextPageToken = PageToken.Write(page[size - 1].Id, partner.Id.Value + reference);
        return response;
    }

    public override async Task WatchTimeline(Wire.WatchTimelineRequest request, IServerStreamWriter<Wire.WatchTimelineResponse> responseStream, ServerCallContext context)
    {
        var partner = context.Partner();
        IncidentId? only = request.IncidentReference.Length == 0 ? null : (await ReadAsync(partner, request.IncidentReference, context.CancellationToken)).Id;
        await stream.RunAsync(only, request.ResumeToken, (read, token) => Tell(partner, read, token), token => new() { ResumeToken = token }, responseStream, context);
    }

    private Wire.WatchTimelineResponse? Tell(PartnerIdentity partner, ReadCase read, string resumeToken)
    {
        if (!read.Story.State.IsOpenTo(partner.Reporter)) return null;
        var response = new Wire.WatchTimelineResponse { Incident = views.ForPartner(read), ResumeToken = resumeToken };
        response.Entries.Add(CaseViews.Entries(read, partner));
        return response;
    }

    private async Task<ReadCase> ReadAsync(PartnerIdentity partner, string text, CancellationToken stop)
    {
        if (text.Length == 0) throw new RefusedException(Refusals.FieldRequired.At("incident_reference"));
        return await access.FindAsync(text, partner, stop) ?? throw new RefusedException(Refusals.IncidentNotFound.At("incident_reference"));
    }
}

/// <summary>How many cases a page holds, whichever door asks.</summary>
internal static class PageSize
{
    public const int Usual = 50;
    private const int Largest = 200;

    public static int Of(int asked) => asked == 0 ? Usual : Math.Min(asked, Largest);
}

/// <summary>Where a list goes on. Opaque to callers, and only good for the question it belongs to.</summary>
internal static class PageToken
{
    public static string Write(IncidentId last, string question) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{last} {Fingerprint(question)}"));

    public static IncidentId? Read(string? token, string question)
    {
        if (string.IsNullOrEmpty(token)) return null;
        if (token.Length < 200 && Base64Url.IsValid(token)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ') is [var id, var fingerprint]
            && IncidentId.TryParse(id, out var last) && fingerprint == Fingerprint(question)) return last;
        throw new RefusedException(Refusals.PageTokenMismatch.At("page_token"));
    }

    private static string Fingerprint(string question) =>
        Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(question)))[..12].ToLower(CultureInfo.InvariantCulture);
}
