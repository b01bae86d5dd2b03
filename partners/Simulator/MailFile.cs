using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace IncidentTracker.Simulator;

/// <summary>A mail as people read it: to whom, about what, and its plain text.</summary>
internal sealed partial record MailFile(string To, string Subject, string Text)
{
    public static MailFile Parse(string raw)
    {
        var (headers, body) = Split(raw);
        return new(Header(headers, "X-Envelope-To"), Words(Header(headers, "Subject")), PlainText(headers, body).Trim());
    }

    private static string PlainText(string headers, string body)
    {
        var type = Header(headers, "Content-Type");
        if (Boundary().Match(type) is { Success: true } boundary)
        {
            foreach (var part in body.Split("--" + boundary.Groups[1].Value).Skip(1))
            {
                var (partHeaders, partBody) = Split(part.TrimStart('\r', '\n'));
                if (PlainText(partHeaders, partBody) is { Length: > 0 } text) return text;
            }
            return "";
        }
        if (type.Length > 0 && !type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase)) return "";
        return Header(headers, "Content-Transfer-Encoding").ToUpperInvariant() switch
        {
            "BASE64" => FromBase64(body),
            "QUOTED-PRINTABLE" => FromQuoted(SoftBreak().Replace(body, "")),
            _ => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body)),
        };
    }

    private static (string Headers, string Body) Split(string raw) =>
        raw.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end ? (raw[..end], raw[(end + 4)..]) : (raw, "");

    private static string Header(string headers, string name) =>
        Regex.Match(Fold().Replace(headers, " "), $"(?im)^{Regex.Escape(name)}: *(.*?)\r?$").Groups[1].Value;

    // =?utf-8?B?...?= and =?utf-8?Q?...?=; the blank between two of them means nothing.
    private static string Words(string header) => EncodedWord().Replace(Between().Replace(header, "?=="), word =>
        word.Groups[1].Value is "B" or "b" ? FromBase64(word.Groups[2].Value) : FromQuoted(word.Groups[2].Value.Replace('_', ' ')));

    private static string FromBase64(string text)
    {
        try { return Encoding.UTF8.GetString(Convert.FromBase64String(text)); }
        catch (FormatException) { return text; }
    }

    private static string FromQuoted(string text) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(
        QuotedByte().Replace(text, one => ((char)byte.Parse(one.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString())));

    [GeneratedRegex("boundary=\"?([^\";\r\n]+)")]
    private static partial Regex Boundary();

    [GeneratedRegex("\r\n[ \t]+")]
    private static partial Regex Fold();

    [GeneratedRegex("=\\?[^?]+\\?([BbQq])\\?([^?]*)\\?=")]
    private static partial Regex EncodedWord();

    [GeneratedRegex("\\?= +=(?=\\?)")]
    private static partial Regex Between();

    [GeneratedRegex("=\r\n")]
    private static partial Regex SoftBreak();

    [GeneratedRegex("=([0-9A-Fa-f]{2})")]
    private static partial Regex QuotedByte();
}
