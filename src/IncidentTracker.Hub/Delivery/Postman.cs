using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using NodaTime;
using Polly;
using Polly.CircuitBreaker;
using Polly.Registry;
using Polly.Timeout;

namespace IncidentTracker.Delivery;

/// <summary>Carries one webhook to its endpoint, once. Every endpoint has a time limit and a circuit breaker of its own.</summary>
internal sealed class Postman(Egress egress, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);
    private static readonly Duration Pause = Duration.FromSeconds(30);

    private readonly ResiliencePipelineRegistry<string> _endpoints = new();

    public async Task<Attempt> SendAsync(WebhookEndpointRow endpoint, DeliveryRow delivery, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        var attempt = await TrySendAsync(endpoint, delivery, stop);
        return attempt with { Took = Stopwatch.GetElapsedTime(started) };
    }

    public void Dispose() => _endpoints.Dispose();

    private async Task<Attempt> TrySendAsync(WebhookEndpointRow endpoint, DeliveryRow delivery, CancellationToken stop)
    {
        var pipeline = _endpoints.GetOrAddPipeline<Attempt>(endpoint.Id, Build);
        try { return await pipeline.ExecuteAsync(async token => await PostAsync(endpoint, delivery, token), stop); }
        catch (TimeoutRejectedException) { return new(AttemptOutcome.TimedOut); }
        catch (BrokenCircuitException) { return new(AttemptOutcome.NotTried, Wait: Pause); }
    }

    private void Build(ResiliencePipelineBuilder<Attempt> builder)
    {
        builder.TimeProvider = time;
        builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Attempt>
            {
                ShouldHandle = new PredicateBuilder<Attempt>().Handle<TimeoutRejectedException>().HandleResult(attempt => !attempt.Succeeded),
                FailureRatio = 0.9,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(60),
                BreakDuration = Pause.ToTimeSpan(),
            })
            .AddTimeout(AnswerWithin);
    }

    private async Task<Attempt> PostAsync(WebhookEndpointRow endpoint, DeliveryRow delivery, CancellationToken stop)
    {
        byte[][] secrets = endpoint is { PreviousSecret: { } previous, PreviousSecretUntil: { } until } && until > time.Now() ? [endpoint.Secret, previous] : [endpoint.Secret];
        // By the machine's clock, also in a demo: receivers compare it, and dates in their answers, with their own.
        var now = TimeProvider.System.Now();
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new StringContent(delivery.Body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", delivery.Id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSecret.Sign(secrets, delivery.Id, now, delivery.Body));
        request.Headers.UserAgent.ParseAdd("IncidentTracker/1.0");
        request.Headers.AcceptEncoding.ParseAdd("identity");
        try
        {
            using var answer = await egress.SendAsync(request, stop);
            return await JudgeAsync(delivery, answer, now, stop);
        }
        catch (HttpRequestException failure) when (failure.InnerException is ForbiddenAddressException) { return new(AttemptOutcome.AddressForbidden); }
        // The limit for connecting. That for the whole attempt cancels us.
        catch (OperationCanceledException) when (!stop.IsCancellationRequested) { return new(AttemptOutcome.TimedOut); }
        catch (Exception failure) when (failure is not OperationCanceledException) { return new(AttemptOutcome.ConnectionFailed); }
    }

    private static async Task<Attempt> JudgeAsync(DeliveryRow delivery, HttpResponseMessage answer, Instant now, CancellationToken stop)
    {
        var status = (int)answer.StatusCode;
        if (answer.IsSuccessStatusCode)
            return new(delivery.EventType != EventBody.Challenge || Echoes(await Egress.ReadAsync(answer, stop), delivery.Body) ? AttemptOutcome.Delivered : AttemptOutcome.NotEchoed, status);

        return answer.StatusCode switch
        {
            HttpStatusCode.Gone => new(AttemptOutcome.Gone, status),
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout when WaitFor(answer, now) is { } wait =>
                new(AttemptOutcome.Throttled, status, Duration.Min(wait, Schedule.QuietAtMost)),
            _ => new(status is >= 300 and < 400 ? AttemptOutcome.Redirected : AttemptOutcome.RefusedStatus, status),
        };
    }

    private static Duration? WaitFor(HttpResponseMessage answer, Instant now) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => Duration.FromTimeSpan(delta),
        { Date: { } date } => Duration.Max(Instant.FromDateTimeOffset(date) - now, Duration.Zero),
        _ => null,
    };

    // {"challenge":"..."}: whoever can read what we sent and answer it is at home there.
    private static bool Echoes(string answer, string body)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("challenge", out var said)
                && said.ValueKind == JsonValueKind.String && said.ValueEquals(EventBody.ChallengeIn(body));
        }
        catch (JsonException) { return false; }
    }
}
