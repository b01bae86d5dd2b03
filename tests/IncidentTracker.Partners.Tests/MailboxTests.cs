using System.Globalization;
using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using IncidentTracker.Simulator;

namespace IncidentTracker.Partners.Tests;

/// <summary>The mailbox of a demo: what the hub hands over is there, as it was, and on the page.</summary>
public sealed class MailboxTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 7, 6, 18, 10, 3, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("mailbox-").FullName;
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(1));

    public void Dispose()
    {
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_mail_is_in_a_file_of_its_own_and_on_the_page_the_newest_first()
    {
        using var server = new SmtpReceiver(0, _folder, TimeProvider.System);
        var running = server.RunAsync(_stop.Token);
        using var client = new SmtpClient("127.0.0.1", server.Port);

        foreach (var subject in (string[])["First: Kraków <b>", "Second, with a subject so long that it must be folded and put into several encoded words: żółć żółć żółć"])
        {
            using var mail = new MailMessage("hub@incidenttracker.example", "desk@go.example") { Subject = subject, SubjectEncoding = Encoding.UTF8 };
            mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString("Gdańsk & <i>\n.\n..\nhttp://127.0.0.1:5080/reply?for=abc\n", Encoding.UTF8, "text/plain"));
            mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString("<p>HTML</p>", Encoding.UTF8, "text/html"));
            await client.SendMailAsync(mail, _stop.Token);
            await Task.Delay(5, _stop.Token);
        }

        Assert.Equal(2, Directory.GetFiles(_folder, "*.eml").Length);
        var page = MailboxPage.Of(_folder);
        Assert.Contains("<h2>First: Kraków &lt;b&gt;</h2>".Replace("ó", "&#243;", StringComparison.Ordinal), page, StringComparison.Ordinal);
        Assert.True(page.IndexOf("Second, with a subject so long that it must be folded and put into several encoded words: ", StringComparison.Ordinal) is > 0 and var second && second < page.IndexOf("First", StringComparison.Ordinal));
        Assert.Contains("Mail to desk@go.example", page, StringComparison.Ordinal);
        Assert.Contains("&lt;i&gt;\r\n.\r\n..\r\n<a href=\"http://127.0.0.1:5080/reply?for=abc\">", page.ReplaceLineEndings("\r\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("HTML</p>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_said_as_mail_servers_speak_is_refused_and_nothing_is_kept()
    {
        using var server = new SmtpReceiver(0, _folder, TimeProvider.System);
        var running = server.RunAsync(_stop.Token);
        using var line = new TcpClient("127.0.0.1", server.Port);
        using var reader = new StreamReader(line.GetStream());
        await using var writer = new StreamWriter(line.GetStream()) { AutoFlush = true, NewLine = "\r\n" };

        Assert.StartsWith("220", await reader.ReadLineAsync(_stop.Token), StringComparison.Ordinal);
        foreach (var (said, answer) in ((string, string)[])[("DATA", "503"), ("RCPT TO:<a@b.example>", "503"), ("NONSENSE", "502"), ("MAIL FROM:<a@b.example>", "250"), ("DATA", "503"), ("RCPT TO:<>", "501"), ("QUIT", "221")])
        {
            await writer.WriteLineAsync(said);
            Assert.StartsWith(answer, await reader.ReadLineAsync(_stop.Token), StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-299, true)]
    [InlineData(-301, false)]
    [InlineData(301, false)]
    public async Task A_webhook_counts_when_it_is_signed_for_us_and_not_older_than_five_minutes(int seconds, bool genuine)
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        var ours = new HookSecret(Path.Combine(_folder, "secret"));
        ours.Know("whsec_" + Convert.ToBase64String(secret));
        var timestamp = Now.AddSeconds(seconds).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = "v1,other v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"dlv_1.{timestamp}.{{}}")));

        Assert.Equal(genuine, await ours.HasSignedAsync("dlv_1", timestamp, signature, "{}", Now, _stop.Token));
        Assert.False(await ours.HasSignedAsync("dlv_1", timestamp, signature, "{ }", Now, _stop.Token));
    }

    [Fact]
    public async Task The_settings_of_a_demo_have_a_mail_server_on_this_machine_and_somebody_to_write_to_for_every_party()
    {
        var settings = Path.Combine(_folder, "settings.json");
        using var output = new StringWriter();

        await Commands.RunAsync(["plan", Stories.PathOf("sc01"), "--out", Path.Combine(_folder, "clock.json"), "--settings", settings], output, TimeProvider.System, _stop.Token);

        using var json = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(settings));
        var people = json.RootElement.GetProperty("Contacts").GetProperty("People").EnumerateArray().ToArray();
        Assert.Equal("127.0.0.1", json.RootElement.GetProperty("Mail").GetProperty("Host").GetString());
        Assert.All((string[])["XA", "XB", "GO", "LH2", "IH", "TRW", "CQ", "HTL", "FIX"], party => Assert.Contains(people, person => person.GetProperty("Organization").GetString() == party && person.GetProperty("Level").GetString() == "Station"));
        Assert.All(people, person => Assert.EndsWith(".example", person.GetProperty("Mail").GetString(), StringComparison.Ordinal));
        Assert.DoesNotContain(people, person => person.GetProperty("Organization").GetString() == "CU");
    }
}
