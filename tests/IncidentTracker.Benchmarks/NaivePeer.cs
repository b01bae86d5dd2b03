using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Benchmarks;

/// <summary>
/// How the same would be written without a thought for speed: for every update load the case, look whether the update is
/// known, add the claim, write the case, save. In its favour it folds nothing and writes back the state it has read.
/// </summary>
internal sealed class NaivePeer(IDbContextFactory<HubDb> dbs, Engine engine, TimeProvider time)
{
    /// <summary>Whether the update was stored now.</summary>
    public async Task<bool> StoreAsync(Wire.Update update, Reporter sender)
    {
        var (claim, _) = UpdateReader.Read(update, sender, time.Now());
        if (claim is null || !Reference.TryParse(update.Incident.IncidentReference, out var reference)) return false;

        var content = ClaimCodec.Canonical(update);
        while (true)
        {
            await using var db = await dbs.CreateDbContextAsync();
            if (await db.Incidents.FirstOrDefaultAsync(row => row.Reference == reference.Value) is not { } incident) return false;
            if (await db.Claims.AnyAsync(row => row.IncidentId == incident.Id && row.PartnerId == sender.Id.Value && row.UpdateId == update.UpdateId)) return false;

            db.Add(new ClaimEntity
            {
                IncidentId = incident.Id,
                PartnerId = sender.Id.Value,
                UpdateId = update.UpdateId,
                ReceivedAt = claim.ReceivedAt,
                Hash = ClaimCodec.HashOf(content),
                Body = ClaimCodec.Write(content, sender, claim.ItemId),
            });
            db.Add(new ChangeRow { IncidentId = incident.Id, Version = incident.Version + 1 });
            (incident.Version, incident.ChangedAt) = (incident.Version + 1, claim.ReceivedAt);
            db.Entry(incident).Property(row => row.State).IsModified = true;

            using var turn = await engine.EnterAsync(CancellationToken.None);
            if (await db.TrySaveAsync(engine, CancellationToken.None)) return true;
        }
    }
}
