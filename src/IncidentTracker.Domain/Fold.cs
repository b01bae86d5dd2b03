using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// The one fold: claims in, story out. Nothing else decides where a case stands. The order in which claims arrived
/// plays no part, so a partner may report late, twice or backwards and everyone still reads the same.
/// </summary>
public static class Fold
{
    /// <summary>Tells the whole story from the claims.</summary>
    public static Story All(CaseFacts facts, IEnumerable<Claim> claims)
    {
        var ordered = claims.Order(TimelineOrder.Instance).ToImmutableArray();
        var parties = Parties.Of(facts, ordered);
        var corrections = Corrections.Of(ordered, claim => facts.IsSighting || parties.Includes(claim.Reporter));

        var state = CaseState.Of(facts) with
        {
            Parties = parties.Members,
            Waiting = facts.IsSighting ? [] : [.. ordered.Where(claim => !parties.Includes(claim.Reporter)).Select(claim => claim.By).Distinct().OrderBy(party => party.Value, StringComparer.Ordinal)],
            AwaitedCorrections = corrections.Awaited,
        };
        var entries = ImmutableArray.CreateBuilder<TimelineEntry>(ordered.Length);
        var custody = new CustodyChain();

        Claim? before = null;
        foreach (var claim in ordered)
        {
            var marks = FactsOn(claim) | corrections.MarksOn(claim);
            if (!facts.IsSighting && !parties.Includes(claim.Reporter)) marks |= Marks.Quarantined;
            if (before is not null && SaysTheSame(before, claim)) marks |= Marks.ProbableDuplicate; else before = claim;

            var entry = new TimelineEntry(claim, marks, corrections.WithdrawnAt(claim));
            (state, marks) = entry.Counts ? Step.Take(facts, state, claim, marks) : (state, marks);
            state = Heard(state, claim, marks);
            if (entry.Counts) custody.Note(state, claim);
            entries.Add(entry with { Marks = marks });
        }
        return new(state, entries.MoveToImmutable(), custody.Spans);
    }

    /// <summary>
    /// Adds a claim to a state, when that can be done without looking back. Null: tell the whole story again (it comes
    /// before something already known, corrects something, or lets somebody speak who had to wait).
    /// </summary>
    public static (CaseState State, Marks Marks)? Append(CaseFacts facts, CaseState state, Claim claim)
    {
        if (state.LastOrderAt is { } last && claim.OrderAt <= last) return null;
        if (claim.Correction is not null || state.AwaitedCorrections.Contains(claim.Id)) return null;

        var marks = FactsOn(claim);
        if (!facts.IsSighting && !state.IsParty(claim.Reporter))
        {
            var waiting = Parties.Join(state.Waiting, [claim.By]);
            return (Heard(state with { Waiting = waiting }, claim, marks | Marks.Quarantined), marks | Marks.Quarantined);
        }

        var named = Parties.NamedBy(claim);
        if (named.Any(party => !state.Parties.Contains(party)))
        {
            if (state.Waiting.Length > 0) return null;
            state = state with { Parties = Parties.Join(state.Parties, named) };
        }
        (state, marks) = Step.Take(facts, state, claim, marks);
        return (Heard(state, claim, marks), marks);
    }

    /// <summary>What can be noted on a claim without knowing any other.</summary>
    private static Marks FactsOn(Claim claim)
    {
        var marks = Marks.None;
        if (claim.IsLate) marks |= Marks.Late;
        if (claim.IsAheadOfTime) marks |= Marks.ClockSkew;
        if (claim.Happened is null) marks |= Marks.TimeUnknown;
        if (claim.StatusCode.Length > 0 && CodeLists.Find(claim.StatusCode) is null) marks |= Marks.StatusCodeUnknown;
        return marks;
    }

    // The same party said the same thing about the same moment under two names: a resend by a system that forgot.
    private static bool SaysTheSame(Claim one, Claim other) =>
        one.By == other.By && one.OrderAt == other.OrderAt && one.Happened == other.Happened && one.Happened is not null
        && one.Classifier == other.Classifier && one.ItemId == other.ItemId
        && one.StatusCode == other.StatusCode && one.SubCode == other.SubCode && one.Place == other.Place
        && one.Custody == other.Custody && one.Eta == other.Eta && one.Flight == other.Flight
        && one.Assignment == other.Assignment && one.AskedParty == other.AskedParty && one.StaffText == other.StaffText
        && one.Correction is null && other.Correction is null;

    // Who was last heard is a matter of receipt, so it must not depend on the order of the timeline.
    private static CaseState Heard(CaseState state, Claim claim, Marks marks)
    {
        state = state with { LastOrderAt = claim.OrderAt, ClaimCount = state.ClaimCount + 1 };
        if ((marks & Marks.Quarantined) != 0) return state;
        return state.HeardAt is { } heard && heard >= claim.ReceivedAt ? state : state with { HeardAt = claim.ReceivedAt, HeardFrom = claim.By };
    }
}
