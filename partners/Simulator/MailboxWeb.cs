using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace IncidentTracker.Simulator;

/// <summary>The web side of a demo's mailbox: its page, and a receiver of webhooks.</summary>
internal sealed class MailboxWeb : IDisposable
{
    public const string HookPath = "/hook";

    private const int LargestBody = 64 * 1024;

    private readonly HttpListener _listener = new();
    private readonly string _folder;
    private readonly HookSecret _secret;
    private readonly TimeProvider _time;
    private int _taken;

    public MailboxWeb(int port, string folder, HookSecret secret, TimeProvider time)
    {
        (_folder, _secret, _time) = (folder, secret, time);
        foreach (var host in (string[])["127.0.0.1", "localhost"]) _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://{host}:{port}/"));
        _listener.Start();
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var asked = await _listener.GetContextAsync().WaitAsync(stop);
            _ = AnswerAsync(asked, stop);
        }
    }

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task AnswerAsync(HttpListenerContext asked, CancellationToken stop)
    {
        using var response = asked.Response;
        try
        {
            var (status, type, body) = (asked.Request.HttpMethod, asked.Request.Url?.AbsolutePath) switch
            {
                ("GET", "/") => (200, "text/html; charset=utf-8", MailboxPage.Of(_folder)),
                ("POST", HookPath) => await TakeAsync(asked.Request, stop),
                _ => (404, "text/plain", "There is no such page.\n"),
            };
            (response.StatusCode, response.ContentType) = (status, type);
            response.Headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
            response.Headers["Referrer-Policy"] = "no-referrer";
            await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body), stop);
        }
        catch (Exception cut) when (cut is IOException or HttpListenerException or OperationCanceledException or ObjectDisposedException) { }        // asked again if it mattered
    }

    private async Task<(int Status, string Type, string Body)> TakeAsync(HttpListenerRequest request, CancellationToken stop)
    {
        if (request.ContentLength64 is < 0 or > LargestBody) return (413, "text/plain", "Too large.\n");
        using var reader = new StreamReader(request.InputStream, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(stop);
        var (id, timestamp) = (request.Headers["webhook-id"] ?? "", request.Headers["webhook-timestamp"] ?? "");
        var genuine = await _secret.HasSignedAsync(id, timestamp, request.Headers["webhook-signature"] ?? "", body, _time.GetUtcNow(), stop);

        var (type, challenge) = Read(body);
        var name = string.Create(CultureInfo.InvariantCulture, $"{_time.GetUtcNow():yyyyMMdd-HHmmss-fff}-{Interlocked.Increment(ref _taken):0000}.json");
        await File.WriteAllTextAsync(Path.Combine(_folder, name), JsonSerializer.Serialize(new HookFile(id, type, genuine, body)), stop);
        // What is not genuine is shown, so that one sees it, and refused.
        if (!genuine) return (401, "text/plain", "The signature or the time is wrong.\n");
        return challenge is null ? (204, "text/plain", "") : (200, "application/json", JsonSerializer.Serialize(new { challenge }));
    }

    private static (string Type, string? Challenge) Read(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return (json.RootElement.GetProperty("type").GetString() ?? "", json.RootElement.GetProperty("data").TryGetProperty("challenge", out var word) ? word.GetString() : null);
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException) { return ("unreadable", null); }
    }
}
