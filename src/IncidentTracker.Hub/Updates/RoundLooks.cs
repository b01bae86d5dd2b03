using IncidentTracker.Data;
using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.Updates;

/// <summary>The looks of one round: what the hub has to say about the cases whose clocks are due, and when to look at each again.</summary>
internal sealed class RoundLooks(SlaBook book, IReadOnlyList<Look> looks, Instant now)
{
    // Before that moment no other hub can have looked, however wrong one of the clocks is.
    private static readonly Duration SurelyNotDue = Duration.FromMinutes(1);

    private readonly List<(CaseFile Case, Claim Claim)> _words = [];
    private HashSet<CaseFile> _looked = [];

    public bool IsEmpty => looks.Count == 0;

    /// <summary>What the hub has to say.</summary>
    public IReadOnlyList<(CaseFile Case, Claim Claim)> Words => _words;

    /// <summary>Finds what there is to say now, as rows.</summary>
    public IReadOnlyList<ClaimRow> Find(IReadOnlyDictionary<IncidentId, CaseFile> cases)
    {
        _looked = [.. looks.Select(look => cases.GetValueOrDefault(look.Case)).OfType<CaseFile>()];
        foreach (var file in _looked)
            foreach (var word in HubWords.Due(book, file.State, file.Watch, now))
                _words.Add((file, word with { ReceivedAt = file.ReceiptOf(now) }));
        return [.. _words.Select(word => Row(word.Case, word.Claim))];
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
        foreach (var look in looks) look.Done(_words.Count(word => word.Case.Id == look.Case));
    }

    private static ClaimRow Row(CaseFile file, Claim word)
    {
        var (content, body) = ClaimCodec.Write(word);
        return new(file.Id, word.By.Value, word.UpdateId, word.ReceivedAt, ClaimCodec.HashOf(content), body);
    }
}
