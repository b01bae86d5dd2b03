using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Alerts;

/// <summary>
/// Whom to write to about the words of one party. Where a level has nobody, it is the next one's turn: a silence of which
/// nobody hears helps nobody.
/// </summary>
/// <param name="missing">Is told of every level that has nobody.</param>
internal sealed class People(OrganizationId party, IReadOnlyList<ContactRow> contacts, Action<OrganizationId, ContactLevel> missing)
{
    public static async Task<People> FindAsync(HubDb db, OrganizationId party, IEnumerable<OrganizationId?> owners, Action<OrganizationId, ContactLevel> missing, CancellationToken stop)
    {
        var organizations = owners.OfType<OrganizationId>().Append(party).Select(organization => organization.Value).Distinct().ToArray();
        return new(party, await db.Contacts.AsNoTracking().Where(contact => organizations.Contains(contact.OrganizationId) || contact.Level == ContactLevel.Mediator).ToListAsync(stop), missing);
    }

    /// <summary>Those at a level, in order: the party's own up to its headquarters, then whoever supervises the case, then whoever stands between.</summary>
    public IReadOnlyList<string> At(ContactLevel level, OrganizationId? owner)
    {
        var organization = level == ContactLevel.Supervisor ? owner : party;
        return [.. contacts.Where(contact => contact.Level == level && (level == ContactLevel.Mediator || contact.OrganizationId == organization?.Value)).Select(contact => contact.Mail).Order(StringComparer.Ordinal).DistinctBy(Unsubscribing.Plain)];
    }

    /// <summary>The level whose turn a step is. Null: there is nobody at all. A reminder stays with the party.</summary>
    public ContactLevel? For(ClockStage stage, OrganizationId? owner)
    {
        var last = stage == ClockStage.DueSoon ? ContactLevel.Headquarters : ContactLevel.Mediator;
        for (var level = ContactLevels.Of(stage); level <= last; level++)
        {
            if (At(level, owner).Count > 0) return level;
            missing(level == ContactLevel.Supervisor && owner is { } whose ? whose : party, level);
        }
        return null;
    }

    /// <summary>The level that can mend the party's line: its technicians, or else who else is there. Null: nobody is.</summary>
    public ContactLevel? ForLine() => new[] { ContactLevel.Partner, ContactLevel.Station, ContactLevel.Headquarters }.Cast<ContactLevel?>().FirstOrDefault(level => At(level!.Value, null).Count > 0);
}
