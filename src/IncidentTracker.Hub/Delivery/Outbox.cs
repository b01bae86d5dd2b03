using System.Diagnostics.CodeAnalysis;
using System.Net.Mail;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IncidentTracker.Data;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>A mail to be sent.</summary>
/// <param name="Key">What it is about and to whom, in the sender's own words. The same key is the same mail, however often it is queued.</param>
/// <param name="Kind">What kind of news it is, in the manner of event types: <c>alert.breached</c>.</param>
/// <param name="Html">The same as <paramref name="Text"/> for those who like it better. The caller has encoded what others wrote.</param>
internal sealed record MailDraft(string Key, string To, string Kind, string Subject, string Text, string Html)
{
    /// <summary>The words that it is about. Once all of them have come, it is not sent any more.</summary>
    public IReadOnlyList<OwedWord> Words { get; init; } = [];
}


/// <summary>
/// Where mails wait for the delivery loop. A row that is added in the transaction of the decision is sent if and only if
/// the decision was made.
/// </summary>
internal static class Outbox
{
    public const string MailLane = "mail";

    /// <summary>
    /// Adds the mail to what the context will save, and nothing else. Twice in one context is once. A mail that is stored
    /// already makes the save fail as a duplicate, so look first or have a key beside it that does so too.
    /// </summary>
    public static void Add(HubDb db, MailDraft mail, Instant now)
    {
        var row = Row(mail, now);
        if (db.Deliveries.Local.FindEntry(row.Id) is null) db.Add(row);
    }

    /// <summary>The mail as it is stored, for those who write rows by hand: INSERT ... ON CONFLICT (id) DO NOTHING.</summary>
    public static DeliveryRow Row(MailDraft mail, Instant now) => new()
    {
        Id = IdOfMail(mail.Key),
        Channel = DeliveryChannel.Mail,
        Lane = MailLane,
        Recipient = IsAddress(mail.To) ? mail.To : throw new ArgumentException("This is not a mail address.", nameof(mail)),
        EventType = mail.Kind,
        Body = JsonSerializer.Serialize(new MailContent(OneLine(mail.Subject), mail.Text, mail.Html, mail.Words.Count > 0 ? mail.Words : null)),
        CreatedAt = now,
        NextAt = now,
    };

    /// <summary>The id of a mail with this key: to look whether it was queued.</summary>
    public static string IdOfMail(string key) => IdOf(MailLane, key);

    /// <summary>A delivery's id, the same for ever for the same news to the same receiver. Without dots, as webhooks want it.</summary>
    public static string IdOf(string lane, string key) =>
        "dlv_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{lane}\n{key}")))[..32];

    // A subject often quotes what others wrote, and a line of it must not become a header.
    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    public static bool IsAddress([NotNullWhen(true)] string? text) =>
        text is { Length: > 2 and <= 254 } && text.All(c => c is > ' ' and < '\x7f') && MailAddress.TryCreate(text, out var address) && address.Address == text;
}

/// <summary>What a mail says, as it waits.</summary>
internal sealed record MailContent(string Subject, string Text, string Html, IReadOnlyList<OwedWord>? Words = null);
