using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Delivery;

/// <summary>A word that a mail is about: the clock of a case by which it is owed.</summary>
internal sealed record OwedWord(Guid Case, int Clock);

/// <summary>Looks whether words are still owed.</summary>
internal static class StillOwed
{
    private const int AtOnce = 100;

    /// <summary>Whether any of these has not come yet. Of a case that cannot be read nobody knows; then it has not.</summary>
    public static async Task<bool> AreOwedAsync(this IReadOnlyList<OwedWord> words, IDbContextFactory<HubDb> dbs, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        foreach (var some in words.Chunk(AtOnce))
        {
            var ids = some.Select(word => new IncidentId(word.Case)).Distinct().ToArray();
            var states = await db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id)).Select(incident => new { incident.Id, incident.State }).ToDictionaryAsync(incident => incident.Id.Value, incident => incident.State, stop);
            if (some.Any(word => IsOwed(word, states))) return true;
        }
        return false;
    }

    private static bool IsOwed(OwedWord word, Dictionary<Guid, byte[]> states)
    {
        try { return CaseCodec.ReadStateAndWatch(states[word.Case]).Watch.Running.Any(clock => clock.Number == word.Clock); }
        catch (Google.Protobuf.InvalidProtocolBufferException) { return true; }
    }
}
