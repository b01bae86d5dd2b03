using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace IncidentTracker.Incidents;

/// <summary>The traveller's door: a form that asks for reference and family name, and the page of the case behind it.</summary>
internal static class TrackEndpoints
{
    private static readonly TimeSpan StaysIn = TimeSpan.FromHours(24);

    public static void MapTrack(this IEndpointRouteBuilder app)
    {
        var track = app.MapGroup("/track").ExcludeFromDescription();
        track.MapGet("", IResult (HttpContext http, IAntiforgery forms) => Form(http, forms, TrackForm.Trouble.None));
        track.MapPost("", Answer).WithMetadata(new RequestSizeLimitAttribute(16 * 1024));
        track.MapGet("/{reference}", Show);
    }

    private static async Task<IResult> Answer(HttpContext http, IAntiforgery forms, CaseAccess access, CustomerLinks links, CancellationToken stop)
    {
        if (!await forms.IsOursAsync(http)) return Form(http, forms, TrackForm.Trouble.FormExpired, StatusCodes.Status400BadRequest);

        var sent = await http.Request.ReadFormAsync(stop);
        if (await access.FindAsync(sent["reference"].ToString(), sent["family-name"].ToString(), stop) is { } found)
        {
            LetIn(http, links.PassFor(found.Id));
            return new SeeOther($"/track/{found.Reference}");
        }

        // The same bytes whichever of the two is wrong: even the token is the one that was sent and found good.
        return new RazorComponentResult<TrackForm>(new { What = TrackForm.Trouble.NotFound, Token = sent[TrackForm.TokenField].ToString(), Reference = sent["reference"].ToString() });
    }

    private static async Task<IResult> Show(
        string reference, HttpContext http, IAntiforgery forms, CaseReader cases, Chases chases, PublicViews views, SweepWatch sweeping, TimeProvider time, CancellationToken stop)
    {
        if (await CustomerPass.FindAsync(http) is not { } pass
            || !Reference.TryParse(reference, out var typed) || await cases.FindAsync(typed, stop) is not { } found
            || await cases.ReadAsync(pass.Incident, found.Version, stop) is not { } read)
            return Form(http, forms, TrackForm.Trouble.NoPass, StatusCodes.Status404NotFound, Reference.TryParse(reference, out var inAddress) ? inAddress.ToString() : "");

        if (http.Request.Query["pass"].ToString() is { Length: > 0 } inLink)
        {
            // The address is read over shoulders and kept in histories; the cookie is not.
            LetIn(http, inLink);
            return new SeeOther($"/track/{read.Reference}");
        }
        var timeline = views.Timeline(read, reader: null, await chases.OfAsync(read, stop));
        return new RazorComponentResult<TrackPage>(new { Case = TrackedCase.Of(read, timeline, time.Now()), read.Version, IsHubLate = sweeping.IsLate });
    }

    private static RazorComponentResult<TrackForm> Form(HttpContext http, IAntiforgery forms, TrackForm.Trouble what, int status = StatusCodes.Status200OK, string reference = "") =>
        new(new { What = what, Token = forms.GetAndStoreTokens(http).RequestToken, Reference = reference }) { StatusCode = status };

    private static void LetIn(HttpContext http, string pass) => http.Response.Cookies.Append(CustomerPass.Cookie, pass, new()
    {
        HttpOnly = true,
        IsEssential = true,
        MaxAge = StaysIn,
        Path = "/track",
        SameSite = SameSiteMode.Lax,
        Secure = http.Request.IsHttps,
    });

    /// <summary>303: look there, with GET.</summary>
    private sealed class SeeOther(string address) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = address;
            return Task.CompletedTask;
        }
    }
}
