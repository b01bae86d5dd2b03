using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// Which claims were taken back, by which correction. A correction counts when its sender said the corrected thing
/// itself, or when it was said on the sender's behalf, and as long as the correction has not been taken back in turn.
/// </summary>
internal sealed class Corrections
{
    private readonly Dictionary<ClaimId, Claim> _correctedBy = [];
    private readonly Dictionary<ClaimId, Claim> _withdrawnWithMatch = [];
    private readonly HashSet<ClaimId> _refused = [];

    public ImmutableArray<ClaimId> Awaited { get; private init; } = [];

    public static Corrections Of(ImmutableArray<Claim> ordered, Func<Claim, bool> mayCount)
    {
        var all = ordered.Where(claim => claim.Correction is not null).ToArray();
        if (all.Length == 0) return new();

        // Sightings of two tags may bear one name and join one case: a correction of that name means both.
        var known = ordered.DistinctBy(claim => claim.Id).ToDictionary(claim => claim.Id);
        var candidates = all.Where(correction => mayCount(correction) && MayCorrect(correction, known.GetValueOrDefault(correction.Correction!.Target)))
            .ToLookup(correction => correction.Correction!.Target);
        var corrections = new Corrections
        {
            Awaited = [.. all.Select(correction => correction.Correction!.Target).Where(target => !known.ContainsKey(target)).Distinct()],
        };

        foreach (var correction in all)
            if (!candidates[correction.Correction!.Target].Contains(correction)) corrections._refused.Add(correction.Id);

        foreach (var target in ordered)
            if (EffectiveOn(target.Id, candidates, []) is { } correction) corrections._correctedBy.TryAdd(target.Id, correction);

        corrections.WithdrawWhatFollowedAWrongMatch(ordered);
        return corrections;
    }

    public Marks MarksOn(Claim claim)
    {
        var marks = _refused.Contains(claim.Id) ? Marks.CorrectionRefused : Marks.None;
        if (_correctedBy.TryGetValue(claim.Id, out var correction))
            marks |= correction.Correction!.Kind == CorrectionKind.Replace ? Marks.Replaced : Marks.Withdrawn;
        if (_withdrawnWithMatch.ContainsKey(claim.Id)) marks |= Marks.Withdrawn;
        return marks;
    }

    /// <summary>When it was taken back: the moment that was declared, not later than the hub heard of it.</summary>
    public Instant? WithdrawnAt(Claim claim) =>
        (_correctedBy.GetValueOrDefault(claim.Id) ?? _withdrawnWithMatch.GetValueOrDefault(claim.Id)) is { } correction ? DeclaredAt(correction) : null;

    // A replacement carries the time of the event it corrects, so its own moment is its recording or its receipt.
    private static Instant DeclaredAt(Claim correction)
    {
        var said = correction.Correction!.Kind == CorrectionKind.Void ? correction.Happened?.At ?? correction.SourceRecordedAt : correction.SourceRecordedAt;
        return said is { } at && at < correction.ReceivedAt ? at : correction.ReceivedAt;
    }

    private static bool MayCorrect(Claim correction, Claim? target)
    {
        if (target is null) return correction.Correction!.Target.By == correction.By;
        if (target.Id == correction.Id) return false;
        return target.By == correction.By || target.OnBehalfOf == correction.By;
    }

    // Two corrections that take each other back leave both without effect on anything else.
    private static Claim? EffectiveOn(ClaimId target, ILookup<ClaimId, Claim> candidates, ImmutableHashSet<ClaimId> onTheWay) =>
        candidates[target].FirstOrDefault(correction =>
            !onTheWay.Contains(correction.Id) && EffectiveOn(correction.Id, candidates, onTheWay.Add(target)) is null);

    // When a match is withdrawn, everything that happened to the bag between the match and the withdrawal happened to
    // somebody else's bag.
    private void WithdrawWhatFollowedAWrongMatch(ImmutableArray<Claim> ordered)
    {
        foreach (var match in ordered.Where(claim => claim.StatusCode == "MATCH_CONFIRMED"))
        {
            if (!_correctedBy.TryGetValue(match.Id, out var correction) || correction.Correction!.Kind != CorrectionKind.Void) continue;

            var until = DeclaredAt(correction);
            foreach (var claim in ordered)
            {
                if (claim.OrderAt < match.OrderAt || claim.OrderAt >= until || claim.Correction is not null) continue;
                if (claim.ItemId.Length > 0 && match.ItemId.Length > 0 && claim.ItemId != match.ItemId) continue;
                if (CodeLists.Find(claim.StatusCode)?.Phase is Phase.Found or Phase.OnTheWay or Phase.Delivery || claim.Custody is not null)
                    _withdrawnWithMatch.TryAdd(claim.Id, correction);
            }
        }
    }
}
