using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Storage.V1;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What must be true of a database after anything at all has happened.</summary>
internal static class Proof
{
    public static Task ProveStoredEqualsFoldedAsync(this Hub hub) => hub.Database.ProveStoredEqualsFoldedAsync();

    /// <summary>Folds every case afresh from its claims and compares; every change of a case left exactly one trace; and once the list of duties has followed, it has exactly what is owed, nothing of it on what is closed.</summary>
    public static Task<int> ProveStoredEqualsFoldedAsync(this TestDatabase database) => database.WithDbAsync(async db =>
    {
        var rows = await db.Incidents.AsNoTracking().ToListAsync();
        var claims = await db.Claims.AsNoTracking().ToListAsync();
        var traces = (await db.Changes.AsNoTracking().ToListAsync()).ToLookup(change => change.IncidentId, change => change.Version);
        var byFile = claims.Select(claim => new ClaimRow(claim.IncidentId, claim.PartnerId, claim.UpdateId, claim.ReceivedAt, claim.Hash, claim.Body)).ToLookup(claim => claim.Incident);
        var joined = rows.Where(row => row.MergedInto is not null).ToLookup(row => row.MergedInto!.Value);

        var book = await SlaBooks.ReadAsync(db, CancellationToken.None);
        var looks = await db.LookAgain.AsNoTracking().ToDictionaryAsync(look => look.IncidentId, look => look.At);

        var areFollowed = await AreDutiesFollowedAsync(db);
        var duties = (await db.Duties.AsNoTracking().ToListAsync()).ToLookup(duty => duty.IncidentId, duty => duty.Clock);

        foreach (var row in rows.Where(row => row.MergedInto is null))
        {
            var file = CaseLoading.Open(Stored(row), [.. joined[row.Id].Select(Stored)]);
            var heard = CaseLoading.Claims(file, byFile).Select(one => one.Claim).ToArray();
            var told = Fold.All(file.Facts, heard).State;
            var (watch, _) = Clocks.All(book, file.Facts, row.OpenedAt, heard);

            Assert.Equal(Text(CaseCodec.Write(told, watch)), Text(row.State));
            var nextLook = file.Facts.IsSighting ? null : HubWords.NextLook(book, told, watch, row.OpenedAt);
            Assert.True(nextLook is null || looks.GetValueOrDefault(row.Id, Instant.MaxValue) <= nextLook, "A look would come too late, or never.");
            Assert.Equal(told.Worst.Phase.ToString(), row.Phase);
            if (told.Items.All(item => item.Phase == Phase.Closed)) Assert.Empty(watch.Running);
            var owed = row.Reference is null ? [] : watch.Running.Where(clock => clock.Party != OrganizationId.Customer).Select(clock => clock.Number);
            if (areFollowed) Assert.Equal(owed.Order(), duties[row.Id].Order());
            Assert.Equal(Enumerable.Range(1, (int)row.Version).Select(version => (long)version), traces[row.Id].Order());
        }
        Assert.Empty(claims.Select(claim => claim.IncidentId).Except(rows.Select(row => row.Id)));
        return claims.Count;
    });

    /// <summary>Whether the list of duties has followed every change.</summary>
    public static async Task<bool> AreDutiesFollowedAsync(HubDb db)
    {
        var last = await db.Changes.OrderByDescending(change => change.TransactionId).ThenByDescending(change => change.Position).FirstOrDefaultAsync();
        return last is null || await db.DutiesCursor.AnyAsync(cursor => cursor.TransactionId == last.TransactionId && cursor.Position == last.Position);
    }

    /// <summary>How many claims of others than the hub are stored, the openings themselves left out.</summary>
    public static Task<int> CountClaimsAsync(this Hub hub) => hub.Database.CountClaimsAsync();

    public static Task<int> CountClaimsAsync(this TestDatabase database) => database.WithDbAsync(async db => await db.Claims.CountAsync(claim => claim.PartnerId != "HUB") - await db.OpenRequests.CountAsync());

    private static CaseRow Stored(IncidentRow row) => new(row.Id, row.Reference, row.MergedInto, row.OpenedAt, row.Version, row.Facts, row.State);

    private static string Text(byte[] state) => StateRecord.Parser.ParseFrom(state).ToString();
}
