using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// Which claims were taken back, by which correction. A correction counts when its sender said the corrected thing
/// itself, or when it was said on the sender's behalf, and as long as the correction has not been taken back in turn.
/// What is said in front of others is not taken back behind their backs.
/// </summary>
internal sealed class Corrections
{
    private readonly Dictionary<ClaimId, Claim> _byTarget = [];
    private readonly HashSet<ClaimId> _refused = [];

    public ImmutableArray<ClaimId> Awaited { get; private init; } = [];

    public static Corrections Of(ImmutableArray<Claim> ordered, Func<Claim, bool> mayCount)
    {
        var all = ordered.Where(claim => claim.Correction is not null && mayCount(claim)).ToArray();
        if (all.Length == 0) return new();

        // Sightings of two tags may bear one name and join one case: a correction of that name means both.
        var known = ordered.DistinctBy(claim => claim.Id).ToDictionary(claim => claim.Id);
        var allowed = all.Where(correction => MayCorrect(correction, known.GetValueOrDefault(TargetOf(correction)))).ToArray();
        var (standing, inCircle) = Judge(allowed);

        var corrections = new Corrections { Awaited = [.. all.Select(TargetOf).Where(target => !known.ContainsKey(target)).Distinct()] };
        foreach (var correction in standing) corrections._byTarget.TryAdd(TargetOf(correction), correction);
        corrections._refused.UnionWith(all.Except(allowed).Concat(inCircle).Select(correction => correction.Id));
        return corrections;
    }

    /// <summary>The correction that took a claim back, if one did.</summary>
    public Claim? Of(Claim claim) => _byTarget.GetValueOrDefault(claim.Id);

    public bool Refuses(Claim claim) => _refused.Contains(claim.Id);

    private static ClaimId TargetOf(Claim correction) => correction.Correction!.Target;

    // Of a target that has not arrived yet nobody knows on whose behalf it will be: the correction waits with it.
    private static bool MayCorrect(Claim correction, Claim? target) =>
        target is null || (target.Id != correction.Id && (target.IsInternal || !correction.IsInternal) && (target.By == correction.By || target.OnBehalfOf == correction.By));

    /// <summary>
    /// A correction stands unless one that stands takes it back. So begin with those that nobody corrects and follow
    /// what they say; corrections that take each other back in a circle are never reached, and say nothing.
    /// </summary>
    private static (IEnumerable<Claim> Standing, IEnumerable<Claim> InCircle) Judge(Claim[] allowed)
    {
        var corrections = allowed.DistinctBy(correction => correction.Id).ToDictionary(correction => correction.Id);
        var undecided = allowed.CountBy(TargetOf).ToDictionary();
        var takenBack = new HashSet<ClaimId>();
        var decided = new HashSet<ClaimId>();
        var next = new Queue<Claim>(allowed.Where(correction => !undecided.ContainsKey(correction.Id)));

        while (next.TryDequeue(out var correction))
        {
            decided.Add(correction.Id);
            if (!corrections.TryGetValue(TargetOf(correction), out var target)) continue;

            undecided[target.Id]--;
            var stands = !takenBack.Contains(correction.Id);
            if (stands ? takenBack.Add(target.Id) : undecided[target.Id] == 0 && !takenBack.Contains(target.Id)) next.Enqueue(target);
        }
        return (allowed.Where(correction => decided.Contains(correction.Id) && !takenBack.Contains(correction.Id)),
            allowed.Where(correction => !decided.Contains(correction.Id)));
    }
}

/// <summary>
/// A match that was withdrawn: what happened to the bag between the match and the withdrawal happened to somebody
/// else's bag. Only the customer's own word that the bag is back is about the right one.
/// </summary>
internal sealed record WrongMatch(Claim Match, Claim Withdrawal)
{
    public bool Covers(Claim claim)
    {
        if (claim.OrderAt < Match.OrderAt || claim.OrderAt >= Withdrawal.DeclaredAt || claim.Correction is not null) return false;
        if (claim.ItemId.Length > 0 && Match.ItemId.Length > 0 && claim.ItemId != Match.ItemId) return false;
        if (claim.Custody is not null || claim.Eta is not null) return true;

        return CodeLists.Find(claim.StatusCode) is { MovesProgress: true } status
            && (status.Phase is Phase.Found or Phase.OnTheWay or Phase.Delivery || (status.Phase == Phase.Returned && !claim.Reporter.SpeaksForCustomer));
    }
}
