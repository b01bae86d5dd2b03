using System.Xml.Linq;
using IncidentTracker.Data;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Access;

/// <summary>Keeps signing keys in the database, so that a link made by one hub opens on every other and after a restart.</summary>
internal sealed class ProtectionKeys(IDbContextFactory<HubDb> dbs, Engine engine) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = dbs.CreateDbContext();
        return [.. db.ProtectionKeys.AsNoTracking().AsEnumerable().Select(row => XElement.Parse(row.Xml))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var turn = engine.EnterAsync(CancellationToken.None).GetAwaiter().GetResult();    // the interface is synchronous
        using var db = dbs.CreateDbContext();
        db.Add(new ProtectionKeyRow { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
        db.SaveChanges();
    }
}

/// <summary>Makes the framework use them.</summary>
internal sealed class ConfigureProtection(IDbContextFactory<HubDb> dbs, Engine engine) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions options) => options.XmlRepository = new ProtectionKeys(dbs, engine);
}
