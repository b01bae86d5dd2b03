using IncidentTracker.Access;
using IncidentTracker.Domain;
using Microsoft.AspNetCore.Mvc;

namespace IncidentTracker.Incidents;

/// <summary>Following one case over REST, for programs and for pages.</summary>
internal static class EventStreamEndpoints
{
    public static void MapEventStreams(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/incidents/{reference}/events", Follow).WithTags("Incidents").WithName("FollowIncident").WithSummary("Be told when there is something new to read")
            .WithDescription("Server-sent events for the traveller with reference and family name or with the pass of a link, or for a party to the case with its key. Thin, as webhooks are: read the timeline then. "
                + "id is the version of the timeline; go on with Last-Event-ID or after. resync means: read the timeline anew. A comment comes every 15 seconds.")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        // Where the traveller's cookie goes.
        app.MapGet("/track/{reference}/events", Follow).ExcludeFromDescription();
    }

    private static async Task Follow(
        string reference, CaseAccess access, CaseReader cases, EventStreams streams, HttpContext http, CancellationToken stop,
        [FromQuery] string? familyName = null, [FromQuery] string? after = null, [FromHeader(Name = "Last-Event-ID")] string? lastEventId = null)
    {
        var known = lastEventId is { Length: > 0 } ? lastEventId : after;
        var isTraveller = familyName is null && PartnerIdentity.Of(http) is null;
        if (isTraveller && await CustomerPass.FindAsync(http) is { } pass)
        {
            await streams.RunAsync(await cases.ReadAsync(pass.Incident, stop) ?? throw new RefusedException(Refusals.IncidentNotFound), null, known, http);
            return;
        }
        var (read, reader) = await access.ReadAsync(reference, familyName, http, stop);
        await streams.RunAsync(read, reader, known, http);
    }
}
