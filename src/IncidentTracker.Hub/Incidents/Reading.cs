using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>A case as it is read: its story and everything settled at its opening.</summary>
/// <param name="StoredWatch">The clocks as of the last receipt; what they say now, <see cref="OwedWords"/> knows.</param>
/// <param name="Updates">What each claim of the story was made of. By the claim itself: sightings of two tags may bear one name.</param>
internal sealed record ReadCase(
    IncidentId Id, Reference Reference, long Version, Instant OpenedAt, CaseFacts Facts, IReadOnlyList<Wire.Flight> Legs,
    IReadOnlyList<ExternalReference> References, Story Story, CaseWatch StoredWatch, IReadOnlyDictionary<Claim, Wire.Update> Updates);

/// <summary>What the list of cases shows of each.</summary>
internal sealed record CaseSummary(IncidentId Id, Reference Reference, long Version, Instant OpenedAt, Instant ChangedAt, CaseFacts Facts, CaseState State);

/// <summary>Reads cases. The row of a case gives its version; everything else is folded from its claims, once per version.</summary>
internal sealed partial class CaseReader(IDbContextFactory<HubDb> dbs, ILogger<CaseReader> log) : IDisposable
{
    private readonly MemoryCache _told = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    public void Dispose() => _told.Dispose();

    /// <summary>Which case a reference means, and at which version it is: one indexed read.</summary>
    public async Task<(IncidentId Id, long Version)?> FindAsync(Reference reference, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var row = await db.Incidents.AsNoTracking().Where(incident => incident.Reference == reference.Value)
            .Select(incident => new { incident.Id, incident.Version, incident.MergedInto }).FirstOrDefaultAsync(stop);
        if (row is null) return null;
        if (row.MergedInto is not { } survivor) return (row.Id, row.Version);
        return (survivor, await db.Incidents.Where(incident => incident.Id == survivor).Select(incident => incident.Version).SingleAsync(stop));
    }

    /// <summary>The case at a version that was just looked up; from memory, if it was told before.</summary>
    public async Task<ReadCase?> ReadAsync(IncidentId id, long version, CancellationToken stop)
    {
        if (_told.TryGetValue(id, out ReadCase? known) && known!.Version == version) return known;
        if (await ReadAsync(id, stop) is not { } read) return null;
        return _told.Set(id, read, new MemoryCacheEntryOptions { Size = 1 });
    }

    public async Task<ReadCase?> ReadAsync(IncidentId id, CancellationToken stop) => await LoadAsync([id], stop) is [var stored] ? Tell(stored) : null;

    /// <summary>
    /// What somebody who follows or lists many cases is told of one. Null when there is nothing to tell, and when what is
    /// stored of it cannot be read: one broken case must not keep the others from anybody.
    /// </summary>
    public async Task<T?> TryTellAsync<T>(IncidentId id, Func<ReadCase, T?> tell, CancellationToken stop) where T : class =>
        await TryTellAllAsync([id], tell, stop) is [var told] ? told : null;

    /// <summary>The same of many at once, which costs little more than one.</summary>
    public async Task<IReadOnlyList<T>> TryTellAllAsync<T>(IReadOnlyCollection<IncidentId> ids, Func<ReadCase, T?> tell, CancellationToken stop) where T : class =>
        [.. (await LoadAsync(ids, stop)).Select(stored => TryTell(stored.Row.Id, () => tell(Tell(stored)))).OfType<T>()];

    private async Task<IReadOnlyList<StoredCase>> LoadAsync(IReadOnlyCollection<IncidentId> ids, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var rows = await db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id)).OrderBy(incident => incident.Id).ToListAsync(stop);
        var joined = await db.Incidents.AsNoTracking().Where(incident => incident.MergedInto != null && ids.Contains(incident.MergedInto.Value)).ToListAsync(stop);
        var files = rows.Concat(joined).ToDictionary(incident => incident.Id, incident => incident.MergedInto ?? incident.Id);
        var claims = (await db.Claims.AsNoTracking().Where(claim => files.Keys.Contains(claim.IncidentId)).ToListAsync(stop)).ToLookup(claim => files[claim.IncidentId]);
        var references = (await db.ExternalReferences.AsNoTracking().Where(known => files.Keys.Contains(known.IncidentId))
            .OrderBy(known => known.Scheme).ThenBy(known => known.Value).ThenBy(known => known.Day).ToListAsync(stop)).ToLookup(known => files[known.IncidentId]);
        var byCase = joined.ToLookup(incident => incident.MergedInto);

        var stored = new List<StoredCase>(rows.Count);
        foreach (var row in rows)
            if (Reference.TryParse(row.Reference, out var reference)) stored.Add(new(row, reference, [.. byCase[row.Id]], [.. claims[row.Id]], [.. references[row.Id]]));
        return stored;
    }

    private static ReadCase Tell(StoredCase stored)
    {
        var row = stored.Row;
        var file = CaseLoading.Open(row.AsRow(), [.. stored.Joined.Select(incident => incident.AsRow())]);
        // What came in after the row was read belongs to the next version.
        var told = CaseLoading.Claims(file, stored.Claims.Select(claim => claim.AsRow()).ToLookup(claim => claim.Incident)).Where(one => !(one.Claim.ReceivedAt > file.Watch.HeardUpTo)).ToArray();
        return new(row.Id, stored.Reference, row.Version, row.OpenedAt, file.Facts, CaseCodec.ReadLegs(row.Facts),
            [.. stored.References.Select(known => new ExternalReference(known.Scheme, known.Value, ReferenceDays.Day(known.Day))).Distinct()],
            Fold.All(file.Facts, told.Select(one => one.Claim)), file.Watch,
            told.ToDictionary<(Claim Claim, Wire.Update Update), Claim, Wire.Update>(one => one.Claim, one => one.Update, ReferenceEqualityComparer.Instance));
    }

    /// <summary>A page of cases, newest first, from those a question selects.</summary>
    public async Task<IReadOnlyList<CaseSummary>> ListAsync(Func<HubDb, IQueryable<IncidentRow>> question, IncidentId? after, int count, Func<CaseSummary, bool> mayRead, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var page = new List<CaseSummary>(count);
        while (page.Count < count)
        {
            var query = question(db).AsNoTracking().Where(incident => incident.Reference != null && incident.MergedInto == null);
            if (after is { } last) query = query.Where(incident => incident.Id < last);
            var rows = await query.OrderByDescending(incident => incident.Id).Take(count).ToListAsync(stop);
            page.AddRange(rows.Select(row => TryTell(row.Id, () => Summary(row))).OfType<CaseSummary>().Where(mayRead).Take(count - page.Count));
            if (rows.Count < count) break;
            after = rows[^1].Id;
        }
        return page;
    }

    /// <summary>The family name that opens a case to its traveller; null when it has none.</summary>
    public async Task<string?> FamilyNameAsync(IncidentId id, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        return await db.Travellers.AsNoTracking().Where(traveller => traveller.IncidentId == id).Select(traveller => traveller.FamilyName).FirstOrDefaultAsync(stop);
    }

    private static CaseSummary Summary(IncidentRow row)
    {
        var reference = Reference.TryParse(row.Reference, out var parsed) ? parsed : default;
        return new(row.Id, reference, row.Version, row.OpenedAt, row.ChangedAt, CaseCodec.ReadFacts(row.Facts), CaseCodec.ReadState(row.State));
    }

    private T? TryTell<T>(IncidentId id, Func<T?> tell) where T : class
    {
        try { return tell(); }
        catch (Exception unreadable)
        {
            LogUntold(id, unreadable);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is stored of {Incident} cannot be read; lists and followers go on without it")]
    private partial void LogUntold(IncidentId incident, Exception failure);

    /// <summary>Everything the database has of a case.</summary>
    private sealed record StoredCase(
        IncidentRow Row, Reference Reference, IReadOnlyList<IncidentRow> Joined, IReadOnlyList<ClaimEntity> Claims, IReadOnlyList<ExternalReferenceRow> References);
}
