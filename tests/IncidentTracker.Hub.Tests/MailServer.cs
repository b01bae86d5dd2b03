using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IncidentTracker.HubTests;

/// <summary>A mail as the server got it.</summary>
internal sealed record ReceivedMail(string To, bool Secure, string Raw)
{
    /// <summary>A header, with its lines put together again.</summary>
    public string Header(string name) =>
        Regex.Match(Regex.Replace(Raw, "\r\n[ \t]+", " "), $"(?im)^{Regex.Escape(name)}: *(.*?)\r?$").Groups[1].Value;

    /// <summary>One of its forms, as its reader sees it.</summary>
    public string Part(string type)
    {
        var boundary = Regex.Match(Raw, "boundary=\"?([^\";\r\n]+)").Groups[1].Value;
        var part = Raw.Split("--" + boundary).Single(one => Regex.IsMatch(one, $"(?im)^Content-Type: *{Regex.Escape(type)}"));
        var body = part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        if (Regex.IsMatch(part, "(?im)^Content-Transfer-Encoding: *base64")) return Encoding.UTF8.GetString(Convert.FromBase64String(body.Trim()));
        if (!Regex.IsMatch(part, "(?im)^Content-Transfer-Encoding: *quoted-printable")) return body;
        var bytes = Regex.Replace(Regex.Replace(body, "=\r\n", ""), "=([0-9A-F]{2})", hex => ((char)Convert.ToByte(hex.Groups[1].Value, 16)).ToString());
        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
    }
}

/// <summary>A real mail server on this machine that behaves as its recipients' names say: see tests/foreign/smtp.mjs.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly TaskCompletionSource<int> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<JsonElement> _said = [];
    private bool _ended;

    private MailServer(Process process) => _process = process;

    public int Port { get; private set; }

    /// <summary>What a hub needs to send through it.</summary>
    public (string Key, string Value)[] Settings =>
        [("Mail:Host", "127.0.0.1"), ("Mail:Port", $"{Port}"), ("Mail:Tls", "false"), ("Mail:From", "hub@incidenttracker.example"), ("Doors:PublicUrl", "http://hub.example")];

    public IReadOnlyList<ReceivedMail> Mails =>
        [.. _said.Where(one => What(one) == "mail").Select(one => new ReceivedMail(Text(one, "to"), one.GetProperty("secure").GetBoolean(), Text(one, "raw")))];

    /// <summary>How often somebody wanted to write to this address.</summary>
    public int Tries(string address) => _said.Count(one => What(one) == "recipient" && Text(one, "address") == address);

    public IReadOnlyList<string> Users => [.. _said.Where(one => What(one) == "auth").Select(one => Text(one, "username"))];

    public static async Task<MailServer> StartAsync(params string[] options)
    {
        var process = new Process { StartInfo = new("node", [Path.Combine(Outside.Foreign, "smtp.mjs"), .. options]) { RedirectStandardOutput = true, RedirectStandardInput = true } };
        var server = new MailServer(process);
        process.OutputDataReceived += (_, line) => server.Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        server.Port = await server._listening.Task.WaitAsync(Patience);
        return server;
    }

    public async Task<IReadOnlyList<ReceivedMail>> MailsAsync(int count)
    {
        for (var started = Stopwatch.StartNew(); Mails.Count < count; await Task.Delay(20))
            if (started.Elapsed > Patience) Assert.Fail($"{Mails.Count} mails came instead of {count}.");
        return Mails;
    }

    public async ValueTask DisposeAsync()
    {
        if (_ended) return;
        _ended = true;
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        if (line.StartsWith("listening ", StringComparison.Ordinal)) _listening.TrySetResult(int.Parse(line["listening ".Length..], System.Globalization.CultureInfo.InvariantCulture));
        else _said.Enqueue(JsonDocument.Parse(line).RootElement);
    }

    private static string What(JsonElement one) => Text(one, "what");

    private static string Text(JsonElement one, string name) => one.GetProperty(name).GetString()!;
}
