using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IncidentTracker.Simulator;

/// <summary>
/// The mail server of a demo: takes every mail that is handed to it on this machine, and puts each into a file of its own.
/// It sends nothing on, so nothing leaves the machine.
/// </summary>
internal sealed class SmtpReceiver : IDisposable
{
    private const int LongestLine = 4_096;
    private const int LargestMail = 1_000_000;
    private const int MostRecipients = 100;

    // Every byte as it came, whatever it means.
    private static readonly Encoding Bytes = Encoding.Latin1;

    private readonly TcpListener _listener;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private int _taken;

    public SmtpReceiver(int port, string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        (_folder, _time) = (folder, time);
        _listener = new(IPAddress.Loopback, port);
        _listener.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var line = await _listener.AcceptTcpClientAsync(stop);
            _ = ServeAsync(line, stop);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(TcpClient line, CancellationToken stop)
    {
        try
        {
            using (line)
            {
                var stream = line.GetStream();
                using var reader = new StreamReader(stream, Bytes);
                await using var writer = new StreamWriter(stream, Bytes) { NewLine = "\r\n", AutoFlush = true };
                await TalkAsync(reader, writer, stop);
            }
        }
        catch (Exception cut) when (cut is IOException or OperationCanceledException or ObjectDisposedException) { }     // the sender tries again
    }

    private async Task TalkAsync(StreamReader reader, StreamWriter writer, CancellationToken stop)
    {
        string? from = null;
        var to = new List<string>();
        await writer.WriteLineAsync("220 mailbox of the demo");
        while (await reader.ReadLineAsync(stop) is { } line)
        {
            if (line.Length > LongestLine)
            {
                await writer.WriteLineAsync("500 Line too long");
                return;
            }
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO" or "HELO":
                    (from, to) = (null, []);
                    await writer.WriteLineAsync("250 mailbox");
                    break;
                case "MAIL":
                    (from, to) = (AddressIn(line), []);
                    await writer.WriteLineAsync(from is null ? "501 MAIL FROM:<address>" : "250 OK");
                    break;
                case "RCPT" when from is null: await writer.WriteLineAsync("503 MAIL first"); break;
                case "RCPT" when to.Count == MostRecipients: await writer.WriteLineAsync("452 Too many recipients"); break;
                case "RCPT":
                    if (AddressIn(line) is { Length: > 0 } address) to.Add(address);
                    await writer.WriteLineAsync(AddressIn(line) is { Length: > 0 } ? "250 OK" : "501 RCPT TO:<address>");
                    break;
                case "DATA" when to.Count == 0: await writer.WriteLineAsync("503 RCPT first"); break;
                case "DATA":
                    await writer.WriteLineAsync("354 Go on, end with a dot");
                    if (await TextAsync(reader, stop) is not { } text) return;
                    // Taken means that it is in the file.
                    if (text.Length <= LargestMail) await KeepAsync(from!, to, text);
                    await writer.WriteLineAsync(text.Length <= LargestMail ? "250 Taken" : "552 Too large");
                    (from, to) = (null, []);
                    break;
                case "RSET" or "NOOP":
                    if (verb == "RSET") (from, to) = (null, []);
                    await writer.WriteLineAsync("250 OK");
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 Bye");
                    return;
                default: await writer.WriteLineAsync("502 Not here"); break;
            }
        }
    }

    /// <summary>The mail up to the dot. Null: the line was cut before it. What is too large is read to its end and not kept.</summary>
    private static async Task<string?> TextAsync(StreamReader reader, CancellationToken stop)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(stop) is { } line)
        {
            if (line == ".") return text.ToString();
            if (text.Length <= LargestMail) text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }
        return null;
    }

    private async Task KeepAsync(string from, IReadOnlyList<string> to, string text)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{_time.GetUtcNow():yyyyMMdd-HHmmss-fff}-{Interlocked.Increment(ref _taken):0000}.eml");
        var unfinished = Path.Combine(_folder, name + ".part");
        await File.WriteAllTextAsync(unfinished, $"X-Envelope-From: {from}\r\nX-Envelope-To: {string.Join(", ", to)}\r\n{text}", Bytes, CancellationToken.None);
        File.Move(unfinished, Path.Combine(_folder, name));
    }

    // What is between the brackets; an empty sender is allowed.
    private static string? AddressIn(string line) => line.IndexOf('<') is >= 0 and var start && line.IndexOf('>', start) is > 0 and var end ? line[(start + 1)..end] : null;
}
