using Microsoft.AspNetCore.Http.HttpResults;

namespace IncidentTracker.Web;

/// <summary>How pages are made: on the server, without script, with the same face for what goes wrong.</summary>
internal static class Pages
{
    public static void AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(forms =>
        {
            forms.Cookie.Name = "it-form";
            forms.Cookie.Path = "/";
            forms.SuppressXFrameOptionsHeader = true;       // every answer carries a stricter one
        });
        services.Configure<StatusCodePagesOptions>(options =>
        {
            var usual = options.HandleAsync;
            options.HandleAsync = context => WantsPage(context.HttpContext.Request) ? TroubleAsync(context.HttpContext) : usual(context);
        });
    }

    public static void MapPages(this IEndpointRouteBuilder app)
    {
        app.MapGet("/", IResult () => new RazorComponentResult<StartPage>()).ExcludeFromDescription();
        app.MapStaticFiles();
    }

    /// <summary>A person with a browser. The interface for systems speaks one language to everyone.</summary>
    public static bool WantsPage(HttpRequest request) =>
        !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
        && request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase));

    /// <summary>The page for an answer whose status is not a success.</summary>
    public static Task TroubleAsync(HttpContext http)
    {
        var status = http.Response.StatusCode;
        return new RazorComponentResult<TroublePage>(new { Status = status, RequestId = http.TraceIdentifier }) { StatusCode = status }.ExecuteAsync(http);
    }
}
