using System.Net;
using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>When a mail server says that an address does not work, its organization is told at its other addresses, once a day.</summary>
internal sealed partial class Unreachable(ILogger<Unreachable> log)
{
    private const string Kind = "contact.unreachable";

    public async Task TellAsync(HubDb db, DeliveryRow mail, string reason, Instant now)
    {
        var address = mail.Recipient!;
        foreach (var contact in await db.Contacts.AsNoTracking().Where(row => row.Mail == address).ToListAsync())
        {
            LogUnreachable(contact.OrganizationId, contact.Level, reason);
            if (mail.EventType == Kind) continue;       // told already, and nobody is there to hear it

            var others = await db.Contacts.AsNoTracking().Where(row => row.OrganizationId == contact.OrganizationId && row.Mail != address).Select(row => row.Mail).Distinct().ToListAsync();
            foreach (var draft in others.Select(other => Words(contact, reason, other, now)))
            {
                var id = Outbox.IdOfMail(draft.Key);
                if (!await db.Deliveries.AnyAsync(row => row.Id == id)) Outbox.Add(db, draft, now);
            }
        }
    }

    private static MailDraft Words(ContactRow contact, string reason, string to, Instant now)
    {
        var why = $"The mail server did not take a mail to it ({reason}). That mail is not sent again. Whoever runs the hub can change the address.";
        return new($"unreachable {contact.OrganizationId} {contact.Mail} {now.InUtc().Date:uuuu-MM-dd} {to}", to, Kind, "A mail address of yours does not work",
            $"We cannot write to {contact.Mail}.\n\n{why}\n", $"<p>We cannot write to <code>{WebUtility.HtmlEncode(contact.Mail)}</code>.</p><p>{why}</p>");
    }

    [LoggerMessage(LogLevel.Warning, "A mail address of {Organization} for {Level} does not work ({Reason}); its other addresses are told, the mail is not sent again")]
    private partial void LogUnreachable(string organization, ContactLevel level, string reason);
}
