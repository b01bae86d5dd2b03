using IncidentTracker.Data;
using IncidentTracker.Domain;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>Something that the writer of a case has to do.</summary>
internal abstract class Errand
{
    /// <summary>The case, or the file of sightings, that it is about.</summary>
    public IncidentId Case { get; set; }

    /// <summary>Nobody knows whether it was done.</summary>
    public abstract void Failed();
}

/// <summary>What became of a look. Unknown: nobody knows whether it was done.</summary>
internal enum LookResult { Unknown, Done, Broken }

/// <summary>To look at a case whose clocks are due, and say what there is to say.</summary>
internal sealed class Look : Errand
{
    private readonly TaskCompletionSource<LookResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<LookResult> Result => _result.Task;

    public void Done() => _result.TrySetResult(LookResult.Done);

    /// <summary>The database is there and the case cannot be looked at all the same.</summary>
    public void Broken() => _result.TrySetResult(LookResult.Broken);

    public override void Failed() => _result.TrySetResult(LookResult.Unknown);
}

/// <summary>One update on its way to disk, whichever door it came through.</summary>
internal sealed class Submission : Errand
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

    public override void Failed() => Decided(new Outcome.Unknown());

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
/// <param name="NextDueAt">When the sender itself must next speak.</param>
internal sealed record Standing(string Reference, long Version, string StatusCode, string Custodian, bool IsSighting, Instant? NextDueAt)
{
    /// <summary>A case of others tells the sender nothing, not even that it exists.</summary>
    private static readonly Standing Hidden = new("", 0, "", "", false, null);

    public Standing At(long version) => ReferenceEquals(this, Hidden) ? this : this with { Version = version };

    public static Standing Of(CaseFile file, Claim claim, SlaBook book, Instant now)
    {
        if (!file.Facts.IsSighting && !file.State.IsOpenTo(claim.Reporter)) return Hidden;

        var itemId = claim.ItemId;
        var item = file.State.Items.Length == 1 ? file.State.Items[0] : file.State.Items.FirstOrDefault(item => item.Id == itemId) ?? file.State.Worst;
        return new(file.WrittenReference, file.Version, item.StatusCode, item.Holding?.By.Value ?? "", file.Reference is null, Clocks.GiveBack(book, file.Watch, now).NextDueOf(claim.Reporter, now));
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
