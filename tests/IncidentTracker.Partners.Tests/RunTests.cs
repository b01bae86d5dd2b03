using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace IncidentTracker.Partners.Tests;

/// <summary>./run as somebody types it, and what one can look at then.</summary>
public sealed partial class RunTests : IDisposable
{
    // The first start builds.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    // Slower than in life: on a busy machine the partners' programs need half a minute to start, and the story does not wait for them.
    private const string Speed = "0.5";

    private static readonly string Root = FindRoot(new(AppContext.BaseDirectory));

    private readonly string _folder = Directory.CreateTempSubdirectory("run-").FullName;
    private readonly ConcurrentQueue<string> _said = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_demo_shows_a_party_that_is_late_and_the_mail_that_asked_it_again()
    {
        var port = FreePorts(4);
        using var run = Start("--speed", Speed, "--port", $"{port}", "--data", _folder);
        using var stop = new CancellationTokenSource(Patience);
        try
        {
            using var browser = new HttpClient();
            var mailbox = await SaidAsync(run, Mailbox(), stop.Token);
            Assert.Equal($"http://localhost:{port + 2}", mailbox);
            var scorecard = await SaidAsync(run, Scorecards(), stop.Token);
            Assert.Equal($"http://localhost:{port}/scorecard", scorecard);
            var page = await SaidAsync(run, Page(), stop.Token);

            await UntilAsync(async () =>
            {
                var told = Regex.Replace(Tag().Replace(await browser.GetStringAsync(page, stop.Token), " "), "\\s+", " ");
                return told.Contains("We expected news from Worldwide Tracing by Monday 6 July, 19:10", StringComparison.Ordinal) && told.Contains("It has not come. We asked again on", StringComparison.Ordinal);
            }, run, stop.Token);
            var scores = Regex.Replace(Tag().Replace(await browser.GetStringAsync(scorecard, stop.Token), " "), "\\s+", " ");
            var shown = await browser.GetStringAsync(mailbox, stop.Token);

            // Words owed, in time, late, and one that is silent.
            Assert.Matches("Worldwide Tracing \\d+ \\d+ \\d+ [1-9]", scores);

            Assert.Matches("news from Worldwide Tracing was due by Monday 6 July, 18:10 UTC and has not come</h2><p>Mail to station@trw\\.example", shown);
            Assert.Matches("Answer with one press: <a href=\"http://127\\.0\\.0\\.1:\\d+/reply\\?for=", shown);
            Assert.Contains("signature and time are right", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("WRONG", shown, StringComparison.Ordinal);
            Assert.NotEmpty(MailsAndWebhooks("*.eml"));
            Assert.NotEmpty(MailsAndWebhooks("*.json"));
            Assert.All(MailsAndWebhooks("*.eml").Concat(MailsAndWebhooks("*.json")).CountBy(name => name), name => Assert.Equal(1, name.Value));
        }
        finally
        {
            using var end = Process.Start("kill", ["-TERM", $"{run.Id}"]);
            await run.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        }

        Assert.Equal(143, run.ExitCode);
        for (var door = port; door < port + 4; door++)
        {
            using var nobody = new TcpClient();
            await Assert.ThrowsAnyAsync<SocketException>(() => nobody.ConnectAsync("127.0.0.1", door));
        }
    }

    /// <summary>Under which name each has come: two under one name are one that was sent twice.</summary>
    private IReadOnlyList<string> MailsAndWebhooks(string files) =>
        [.. Directory.GetFiles(Path.Combine(_folder, "demo", "mail"), files).Select(file => Name().Match(File.ReadAllText(file)).Groups[1].Value)];

    private static string FindRoot(DirectoryInfo folder) => File.Exists(Path.Combine(folder.FullName, "IncidentTracker.sln")) ? folder.FullName : FindRoot(folder.Parent!);

    private Process Start(params string[] options)
    {
        var run = new Process { StartInfo = new("bash", [Path.Combine(Root, "run"), .. options]) { RedirectStandardOutput = true, RedirectStandardError = true } };
        run.OutputDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        run.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        run.Start();
        run.BeginOutputReadLine();
        run.BeginErrorReadLine();
        return run;
    }

    private async Task<string> SaidAsync(Process run, Regex what, CancellationToken stop)
    {
        await UntilAsync(() => Task.FromResult(_said.Any(what.IsMatch)), run, stop);
        return what.Match(_said.First(what.IsMatch)).Groups[1].Value;
    }

    private async Task UntilAsync(Func<Task<bool>> isSo, Process run, CancellationToken stop)
    {
        while (!await isSo())
        {
            if (run.HasExited || stop.IsCancellationRequested || _said.Any(line => line.StartsWith("The story is told", StringComparison.Ordinal))) Assert.Fail("It did not come to that:\n" + string.Join('\n', _said));
            await Task.Delay(100, CancellationToken.None);
        }
    }

    // Side by side, and none of them taken by anybody.
    private static int FreePorts(int count)
    {
        for (var port = Random.Shared.Next(20_000, 30_000); ; port += count)
        {
            var listeners = new List<TcpListener>();
            try
            {
                for (var i = 0; i < count; i++)
                {
                    var listener = new TcpListener(System.Net.IPAddress.Loopback, port + i);
                    listener.Start();
                    listeners.Add(listener);
                }
                return port;
            }
            catch (SocketException) { }
            finally
            {
                foreach (var listener in listeners) listener.Dispose();
            }
        }
    }

    [GeneratedRegex("Mailbox +(http://[^ ]+)")]
    private static partial Regex Mailbox();

    [GeneratedRegex("Scorecards +(http://[^ ]+)")]
    private static partial Regex Scorecards();

    [GeneratedRegex("The traveller's page: (http://[^ ]+)")]
    private static partial Regex Page();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex Tag();

    [GeneratedRegex("(?im)(?:^Message-ID: *|^\\{\"Id\":\")([^\"\r\n]+)")]
    private static partial Regex Name();
}
