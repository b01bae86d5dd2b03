using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.Updates;

/// <summary>A case as its writer keeps it in memory between batches. The version in the database is the judge of whether it is still true.</summary>
internal sealed class CaseFile
{
    public required IncidentId Id { get; init; }
    public required string? Reference { get; init; }
    public required CaseFacts Facts { get; init; }
    public required byte[] StoredFacts { get; init; }
    public required long Version { get; set; }
    public required Course Course { get; set; }
    public required CaseWatch Watch { get; set; }
    public required Instant OpenedAt { get; init; }

    /// <summary>When a look is due according to the database. Once that has come, another hub may have looked and moved it.</summary>
    public Instant? LookAt { get; set; }

    public CaseState State => Course.State;

    private Instant? _lastReceipt;

    /// <summary>The moment of a receipt: what comes in together still has an order.</summary>
    public Instant ReceiptOf(Instant at)
    {
        if ((_lastReceipt ??= Watch.HeardUpTo) is { } last && at <= last) at = last + Microsecond;
        _lastReceipt = at;
        return at;
    }

    private static readonly Duration Microsecond = Duration.FromTicks(10);

    /// <summary>The reference as people read it; empty for a file of sightings.</summary>
    public string WrittenReference => field ??= Domain.Reference.TryParse(Reference, out var reference) ? reference.ToString() : "";

    /// <summary>Files of sightings that joined this case, each with the item it is about.</summary>
    public IReadOnlyList<(IncidentId Id, string ItemId)> Files { get; init; } = [];

    public IEnumerable<IncidentId> AllFiles => Files.Select(file => file.Id).Prepend(Id);

    /// <summary>The item that carries a tag; empty when the case has only one or none carries it.</summary>
    public string ItemWith(string tag) => Facts.Items.Length == 1 ? "" : Facts.Items.FirstOrDefault(item => item.BagTag == tag)?.Id ?? "";
}

/// <summary>
/// The cases that were written lately. Two halves: when the young one is full, the old one is forgotten. Used by one
/// writer at a time.
/// </summary>
internal sealed class CaseCache(int capacity)
{
    private Dictionary<IncidentId, CaseFile> _young = [];
    private Dictionary<IncidentId, CaseFile> _old = [];

    public CaseFile? Find(IncidentId id)
    {
        if (_young.TryGetValue(id, out var file)) return file;
        if (!_old.TryGetValue(id, out file)) return null;
        Keep(file);
        return file;
    }

    public void Keep(CaseFile file)
    {
        if (_young.Count >= capacity / 2) (_old, _young) = (_young, []);
        _young[file.Id] = file;
    }

    public void Forget(IncidentId id)
    {
        _young.Remove(id);
        _old.Remove(id);
    }

    public void ForgetAll()
    {
        _young = [];
        _old = [];
    }
}
