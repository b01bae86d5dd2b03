using IncidentTracker.Data;
using IncidentTracker.Domain;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>One update on its way to disk, whichever door it came through.</summary>
internal sealed class Submission
{
    private Group? _group;

    public Submission(Wire.Update update, Claim claim)
    {
        Claim = claim;
        Address = update.Incident;
        References = update.ExternalReferences;
        Content = ClaimCodec.Canonical(update);
        Hash = ClaimCodec.HashOf(Content);
    }

    public Claim Claim { get; }
    public Wire.IncidentAddress Address { get; }

    /// <summary>Identifiers of the same case that it makes known.</summary>
    public IReadOnlyList<Wire.ExternalReference> References { get; }

    public byte[] Content { get; }
    public byte[] Hash { get; }

    /// <summary>The case, or the file of sightings, that the address means.</summary>
    public IncidentId Case { get; set; }

    /// <summary>Set when no case knows the tag of the address.</summary>
    public SightingFile? Sighting { get; set; }

    /// <summary>What became of it; null while it is on its way.</summary>
    public Outcome? Outcome { get; private set; }

    public void Join(Group group) => _group = group;

    /// <summary>A writer has it now, and will decide.</summary>
    public bool IsQueued { get; set; }

    public void Decided(Outcome outcome)
    {
        Outcome = outcome;
        _group?.OneDecided();
    }

    /// <summary>Nobody will decide it: the sender has to send it again.</summary>
    public void GiveUp()
    {
        if (Outcome is null && !IsQueued) Decided(new Outcome.Unknown());
    }

    /// <summary>Submissions that are answered together: a batch, a message of a stream, or one alone.</summary>
    public sealed class Group
    {
        private readonly Action<Group> _whenAllDecided;
        private int _open;

        public Group(IReadOnlyList<Submission> members, Action<Group> whenAllDecided)
        {
            (Members, _whenAllDecided, _open) = (members, whenAllDecided, members.Count);
            foreach (var member in members) member.Join(this);
        }

        public IReadOnlyList<Submission> Members { get; }

        public void OneDecided()
        {
            if (Interlocked.Decrement(ref _open) == 0) _whenAllDecided(this);
        }
    }
}

/// <summary>Where a case stands, as the answer to an update tells it.</summary>
internal sealed record Standing(string Reference, long Version, string StatusCode, string Custodian, bool IsSighting)
{
    /// <summary>A case of others tells the sender nothing, not even that it exists.</summary>
    private static readonly Standing Hidden = new("", 0, "", "", false);

    public Standing At(long version) => ReferenceEquals(this, Hidden) ? this : this with { Version = version };

    public static Standing Of(CaseFile file, Claim claim)
    {
        if (!file.Facts.IsSighting && !file.State.IsOpenTo(claim.Reporter)) return Hidden;

        var itemId = claim.ItemId;
        var item = file.State.Items.Length == 1 ? file.State.Items[0] : file.State.Items.FirstOrDefault(item => item.Id == itemId) ?? file.State.Worst;
        return new(file.WrittenReference, file.Version, item.StatusCode, item.Holding?.By.Value ?? "", file.Reference is null);
    }
}

/// <summary>What became of an update.</summary>
internal abstract record Outcome
{
    private Outcome() { }

    /// <summary>It is on disk.</summary>
    public sealed record Stored(Standing Standing, Instant RecordedAt, long Position, Marks Marks) : Outcome;

    /// <summary>It was on disk already, with the same content.</summary>
    public sealed record Repeated(Standing Standing, Instant RecordedAt) : Outcome;

    /// <summary>It is not stored, and sending it again will not help.</summary>
    public sealed record Refused(IReadOnlyList<Violation> Why) : Outcome
    {
        public Refused(Violation why) : this([why]) { }
    }

    /// <summary>Nobody knows whether it is stored. Sending it again is safe.</summary>
    public sealed record Unknown : Outcome;
}
