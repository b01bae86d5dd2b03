using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>What becomes of a claim.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>It is stored, and this is where the case stands with it.</summary>
    public sealed record Applied(Course Course, Marks Marks) : Decision;

    /// <summary>It is stored, but belongs somewhere among much earlier claims: the story must be told again with it.</summary>
    public sealed record TellAgain : Decision;

    /// <summary>The case cannot take it.</summary>
    public sealed record Refused(Violation Why) : Decision;
}

/// <summary>The one place where the hub decides about a claim, whichever door it came through.</summary>
public static class Updates
{
    /// <summary>How far in the hub's future an event may claim to have happened.</summary>
    public static readonly Duration FutureLimit = Duration.FromHours(24);

    private static readonly Instant Oldest = Instant.FromUtc(2000, 1, 1, 0, 0);

    /// <summary>Decides what a claim does to a case. The same arguments always get the same answer.</summary>
    public static Decision Decide(CaseFacts facts, Course course, Claim claim)
    {
        if (Refuse(facts, claim) is { } why) return new Decision.Refused(why);
        return course.With(facts, claim) is { } step ? new Decision.Applied(step.Course, step.Marks) : new Decision.TellAgain();
    }

    /// <summary>Why a case cannot take a claim at all. Null: it can, and <see cref="Fold"/> says what it does there.</summary>
    public static Violation? Refuse(CaseFacts facts, Claim claim) =>
        claim.ItemId.Length > 0 && facts.Items.All(item => item.Id != claim.ItemId) ? Refusals.ItemUnknown.At("item_id") : null;

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
