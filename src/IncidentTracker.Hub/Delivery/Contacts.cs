using System.ComponentModel.DataAnnotations;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Delivery;

/// <summary>Who is written to: first those at the bag, and each level when the one before did not help. A partner's own technicians stand apart.</summary>
public enum ContactLevel { Station, Headquarters, Supervisor, Mediator, Partner }

/// <summary>Whose turn it is at each step about a clock.</summary>
internal static class ContactLevels
{
    public static ContactLevel Of(ClockStage stage) => stage switch
    {
        ClockStage.Headquarters => ContactLevel.Headquarters,
        ClockStage.Supervisor => ContactLevel.Supervisor,
        ClockStage.Mediator => ContactLevel.Mediator,
        _ => ContactLevel.Station,
    };
}

/// <summary>Whom the hub writes to. Section <c>Contacts</c>.</summary>
public sealed record ContactOptions : IValidatableObject
{
    public IReadOnlyList<Contact> People { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var person in People)
        {
            if (!OrganizationId.IsWellFormed(person.Organization)) yield return new($"Contacts:People: \"{person.Organization}\" is not an organization's identifier.");
            if (!Outbox.IsAddress(person.Mail)) yield return new($"Contacts:People: \"{person.Mail}\" is not a mail address.");
        }
    }
}

/// <summary>A mail address of an organization.</summary>
public sealed record Contact
{
    public string Organization { get; init; } = "";
    public ContactLevel Level { get; init; }
    public string Mail { get; init; } = "";
}

/// <summary>The mail addresses of organizations. Those in the settings replace what the database has of the same organization.</summary>
internal sealed class Contacts(IDbContextFactory<HubDb> dbs, Engine engine, IOptions<ContactOptions> settings) : IHostedService
{
    public static async Task<IReadOnlyList<string>> FindAsync(HubDb db, OrganizationId organization, ContactLevel level, CancellationToken stop) =>
        await db.Contacts.AsNoTracking().Where(contact => contact.OrganizationId == organization.Value && contact.Level == level)
            .OrderBy(contact => contact.Mail).Select(contact => contact.Mail).ToListAsync(stop);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Value.People.Count == 0) return;

        using var turn = await engine.EnterAsync(cancellationToken);
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        var wanted = settings.Value.People.Distinct().ToArray();
        var named = wanted.Select(person => person.Organization).Distinct().ToArray();
        var known = await db.Contacts.Where(contact => named.Contains(contact.OrganizationId)).ToListAsync(cancellationToken);

        db.RemoveRange(known.Where(row => !wanted.Any(person => Is(row, person))));
        db.AddRange(wanted.Where(person => !known.Any(row => Is(row, person)))
            .Select(person => new ContactRow { OrganizationId = person.Organization, Level = person.Level, Mail = person.Mail }));
        await db.TrySaveAsync(engine, cancellationToken);       // false: another hub is doing the same
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool Is(ContactRow row, Contact person) => row.OrganizationId == person.Organization && row.Level == person.Level && row.Mail == person.Mail;
}
