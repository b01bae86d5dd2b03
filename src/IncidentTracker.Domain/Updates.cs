using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>What becomes of a claim.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>It counts, or waits to (<see cref="Domain.Marks.Quarantined"/>). Null state: the story must be told again with it.</summary>
    public sealed record Accepted(CaseState? State, Marks Marks) : Decision;

    public sealed record Refused(Violation Why) : Decision;
}

/// <summary>The one place where the hub decides about a claim, whichever door it came through.</summary>
public static class Updates
{
    /// <summary>How far in the hub's future an event may claim to have happened.</summary>
    public static readonly Duration FutureLimit = Duration.FromHours(24);

    private static readonly Instant Oldest = Instant.FromUtc(2000, 1, 1, 0, 0);

    /// <summary>Decides what a claim does to a case. The same arguments always get the same answer.</summary>
    public static Decision Decide(CaseFacts facts, CaseState state, Claim claim)
    {
        if (claim.ItemId.Length > 0 && state.Items.All(item => item.Id != claim.ItemId))
            return new Decision.Refused(Refusals.ItemUnknown.At("item_id"));

        var appended = Fold.Append(facts, state, claim);
        return new Decision.Accepted(appended?.State, appended?.Marks ?? Marks.None);
    }

    /// <summary>What is wrong with a claim whatever the case is.</summary>
    public static IEnumerable<Violation> Check(Claim claim)
    {
        if (claim.Happened is { } happened)
        {
            if (happened.At < Oldest) yield return Refusals.EventTimeTooOld.At("event_time");
            if (claim.Classifier == Classifier.Actual && happened.At > claim.ReceivedAt + FutureLimit) yield return Refusals.EventTimeInFuture.At("event_time");
        }
        if (CodeLists.IsReserved(claim.StatusCode)) yield return Refusals.StatusCodeReserved.At("status_code", $"{claim.StatusCode} is written by the hub only.");
        if (claim.OnBehalfOf is { } principal && principal != claim.By && !claim.Reporter.ActsFor.Contains(principal))
            yield return Refusals.PartyMismatch.At("on_behalf_of", $"{claim.By} does not act for {principal}.");
        if (claim is { StatusCode: "", Custody: null, Eta: null, Correction: null, Assignment: null, StaffText: "" })
            yield return Refusals.UpdateIsEmpty.At("status_code");
    }
}
