using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IncidentTracker.Simulator;

/// <summary>What a webhook of the demo brought, and whether the hub had signed it for us within five minutes.</summary>
internal sealed record HookFile(string Id, string Type, bool Genuine, string Body);

/// <summary>The page of a demo's mailbox: all that has left the hub, the newest first.</summary>
internal static partial class MailboxPage
{
    private const int Most = 200;
    private const int Longest = 70;

    public static string Of(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) is ".eml" or ".json").OrderByDescending(file => Path.GetFileName(file), StringComparer.Ordinal).ToArray();
        var page = new StringBuilder("""
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <title>Mailbox of the demo</title>
              <style>
                body { max-width: 46rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; font: 1.0625rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
                article { margin: 1rem 0; padding: 1rem 1.25rem; border: 1px solid; border-radius: 10px; }
                h2 { margin: 0; font-size: 1.1rem; } article p { margin: .25rem 0; } pre { margin: .75rem 0 0; white-space: pre-wrap; font: inherit; }
                .again { display: inline-block; padding: .7rem 0; }
              </style>
            </head>
            <body>
              <main>
              <h1>Mailbox of the demo</h1>
              <p>Every mail and every webhook that the hub has sent, the newest first. Nothing leaves this machine.</p>
              <p><a class="again" href="/">Look again</a></p>

            """);
        if (files.Length == 0) page.Append("<p>Nothing has come yet.</p>\n");
        foreach (var file in files.Take(Most)) page.Append(Path.GetExtension(file) == ".eml" ? Mail(file) : Hook(file));
        if (files.Length > Most) page.Append(CultureInfo.InvariantCulture, $"<p>And {files.Length - Most} before these, in the folder.</p>\n");
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static string Mail(string file)
    {
        var mail = MailFile.Parse(File.ReadAllText(file, Encoding.Latin1));
        return $"<article><h2>{Encode(mail.Subject)}</h2><p>Mail to {Encode(mail.To)}, {Arrived(file)}</p><pre>{WithLinks(mail.Text)}</pre></article>\n";
    }

    private static string Hook(string file)
    {
        var hook = JsonSerializer.Deserialize<HookFile>(File.ReadAllText(file))!;
        return $"<article><h2>{Encode(hook.Type)}</h2><p>Webhook {Encode(hook.Id)}, {Arrived(file)}, {(hook.Genuine ? "signature and time are right" : "signature or time are WRONG")}</p><pre>{WithLinks(hook.Body)}</pre></article>\n";
    }

    // 20260706-181003-123-0001: when it came, by the machine's clock.
    private static string Arrived(string file) => Path.GetFileName(file) is { Length: > 15 } name ? $"{name[9..11]}:{name[11..13]}:{name[13..15]} UTC by this machine" : "";

    private static string WithLinks(string text) => Address().Replace(Encode(text), address => $"<a href=\"{address.Value}\">{(address.Length > Longest ? address.Value[..Longest] + "..." : address.Value)}</a>");

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    [GeneratedRegex("https?://(?:(?!&quot;|&lt;|&gt;)[^\\s])+")]
    private static partial Regex Address();
}
