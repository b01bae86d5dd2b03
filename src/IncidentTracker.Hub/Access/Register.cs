using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Access;

/// <summary>Who takes part: the organizations of the register, and whose key is whose. Kept in memory, filled at start.</summary>
internal sealed class Register(IDbContextFactory<HubDb> dbs, Engine engine, IOptions<DevelopmentOptions> development) : IHostedService
{
    private FrozenDictionary<OrganizationId, Organization> _organizations = FrozenDictionary<OrganizationId, Organization>.Empty;

    // Keys are compared by their hash, so that the time a look-up takes says nothing about a key.
    private FrozenDictionary<string, OrganizationId> _byKey = FrozenDictionary<string, OrganizationId>.Empty;

    public Organization? Find(OrganizationId id) => _organizations.GetValueOrDefault(id);

    /// <summary>What people call it; its identifier when nobody has said.</summary>
    public string NameOf(OrganizationId id) => id == OrganizationId.Hub ? "IncidentTracker" : Find(id)?.Name ?? id.Value;

    public Organization? ByKey(string key) => _byKey.TryGetValue(Fingerprint(key), out var id) ? Find(id) : null;

    /// <summary>Adds the development partners to the register and reads all of it.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using (await engine.EnterAsync(cancellationToken))
        {
            await using var db = await dbs.CreateDbContextAsync(cancellationToken);
            foreach (var organization in development.Value.Partners.Select(partner => partner.AsOrganization()))
            {
                var row = await db.Organizations.FindAsync([organization.Id.Value], cancellationToken);
                if (row is null) db.Add(row = new() { Id = organization.Id.Value, Name = "", Kind = organization.Kind, ActsFor = "" });
                (row.Name, row.Kind, row.ActsFor) = (organization.Name, organization.Kind, string.Join(' ', organization.ActsFor));
            }
            await db.TrySaveAsync(engine, cancellationToken);       // false: another hub is adding the same ones
        }

        await using var reading = await dbs.CreateDbContextAsync(cancellationToken);
        var rows = await reading.Organizations.AsNoTracking().ToListAsync(cancellationToken);
        _organizations = rows.Select(row => new Organization(new(row.Id), row.Name, row.Kind,
            [.. row.ActsFor.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => new OrganizationId(id))])).ToFrozenDictionary(organization => organization.Id);
        _byKey = development.Value.Partners.ToFrozenDictionary(partner => Fingerprint(partner.Key), partner => new OrganizationId(partner.Id));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string Fingerprint(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
