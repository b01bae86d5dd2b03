using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IncidentTracker.HubTests;

/// <summary>What a receiver was sent.</summary>
internal sealed record Received(string Path, string Id, string Timestamp, string Signature, string Body)
{
    public JsonElement Json { get; } = JsonDocument.Parse(Body).RootElement;

    public string Type => Json.GetProperty("type").GetString()!;

    public long Sequence => Json.GetProperty("data").GetProperty("sequence").GetInt64();

    /// <summary>Whether one of the signatures was made with this secret.</summary>
    public bool IsSignedWith(string secret)
    {
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Id}.{Timestamp}.{Body}")));
        return Signature.Split(' ').Contains(expected);
    }
}

/// <summary>A partner's own server on a free port of this machine: answers challenges, and everything else as the test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = [];
    private readonly SemaphoreSlim _news = new(0);

    private Receiver(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>How everything but a challenge is answered.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = Status(200);

    public bool AnswersChallenges { get; set; } = true;

    /// <summary>All it was sent, challenges too.</summary>
    public IReadOnlyList<Received> All => [.. _received];

    public IReadOnlyList<Received> Events => [.. _received.Where(one => one.Type != "endpoint.challenge")];

    public static Task<Receiver> StartAsync() => StartAsync(listen => { });

    /// <summary>A receiver whose certificate nobody vouches for.</summary>
    public static async Task<Receiver> StartWithOwnCertificateAsync()
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        return await StartAsync(listen => listen.UseHttps(certificate));
    }

    private static async Task<Receiver> StartAsync(Action<ListenOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, configure));
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync();
        receiver.Address = new(receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return receiver;
    }

    /// <summary>Waits until it was sent so many events, and gives them all.</summary>
    public async Task<IReadOnlyList<Received>> EventsAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (Events.Count < count)
        {
            try { await _news.WaitAsync(patience.Token); }
            catch (OperationCanceledException) { Assert.Fail($"{Events.Count} events came instead of {count}."); }
        }
        return Events;
    }

    public static Func<HttpContext, Task> Status(int status, params (string Name, string Value)[] headers) => http =>
    {
        http.Response.StatusCode = status;
        foreach (var (name, value) in headers) http.Response.Headers[name] = value;
        return Task.CompletedTask;
    };

    /// <summary>Never answers.</summary>
    public static Func<HttpContext, Task> Hang() => async http =>
    {
        try { await Task.Delay(Timeout.Infinite, http.RequestAborted); }
        catch (OperationCanceledException) { }
    };

    /// <summary>Cuts the line.</summary>
    public static Func<HttpContext, Task> Reset() => http =>
    {
        http.Abort();
        return Task.CompletedTask;
    };

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _news.Dispose();
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var headers = http.Request.Headers;
        var one = new Received(http.Request.Path, headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), await reader.ReadToEndAsync());
        _received.Enqueue(one);
        _news.Release();
        if (one.Type == "endpoint.challenge" && AnswersChallenges) await http.Response.WriteAsJsonAsync(new { challenge = one.Json.GetProperty("data").GetProperty("challenge").GetString() });
        else await Answer(http);
    }
}
