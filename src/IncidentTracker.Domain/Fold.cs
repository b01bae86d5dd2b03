using System.Collections.Immutable;
using NodaTime;

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
        var corrections = Corrections.Of(ordered, IsHeard);

        var duplicates = Duplicates.Of(ordered, corrections);
        var wrongMatches = new List<WrongMatch>();

        var state = CaseState.Of(facts) with
        {
            Parties = parties,
            Waiting = [.. ordered.Where(claim => !IsHeard(claim)).Select(claim => claim.By).Distinct().OrderBy(party => party.Value, StringComparer.Ordinal)],
            AwaitedCorrections = corrections.Awaited,
        };
        var entries = ImmutableArray.CreateBuilder<TimelineEntry>(ordered.Length);
        var custody = new CustodyChain();
        var lastSteps = new List<CourseStep>();

        foreach (var claim in ordered)
        {
            var before = state;
            if (corrections.Of(claim) is { Correction.Kind: CorrectionKind.Void } wrong && IsHeard(claim) && Step.ConfirmsMatch(facts, state, claim))
                wrongMatches.Add(new(claim, wrong));

            var withdrawal = corrections.Of(claim) ?? wrongMatches.Find(match => match.Covers(claim))?.Withdrawal;
            var marks = FactsOn(claim);
            if (!IsHeard(claim)) marks |= Marks.Quarantined;
            if (corrections.Refuses(claim)) marks |= Marks.CorrectionRefused;
            if (duplicates.Contains(claim.Id)) marks |= Marks.ProbableDuplicate;
            if (withdrawal is not null) marks |= withdrawal.Correction!.Kind == CorrectionKind.Replace ? Marks.Replaced : Marks.Withdrawn;

            if (!claim.IsRemark && new TimelineEntry(claim, marks, null).Counts)
            {
                (state, marks) = Step.Take(facts, state, claim, marks);
                custody.Note(state, claim, marks);
            }
            state = Heard(state, claim, marks);
            entries.Add(new(claim, marks, withdrawal is null ? null : withdrawal.DeclaredAt));

            // What was taken back, or takes back, cannot be taken again by itself.
            if (withdrawal is not null || claim.Correction is not null || (marks & Marks.ProbableDuplicate) != 0) lastSteps.Clear();
            else lastSteps.Add(new(before, claim));
        }
        return new(Course.After(state, lastSteps), entries.MoveToImmutable(), custody.Spans);

        bool IsHeard(Claim claim) => facts.IsSighting || Parties.Include(parties, claim);
    }

    /// <summary>
    /// Adds a claim to a state, when that can be done without looking back. Null: tell the whole story again (it comes
    /// before something already known, corrects something, gives a role, or lets somebody speak who had to wait).
    /// </summary>
    public static (CaseState State, Marks Marks)? Append(CaseFacts facts, CaseState state, Claim claim)
    {
        if (state.LastOrderAt is { } last && claim.OrderAt <= last) return null;
        if (claim.Correction is not null || claim.Assignment is not null || state.AwaitedCorrections.Contains(claim.Id)) return null;

        var marks = FactsOn(claim);
        if (!facts.IsSighting && !state.IsHeard(claim))
        {
            var waiting = Parties.Join(state.Waiting, [claim.By]);
            return (Heard(state with { Waiting = waiting }, claim, marks | Marks.Quarantined), marks | Marks.Quarantined);
        }

        var mentioned = Parties.MentionedBy(claim);
        if (!Parties.IncludeAll(state.Parties, mentioned))
        {
            // Whom it may bring in by a role that was given on the way, only the whole story tells.
            var broughtIn = Parties.BroughtInBy(facts, CaseState.Of(facts), claim);
            if (state.Waiting.Length > 0 || broughtIn.Length < mentioned.Length) return null;
            state = state with { Parties = Parties.Join(state.Parties, broughtIn) };
        }
        if (!claim.IsInternal && !claim.IsRemark) (state, marks) = Step.Take(facts, state, claim, marks);
        return (Heard(state, claim, marks), marks);
    }

    /// <summary>What can be noted on a claim without knowing any other.</summary>
    private static Marks FactsOn(Claim claim)
    {
        var marks = Marks.None;
        if (claim.IsLate) marks |= Marks.Late;
        if (claim.IsAheadOfTime) marks |= Marks.ClockSkew;
        if (claim.Happened is null) marks |= Marks.TimeUnknown;
        if (claim.StatusCode.Length > 0 && claim.Judgement is null && CodeLists.Find(claim.StatusCode) is null) marks |= Marks.StatusCodeUnknown;
        return marks;
    }

    // A fast clock's word is placed by its receipt, but a resend of it may come at the moment it named.
    private static Instant Latest(Instant? known, Claim claim)
    {
        var latest = claim.Happened?.Latest is { } named && named > claim.OrderAt ? named : claim.OrderAt;
        return known > latest ? known.Value : latest;
    }

    // Who was last heard is a matter of receipt, so it must not depend on the order of the timeline. A resend is no news,
    // nor is what the owner cannot read, nor what the hub says itself.
    private static CaseState Heard(CaseState state, Claim claim, Marks marks)
    {
        state = state with { LastOrderAt = claim.IsRemark ? state.LastOrderAt : Latest(state.LastOrderAt, claim), ClaimCount = state.ClaimCount + 1 };
        if (state.IsKeptBack(claim) || claim.Judgement is not null || (marks & (Marks.Quarantined | Marks.ProbableDuplicate)) != 0) return state;
        return state.HeardAt is { } heard && heard >= claim.ReceivedAt ? state : state with { HeardAt = claim.ReceivedAt, HeardFrom = claim.By };
    }
}
