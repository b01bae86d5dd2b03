using IncidentTracker.Data;
using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.Updates;

/// <summary>Opens cases from what is stored, and tells their stories again.</summary>
internal static class CaseLoading
{
    /// <summary>The cases with everything that joined them.</summary>
    public static async Task<IReadOnlyList<CaseFile>> OpenAsync(IngestStore store, IReadOnlyList<CaseRow> rows, CancellationToken stop)
    {
        if (rows.Count == 0) return [];

        var joined = await store.LoadFilesAsync([.. rows.Where(row => row.Reference is not null).Select(row => row.Id)], stop);
        var files = joined.Count == 0 ? [] : (await store.LoadCasesAsync([.. joined.SelectMany(group => group)], stop)).ToDictionary(row => row.Id);
        return [.. rows.Select(row => Open(row, [.. joined[row.Id].Select(id => files[id])]))];
    }

    public static CaseFile Open(CaseRow row, IReadOnlyList<CaseRow> joined)
    {
        var facts = CaseCodec.ReadFacts(row.Facts);
        var (state, watch) = CaseCodec.ReadStateAndWatch(row.State);
        return new()
        {
            Id = row.Id,
            Reference = row.Reference,
            Facts = facts,
            StoredFacts = row.Facts,
            Version = row.Version,
            Course = Course.At(state),
            Watch = watch,
            OpenedAt = row.OpenedAt,
            LookAt = row.LookAt,
            Files = [.. joined.Select(file => (file.Id, ItemOf(facts, CaseCodec.ReadFacts(file.Facts))))],
        };
    }

    /// <summary>The file of a tag that nobody has reported missing, before its first sighting.</summary>
    public static CaseFile NewSighting(SightingFile sighting, Instant now)
    {
        var facts = CaseFacts.Sighting with { Items = [CaseFacts.Sighting.Items[0] with { BagTag = sighting.Tag, BagTagDate = sighting.Day }] };
        return new() { Id = sighting.Id, Reference = null, Facts = facts, StoredFacts = CaseCodec.Write(facts, []), Version = 0, Course = Course.At(CaseState.Of(facts)), Watch = CaseWatch.Nothing, OpenedAt = now };
    }

    /// <summary>The claims of a case with the updates they were made of.</summary>
    public static IEnumerable<(Claim Claim, Partner.V1.Update Update)> Claims(CaseFile file, ILookup<IncidentId, ClaimRow> claims) =>
        claims[file.Id].Select(ClaimCodec.Read).Concat(file.Files.SelectMany(joined => claims[joined.Id].Select(ClaimCodec.Read)
            .Select(one => one.Claim.ItemId.Length > 0 && joined.ItemId.Length == 0 ? one : (one.Claim with { ItemId = joined.ItemId }, one.Update))));

    // A file of sightings is about the item with its tag.
    private static string ItemOf(CaseFacts facts, CaseFacts sighting) =>
        facts.Items.Length == 1 ? "" : facts.Items.FirstOrDefault(item => item.BagTag == sighting.Items[0].BagTag)?.Id ?? "";
}
