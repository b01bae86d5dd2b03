using Grpc.Core;
using Grpc.Core.Interceptors;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace IncidentTracker.Web;

/// <summary>The one place where a refusal becomes an HTTP answer (RFC 9457), with the same code as on gRPC.</summary>
internal sealed partial class Problems(IProblemDetailsService problems, Engine engine, ILogger<Problems> log) : IExceptionHandler
{
    public const string InternalFault = "The hub could not answer because of a fault of its own. It has been recorded.";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = exception switch
        {
            RefusedException refused => Of(refused.Why, refused.Violations, refused.Facts),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Of(Refusals.MessageTooLarge, []),
            BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } => Of(Refusals.MalformedMessage, []),
            BadHttpRequestException other => new ProblemDetails { Status = other.StatusCode },
            NotSupportedException when httpContext.Request.HasFormContentType => new ProblemDetails { Status = StatusCodes.Status415UnsupportedMediaType },
            _ when HasUnknownCharset(httpContext.Request) => new ProblemDetails { Status = StatusCodes.Status415UnsupportedMediaType },
            _ when engine.IsOutage(exception) => Of(Refusals.ServiceUnavailable, []),
            _ => new ProblemDetails { Type = "/problems/internal", Title = InternalFault, Status = 500, Extensions = { ["code"] = "INTERNAL" } },
        };
        if (problem.Status == StatusCodes.Status500InternalServerError) LogFailed(httpContext.TraceIdentifier, exception);
        httpContext.Response.StatusCode = problem.Status ?? StatusCodes.Status500InternalServerError;
        if (Pages.WantsPage(httpContext.Request))
        {
            await Pages.TroubleAsync(httpContext);
            return true;
        }
        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = problem });
    }

    public static ProblemDetails Of(Refusal why, IReadOnlyList<Violation> violations, IReadOnlyDictionary<string, string>? facts = null)
    {
        var problem = new ProblemDetails
        {
            Type = "/problems/" + why.Code.ToLowerInvariant().Replace('_', '-'),
            Title = why.Message,
            Detail = violations.Count > 0 ? $"{Pointer(violations[0].Field)}: {violations[0].Detail}" : why.Message,
            Status = StatusOf(why.Kind),
            Extensions = { ["code"] = why.Code },
        };
        if (violations.Count > 0)
            problem.Extensions["errors"] = violations.Select(violation => new { pointer = Pointer(violation.Field), code = violation.Why.Code, detail = violation.Detail }).ToArray();
        foreach (var (name, value) in facts ?? new Dictionary<string, string>()) problem.Extensions[CamelCase(name)] = value;
        return problem;
    }

    public static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid or RefusalKind.OutOfRange => StatusCodes.Status400BadRequest,
        RefusalKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RefusalKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        RefusalKind.NotAllowed => StatusCodes.Status403Forbidden,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict or RefusalKind.Precondition => StatusCodes.Status409Conflict,
        RefusalKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>What the web server itself says no to, in the manner of our codes: 404 is NOT_FOUND.</summary>
    public static string CodeOf(int status) =>
        Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status).ToUpperInvariant().Replace(' ', '_').Replace('-', '_');

    // The framework does not know the failure for what it is.
    private static bool HasUnknownCharset(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.Charset.HasValue) return false;
        try { return type.Encoding is null; }
        catch (NotSupportedException) { return true; }      // UTF-7: known, and not allowed
    }

    /// <summary>A field of the contract as a JSON pointer (RFC 6901): items[0].bag_tag is /items/0/bagTag.</summary>
    private static string Pointer(string field) =>
        "/" + string.Join('/', field.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries).Select(CamelCase));

    private static string CamelCase(string snake) =>
        string.Concat(snake.Split('_').Select((word, i) => i == 0 || word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    [LoggerMessage(LogLevel.Error, "Request {RequestId} failed; the caller was told INTERNAL and nothing else")]
    private partial void LogFailed(string requestId, Exception failure);
}

/// <summary>The one place where a refusal becomes a gRPC status.</summary>
internal sealed class RefusalInterceptor(Engine engine) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(request, context); }
        catch (Exception failure) when (AsRefusal(failure, context) is { } refused) { throw refused.ToRpcException(); }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(request, responseStream, context); }
        catch (Exception failure) when (AsRefusal(failure, context) is { } refused) { throw refused.ToRpcException(); }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(requestStream, responseStream, context); }
        catch (Exception failure) when (AsRefusal(failure, context) is { } refused) { throw refused.ToRpcException(); }
    }

    // A line that the caller cut looks like an outage too, and is none of the database's.
    private RefusedException? AsRefusal(Exception failure, ServerCallContext context) => failure switch
    {
        RefusedException refused => refused,
        _ when !context.CancellationToken.IsCancellationRequested && engine.IsOutage(failure) => new(Refusals.ServiceUnavailable),
        _ => null,
    };
}
