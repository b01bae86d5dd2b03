using System.Globalization;
using System.Security.Cryptography;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Replies;

/// <summary>Leave to give one word: this party's, about this item, for this clock.</summary>
internal sealed record ReplyTicket(IncidentId Incident, string ItemId, OrganizationId Party, int Clock);

/// <summary>Makes and reads the links by which a party answers a mail. Whoever holds one can give that one word, and nothing else.</summary>
internal sealed class ReplyLinks(IDataProtectionProvider protection, IOptions<DoorOptions> doors, TimeProvider time)
{
    public static readonly Duration ValidFor = Duration.FromDays(7);

    private readonly IDataProtector _protector = protection.CreateProtector("reply-link");

    // The hub's own clock decides when it ends, as with everything that is due.
    public string LinkFor(ReplyTicket ticket)
    {
        var until = (time.Now() + ValidFor).ToUnixTimeSeconds();
        return $"{doors.Value.Site}/reply?for={_protector.Protect(string.Create(CultureInfo.InvariantCulture, $"{until}\n{ticket.Clock}\n{ticket.Party}\n{ticket.Incident}\n{ticket.ItemId}"))}";
    }

    /// <summary>What a link allows; null when it is not ours, or over.</summary>
    public ReplyTicket? Read(string? link)
    {
        if (string.IsNullOrEmpty(link) || link.Length > 1_000) return null;
        try
        {
            return _protector.Unprotect(link).Split('\n') is [var until, var clock, var party, var incident, var item]
                && long.Parse(until, CultureInfo.InvariantCulture) > time.Now().ToUnixTimeSeconds() && IncidentId.TryParse(incident, out var id)
                    ? new(id, item, new(party), int.Parse(clock, CultureInfo.InvariantCulture)) : null;
        }
        catch (CryptographicException) { return null; }     // forged or cut: all the same to a stranger
    }
}
