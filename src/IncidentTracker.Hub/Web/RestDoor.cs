using System.Text.Json;
using System.Text.Json.Serialization;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using IncidentTracker.Sla;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace IncidentTracker.Web;

/// <summary>How REST speaks: JSON, problems, the description for programs, health, and what every answer carries.</summary>
internal static class RestDoor
{
    private const string RequestId = "X-Request-Id";
    private static readonly object HeadersOnly = new();

    public static void AddRest(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json => Speak(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);      // so that Problems words it
        services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            context.ProblemDetails.Extensions["requestId"] = context.HttpContext.TraceIdentifier;
            context.ProblemDetails.Extensions.TryAdd("code", Problems.CodeOf(context.HttpContext.Response.StatusCode));
        });
        services.AddExceptionHandler<Problems>();
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc("v1", new()
            {
                Title = "IncidentTracker",
                Version = "v1",
                Description = "One bag, several companies, one story. Errors are application/problem+json (RFC 9457); their code is the same as ErrorInfo.reason on gRPC.",
            });
            swagger.AddSecurityDefinition("key", new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A partner's key." });
            swagger.SupportNonNullableReferenceTypes();
            swagger.NonNullableReferenceTypesAsRequired();
            swagger.SchemaFilter<Descriptions>();
            swagger.OperationFilter<Parameters>();
        });
        services.Configure<SwaggerOptions>(swagger => swagger.OpenApiVersion = OpenApiSpecVersion.OpenApi3_0);
    }

    public static void UseRest(this WebApplication app)
    {
        app.Use(async (http, next) =>
        {
            var asked = http.Request.Headers[RequestId].ToString();
            if (asked.Length is > 0 and <= 128 && asked.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) http.TraceIdentifier = asked;
            // Whatever can be read can be asked about: it is answered alike, and the server leaves out the body.
            if (HttpMethods.IsHead(http.Request.Method)) (http.Request.Method, http.Items[HeadersOnly]) = (HttpMethods.Get, true);
            if (!HttpProtocol.IsHttp2(http.Request.Protocol) && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
                body.MaxRequestBodySize = Updates.ContractLimits.MessageBytes;
            http.Response.OnStarting(() =>
            {
                var headers = http.Response.Headers;
                headers[RequestId] = http.TraceIdentifier;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
                headers.XFrameOptions = "DENY";
                headers["Cross-Origin-Opener-Policy"] = "same-origin";
                headers["Cross-Origin-Resource-Policy"] = "same-origin";
                if (!http.Request.Path.StartsWithSegments("/swagger", StringComparison.Ordinal))
                    headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
                if (string.IsNullOrEmpty(headers.CacheControl)) headers.CacheControl = "no-store";
                return Task.CompletedTask;
            });
            await next(http);
        });
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }

    /// <summary>Whether the caller wants no body: what has no end must not begin.</summary>
    public static bool WantsHeadersOnly(this HttpContext http) => http.Items.ContainsKey(HeadersOnly);

    public static void MapRest(this WebApplication app)
    {
        app.MapSwagger().ExcludeFromDescription();
        app.UseSwaggerUI(ui => ui.DocumentTitle = "IncidentTracker API");
        app.MapGet("/healthz/live", () => TypedResults.Text("live")).ExcludeFromDescription();
        app.MapGet("/healthz/ready", (Readiness readiness, SweepWatch sweeping) => readiness.IsReady
            // A hub whose reminders are late still takes in what partners say.
            ? Microsoft.AspNetCore.Http.Results.Text(sweeping.IsLate ? "ready, degraded: " + sweeping.Trouble : "ready")
            : Microsoft.AspNetCore.Http.Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable)).ExcludeFromDescription();
        app.MapGet("/problems/{code}", ExplainProblem).ExcludeFromDescription();
    }

    public static void Speak(JsonSerializerOptions json)
    {
        json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        json.RespectNullableAnnotations = true;     // "familyName": null is an error of the caller, not of the hub
        json.RespectRequiredConstructorParameters = true;
        json.MaxDepth = 32;
    }

    // The address in every problem leads here.
    private static Results<ContentHttpResult, NotFound> ExplainProblem(string code) =>
        code == "internal" ? TypedResults.Text($"INTERNAL\nHTTP 500, gRPC {Grpc.Core.StatusCode.Internal}\n\n{Problems.InternalFault}\n") : Refusals.All.FirstOrDefault(refusal => string.Equals(refusal.Code.Replace('_', '-'), code, StringComparison.OrdinalIgnoreCase)) is { } refusal
            ? TypedResults.Text($"{refusal.Code}\nHTTP {Problems.StatusOf(refusal.Kind)}, gRPC {Updates.UpdateResults.CodeOf(refusal.Kind)}\n\n{refusal.Message}\n")
            : TypedResults.NotFound();
}
