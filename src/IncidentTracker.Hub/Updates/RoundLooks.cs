using IncidentTracker.Data;
using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.Updates;

/// <summary>The looks of one round: what the hub has to say about the cases whose clocks are due, and when to look at each again.</summary>
/// <param name="speaksFirst">Whether the hub says what is due before it takes a later claim of the same case.</param>
internal sealed class RoundLooks(SlaBook book, IReadOnlyList<Look> looks, Instant now, bool speaksFirst)
{
    // Before that moment no other hub can have looked, however wrong one of the clocks is.
    private static readonly Duration SurelyNotDue = Duration.FromMinutes(1);

    private static readonly Duration Microsecond = Duration.FromTicks(10);

    private readonly List<(CaseFile Case, Claim Claim)> _words = [];
    private HashSet<CaseFile> _looked = [];

    public bool IsEmpty => looks.Count == 0;

    /// <summary>What the hub has to say.</summary>
    public IReadOnlyList<(CaseFile Case, Claim Claim)> Words => _words;

    /// <summary>Finds what there is to say now.</summary>
    public IReadOnlyList<(CaseFile Case, Claim Claim)> Find(IReadOnlyDictionary<IncidentId, CaseFile> cases)
    {
        _looked = [.. looks.Select(look => cases.GetValueOrDefault(look.Case)).OfType<CaseFile>()];
        var found = _looked.SelectMany(file => HubWords.Due(book, file.State, file.Watch, now).Select(word => (file, word with { ReceivedAt = file.ReceiptOf(now) }))).ToArray();
        _words.AddRange(found);
        return found;
    }

    /// <summary>The receipt of a claim, with room before it for what the hub has to say first.</summary>
    public Instant ReceiptOf(CaseFile file, Instant at)
    {
        var receipt = file.ReceiptOf(at);
        return MayBeDue(file, receipt) ? file.ReceiptOf(receipt + (Microsecond * (file.Watch.Running.Length + file.Watch.Cleared.Length + file.State.Items.Length))) : receipt;
    }

    /// <summary>
    /// What was due before a claim is said before it, so that nothing depends on how soon the hub looks: received just before the claim.
    /// </summary>
    public IReadOnlyList<Claim> FindBefore(CaseFile file, Claim claim)
    {
        if (claim.Judgement is not null || !MayBeDue(file, claim.ReceivedAt)) return [];
        var due = HubWords.Due(book, file.State, file.Watch, claim.ReceivedAt - Microsecond);
        var first = claim.ReceivedAt - (Microsecond * due.Length);
        if (first <= file.Watch.HeardUpTo) return [];       // it came in together with the claim before: nobody can have looked in between
        var words = due.Select((word, i) => word with { ReceivedAt = first + (Microsecond * i) }).ToArray();
        _words.AddRange(words.Select(word => (file, word)));
        return words;
    }

    // Off with the last try: where the hub's words cannot be stored, those of partners are.
    private bool MayBeDue(CaseFile file, Instant at) => speaksFirst && file.LookAt < at;

    public static ClaimRow Row(CaseFile file, Claim word)
    {
        var (content, body) = ClaimCodec.Write(word);
        return new(file.Id, word.By.Value, word.UpdateId, word.ReceivedAt, ClaimCodec.HashOf(content), body);
    }

    /// <summary>When to look again, where that has changed. A moment that has moved away is left alone until it comes.</summary>
    public IReadOnlyList<LookChange> Schedule(IReadOnlyCollection<CaseFile> touched)
    {
        var changes = new List<LookChange>();
        foreach (var file in _looked)
        {
            file.LookAt = HubWords.NextLook(book, file.State, file.Watch, now);
            changes.Add(new(file.Id, touched.Contains(file) ? file.Version + 1 : file.Version, file.LookAt, HasLooked: true));
        }
        foreach (var file in touched)
        {
            if (_looked.Contains(file) || HubWords.NextLook(book, file.State, file.Watch, now) is not { } next || (file.LookAt <= next && file.LookAt > now + SurelyNotDue)) continue;
            file.LookAt = next;
            changes.Add(new(file.Id, file.Version + 1, next, HasLooked: false));
        }
        return changes;
    }

    /// <summary>The steps of which people have to hear.</summary>
    public IReadOnlyList<AlertRow> Alerts() => [.. _words.Where(word => word.Claim.StatusCode is HubWords.DueSoon or HubWords.Breached or HubWords.Escalated).Select(word => new AlertRow
    {
        IncidentId = word.Case.Id,
        Clock = word.Claim.Judgement!.Clock,
        Stage = word.Claim.Judgement.Stage,
        Party = word.Claim.Judgement.Party!.Value.Value,
        DueAt = word.Claim.Judgement.DueAt,
        FiredAt = word.Claim.ReceivedAt,
    })];

    public void Answer()
    {
        foreach (var look in looks) look.Done();
    }
}
