using IncidentTracker.Access;
using IncidentTracker.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Scorecards;

/// <summary>Scorecards over REST, and as pages of the demo.</summary>
internal static class ScorecardEndpoints
{
    private const string Csv = "text/csv";

    public static void MapScorecards(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/scorecards/{organizationId}", Read).WithTags("Scorecards").WithName("GetScorecard").WithSummary("Read how well you kept others informed")
            .WithDescription("Every clock of a period, counted once: by the moment it ended or, while it runs, by the moment it is due. For the organization itself, with its key. "
                + "With Accept: text/csv, or .csv behind the identifier, one line for each clock. Told afresh from all that was said, so it takes a while where there are many cases.")
            .Produces<ScorecardView>(StatusCodes.Status200OK, "application/json", Csv).ProducesProblem(400).ProducesProblem(401).ProducesProblem(404);

        app.MapGet("/api/v1/scorecards/{organizationId}/time", Time).WithTags("Scorecards").WithName("GetTimeOfCases").WithSummary("Read whose time it was in your cases")
            .WithDescription("Every second that your cases were open in a period belongs to exactly one party, to the traveller, or to nobody while that is in dispute. For the owner of cases, with its key; whoever gave a case away does not see it here.")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404);

        var pages = app.MapGroup("/scorecard").ExcludeFromDescription().AddEndpointFilter(OnlyInTheDemo);
        pages.MapGet("", ShowAll);
        pages.MapGet("/{organizationId}", Show);
    }

    private static async Task<IResult> Read(
        string organizationId, PartnerIdentity partner, PartyScores scores, Register register, TimeProvider time, HttpContext http, CancellationToken stop, [FromQuery] string? from = null, [FromQuery] string? to = null)
    {
        const string Ending = ".csv";
        var isCsv = organizationId.EndsWith(Ending, StringComparison.OrdinalIgnoreCase);
        if (isCsv) organizationId = organizationId[..^Ending.Length];
        isCsv |= http.Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals(Csv, StringComparison.OrdinalIgnoreCase));
        if (organizationId != partner.Id.Value) throw new RefusedException(Refusals.ScorecardNotFound);

        var now = time.Now();
        var period = Periods.Read(from, to, now);
        http.Response.Headers.Vary = "Accept, Authorization";
        if (!isCsv) return TypedResults.Ok(ScorecardView.Of(await scores.ReportAsync(partner.Id, period, stop), partner.Id, register, unread => unread.IsKnownTo(partner.Reporter)));

        return TypedResults.Stream(
            to => ScorecardCsv.WriteAsync(to, scores.EachAsync(partner.Id, period, now, stop), unread => unread.IsKnownTo(partner.Reporter), stop), Csv + "; charset=utf-8", $"scorecard-{partner.Id}.csv");
    }

    private static async Task<Ok<TimeOfCasesView>> Time(
        string organizationId, PartnerIdentity partner, PartyScores scores, Register register, TimeProvider time, CancellationToken stop, [FromQuery] string? from = null, [FromQuery] string? to = null)
    {
        if (organizationId != partner.Id.Value) throw new RefusedException(Refusals.ScorecardNotFound);
        return TypedResults.Ok(TimeOfCasesView.Of(await scores.TimeAsync(partner.Id, Periods.Read(from, to, time.Now()), stop), register));
    }

    private static async Task<IResult> ShowAll(PartyScores scores, Register register, TimeProvider time, CancellationToken stop, [FromQuery] string? from = null, [FromQuery] string? to = null)
    {
        var report = await scores.ReportAsync(null, Periods.Read(from, to, time.Now()), stop);
        return new RazorComponentResult<ScorecardsPage>(new { Report = report, NameOf = (Func<OrganizationId, string>)register.NameOf });
    }

    private static async Task<IResult> Show(
        string organizationId, PartyScores scores, Register register, TimeProvider time, CancellationToken stop, [FromQuery] string? from = null, [FromQuery] string? to = null)
    {
        if (!OrganizationId.IsWellFormed(organizationId) || register.Find(new(organizationId)) is not { } party) return TypedResults.NotFound();
        var report = await scores.ReportAsync(party.Id, Periods.Read(from, to, time.Now()), stop);
        return new RazorComponentResult<ScorecardPage>(new { Report = report, Party = party });
    }

    // Until there are accounts for supervisors, the pages are for whoever sits at a developer's machine and can read every
    // key anyway. Elsewhere they do not exist. The name in the address counts too: another site may lead a browser here.
    private static async ValueTask<object?> OnlyInTheDemo(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var isDemo = http.RequestServices.GetRequiredService<IOptions<DevelopmentOptions>>().Value.Partners.Count > 0;
        return isDemo && http.Connection.RemoteIpAddress is { } caller && System.Net.IPAddress.IsLoopback(caller) && LoopbackOnly.IsLoopback(http.Request.Host.Host) ? await next(context) : TypedResults.NotFound();
    }
}
