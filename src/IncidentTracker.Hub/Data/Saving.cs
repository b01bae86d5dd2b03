using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Data;

internal static class Saving
{
    /// <summary>Saves, unless someone else changed the same row or added the same one first. Then: false, and nothing is written.</summary>
    public static async Task<bool> TrySaveAsync(this HubDb db, Engine engine, CancellationToken stop)
    {
        try { await db.SaveChangesAsync(stop); return true; }
        catch (DbUpdateConcurrencyException) { return false; }
        catch (DbUpdateException failure) when (engine.IsDuplicate(failure)) { return false; }
    }
}
