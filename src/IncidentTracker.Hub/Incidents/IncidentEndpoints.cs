using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace IncidentTracker.Incidents;

/// <summary>The REST door for cases.</summary>
internal static class IncidentEndpoints
{
    public static void MapIncidents(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1/incidents").WithTags("Incidents");
        api.MapPost("/", Open).WithName("OpenIncident").WithSummary("Open a case")
            .WithDescription("For systems, with a key. Sending the same Idempotency-Key and body again gives the same case (Idempotent-Replayed: true); with another body it is refused (REQUEST_ID_CONFLICT). Sightings of the bag tags are on the timeline at once.")
            .Problems(400, 401, 403, 409, 413, 415);
        api.MapGet("/", List).WithName("ListIncidents").WithSummary("List cases, or find them by any identifier")
            .WithDescription("For systems, with a key: the cases the caller is a party to, newest first. scheme and value, or bagTag, select those with an identifier; with date, a bag tag is found within three days of it.")
            .Problems(400, 401);
        api.MapGet("/{reference}", Read).WithName("GetIncident").WithSummary("Read a case")
            .WithDescription("For the traveller with reference and family name, or for a party to the case with its key.").Problems(404).Produces(304);
        api.MapGet("/{reference}/timeline", ReadTimeline).WithName("GetTimeline").WithSummary("Read what happened, in order of when it happened")
            .WithDescription("For the traveller with reference and family name, or for a party to the case with its key. The ETag changes when anything in the answer does; If-None-Match answers 304.").Problems(404).Produces(304);
    }

    private static async Task<Results<Created<IncidentView>, Ok<IncidentView>>> Open(
        PartnerIdentity partner, OpenIncidentBody body, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        OpenIncident open, CaseReader cases, PublicViews views, HttpResponse response, CancellationToken stop)
    {
        if (idempotencyKey is not { Length: > 0 and <= 128 } || idempotencyKey.AsSpan().ContainsAnyExceptInRange('!', '~')) throw new RefusedException(Refusals.IdempotencyKeyRequired);

        var (id, replayed) = await open.RunAsync(body.ToRequest(idempotencyKey), partner, stop);
        var view = views.Incident((await cases.ReadAsync(id, stop))!, partner);
        if (replayed) response.Headers["Idempotent-Replayed"] = "true";
        return TypedResults.Created($"/api/v1/incidents/{view.Reference}", view);
    }

    private static async Task<Ok<IncidentPage>> List(
        PartnerIdentity partner, CaseReader cases, PublicViews views, CustomerLinks links, HttpRequest request, CancellationToken stop,
        [FromQuery] string? bagTag = null, [FromQuery] string? scheme = null, [FromQuery] string? value = null, [FromQuery] string? date = null,
        [FromQuery] string[]? phase = null, [FromQuery] int pageSize = PageSize.Usual, [FromQuery] string? pageToken = "")
    {
        if (pageSize < 0) throw new RefusedException(Refusals.FieldInvalid.At("page_size", "At least 1."));
        var size = PageSize.Of(pageSize);
        var wanted = ReferenceQuery(bagTag, scheme, value, date);
        var phases = Phases(phase ?? []);

        var question = string.Join(' ', partner.Id, wanted, string.Join(',', phases));
        var page = await cases.ListAsync(db =>
        {
            var query = wanted is null ? db.Incidents : Addresses.CasesWith(db, wanted);
            return phases.Length == 0 ? query : query.Where(incident => phases.Contains(incident.Phase));
        }, PageToken.Read(pageToken, question), size + 1, summary => summary.State.IsOpenTo(partner.Reporter), stop);

        return TypedResults.Ok(new IncidentPage(
            [.. page.Take(size).Select(summary => views.Listed(summary, links.LinkTo(summary.Id, summary.Reference, request)))],
            page.Count > size ? PageToken.Write(page[size - 1].Id, question) : ""));
    }

    private static async Task<Results<Ok<IncidentView>, StatusCodeHttpResult>> Read(
        string reference, CaseAccess access, Chases chases, PublicViews views, HttpContext http, CancellationToken stop, [FromQuery] string? familyName = null)
    {
        var (read, reader) = await access.ReadAsync(reference, familyName, http, stop);
        var view = views.Incident(read, reader, await chases.OfAsync(read, stop));
        return IsKnown(http, read, view) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(view);
    }

    private static async Task<Results<Ok<TimelineView>, StatusCodeHttpResult>> ReadTimeline(
        string reference, CaseAccess access, Chases chases, PublicViews views, HttpContext http, CancellationToken stop, [FromQuery] string? familyName = null)
    {
        var (read, reader) = await access.ReadAsync(reference, familyName, http, stop);
        var timeline = views.Timeline(read, reader, await chases.OfAsync(read, stop));
        return IsKnown(http, read, timeline) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(timeline);
    }

    // The version says what was told; other things change by themselves, when an expected time passes, a mail was taken, or time is given back.
    private static bool IsKnown<T>(HttpContext http, ReadCase read, T answer)
    {
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(answer)))[..8];
        var tag = string.Create(CultureInfo.InvariantCulture, $"\"v{read.Version}-{fingerprint}\"");
        http.Response.Headers.ETag = tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.Vary = "Authorization, Cookie";
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known == EntityTagHeaderValue.Any || known.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: false));
    }

    private static ExternalReference? ReferenceQuery(string? bagTag, string? scheme, string? value, string? date)
    {
        if (bagTag is null && scheme is null && value is null && date is null) return null;

        var sent = new Partner.V1.ExternalReference { Value = bagTag ?? value ?? "", Date = date ?? "" };
        if (bagTag is not null) sent.Scheme = Partner.V1.ReferenceScheme.BagTag;
        else if (scheme is not null) sent.Scheme = (Partner.V1.ReferenceScheme)(int)Named.Read<ReferenceScheme>(scheme, "scheme");
        var (reference, violations) = UpdateReader.ReadReference(sent, "");
        return reference ?? throw new RefusedException(violations[0].Why, [.. violations.Select(violation => violation with { Field = InQueryWords(violation.Field) })]);

        string InQueryWords(string field) => field == ".value" && bagTag is not null ? "bag_tag" : field.TrimStart('.');
    }

    private static string[] Phases(string[] sent) => [.. sent.Select(name => Named.Read<Phase>(name, "phase").ToString())];

    private static RouteHandlerBuilder Problems(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) route.ProducesProblem(status);
        return route;
    }
}

/// <summary>Who may read a case over REST: a party with its key, or the traveller with the family name on file. All others learn nothing.</summary>
internal sealed class CaseAccess(CaseReader cases)
{
    private static readonly IncidentId Nobody = new(Guid.AllBitsSet);

    /// <summary>The case and, when a partner reads, which one. Ends the request with "not found" for everyone else.</summary>
    public async Task<(ReadCase Case, PartnerIdentity? Reader)> ReadAsync(string text, string? familyName, HttpContext http, CancellationToken stop)
    {
        var partner = PartnerIdentity.Of(http);
        var read = partner is null ? await FindAsync(text, familyName ?? "", stop) : await FindAsync(text, partner, stop);
        return read is not null ? (read, partner) : throw new RefusedException(Refusals.IncidentNotFound);
    }

    /// <summary>The case of a traveller who typed reference and family name; null when they do not belong together.</summary>
    public async Task<ReadCase?> FindAsync(string text, string familyName, CancellationToken stop)
    {
        var found = Reference.TryParse(text, out var reference) ? await cases.FindAsync(reference, stop) : null;

        // The same work for a wrong reference as for a wrong name, so that the time tells neither from the other.
        var onFile = await cases.FamilyNameAsync(found?.Id ?? Nobody, stop);
        return FamilyName.Matches(familyName, onFile ?? "?") && onFile is not null && found is { } known ? await cases.ReadAsync(known.Id, known.Version, stop) : null;
    }

    /// <summary>The case of a party to it; null for everyone else.</summary>
    public async Task<ReadCase?> FindAsync(string text, PartnerIdentity partner, CancellationToken stop)
    {
        var found = Reference.TryParse(text, out var reference) ? await cases.FindAsync(reference, stop) : null;
        var read = found is { } known ? await cases.ReadAsync(known.Id, known.Version, stop) : null;
        return read?.Story.State.IsOpenTo(partner.Reporter) == true ? read : null;
    }
}
