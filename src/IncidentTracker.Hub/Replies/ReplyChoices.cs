using System.Collections.Immutable;
using IncidentTracker.Domain;

namespace IncidentTracker.Replies;

/// <summary>One of the answers to a question: what the button says, and the word that is given with it.</summary>
/// <param name="Status">The status that is reported; empty: a note with the words of the button.</param>
internal sealed record ReplyChoice(string Key, string Words, string Status)
{
    /// <summary>The place that the words name.</summary>
    public string Station { get; init; } = "";
}

/// <summary>What a party is asked, and the three answers that fit.</summary>
internal sealed record ReplyQuestion(string Text, ImmutableArray<ReplyChoice> Choices);

/// <summary>
/// What may be answered to a clock. The first answer is the news that is hoped for, the second says that the work goes on, the
/// third that it is otherwise. What needs more than a word, such as a flight or an expected time, is not asked here.
/// </summary>
internal static class ReplyChoices
{
    /// <summary>The question that fits what the party owes.</summary>
    /// <param name="station">Where the bag is thought to be; empty: nobody said.</param>
    public static ReplyQuestion For(DutyClock clock, string station)
    {
        if (clock.Track == Track.Question) return Ask("What do you answer?", ("Yes", ""), ("We are looking into it", ""), ("No", ""));

        var place = CodeLists.FindStation(station)?.City ?? station;
        return (CodeLists.Find(clock.Status)?.NextWord, clock.Status) switch
        {
            (Role.HoldingStation, "ON_HAND" or "HELD" or "OHD_REGISTERED" or "OWNER_IDENTIFIED") =>
                Ask("Do you still have the bag?", ("It is still with us", clock.Status), ("We are sending it on", ""), ("We do not have it any more", "")),
            (Role.HoldingStation, _) when place.Length > 0 =>
                Ask($"Do you have the bag in {place}?", ($"We have it in {place}", "ON_HAND"), ("We are still looking", ""), ("It is not here", "")).At(station),
            (Role.HoldingStation, _) => Ask("Do you have the bag?", ("We have it", "ON_HAND"), ("We are still looking", ""), ("It is not here", "")),

            (Role.Tracing, "SECONDARY_TRACING") => Ask("How is the search going?", ("Found a possible match", "POSSIBLE_MATCH"), ("Still searching", "SECONDARY_TRACING"), ("We do not search for it", "")),
            (Role.Tracing, _) => Ask("How is the search going?", ("Found a possible match", "POSSIBLE_MATCH"), ("Still searching", "TRACING"), ("We do not search for it", "")),

            (Role.ForwardingCarrier, "FORWARD_DEPARTED") => Ask("Has the bag arrived?", ("It has arrived", "ARRIVED_STATION"), ("It is still on its way", ""), ("It has not arrived", "")),
            (Role.ForwardingCarrier, "FORWARD_MISSED") => Ask("Is the bag going on?", ("It has left", "FORWARD_DEPARTED"), ("We are arranging a new flight", ""), ("We do not have it", "")),
            (Role.ForwardingCarrier, _) => Ask("Has the bag left?", ("It has left", "FORWARD_DEPARTED"), ("It still waits for its flight", ""), ("It missed its flight", "FORWARD_MISSED")),

            (Role.Courier, "DELIVERY_ORDERED") => Ask("Do you have the bag?", ("We have it", "COURIER_HAS_BAG"), ("We still wait for it", ""), ("We do not take this order", "")),
            (Role.Courier, "OUT_FOR_DELIVERY") => Ask("Has the bag been delivered?", ("It is delivered", "DELIVERED"), ("It is still on its way", ""), ("Nobody was there", "DELIVERY_ATTEMPTED")),
            (Role.Courier, _) => Ask("Is the bag on its way to the traveller?", ("It is out for delivery", "OUT_FOR_DELIVERY"), ("It is still with us", ""), ("We could not deliver it", "DELIVERY_FAILED")),

            (Role.ThirdParty, "REPAIR_IN_PROGRESS") => Ask("Is the repair done?", ("It is ready to collect", "READY_TO_COLLECT"), ("The repair goes on", "REPAIR_IN_PROGRESS"), ("It cannot be repaired", "")),
            (Role.ThirdParty, _) => Ask("Do you have the bag?", ("We have it", "ON_HAND"), ("We are still looking", ""), ("We did not get it", "")),

            (Role.Airport, "ITEM_FOUND") => Ask("Is it the traveller's?", ("It is the traveller's", "ITEM_VERIFIED"), ("We are still checking", ""), ("It belongs to somebody else", "")),
            (Role.Airport, _) => Ask("Has it been returned?", ("It has been returned", "ITEM_RETURNED"), ("It is still with us", ""), ("We do not have it any more", "")),

            (Role.CaseOwner, "REPORTED" or "PRE_ALERTED" or "REOPENED") => Ask("Do you take the case?", ("We take the case", "ACKNOWLEDGED"), ("We are looking into it", ""), ("It is not our case", "")),
            (Role.CaseOwner, "POSSIBLE_MATCH") => Ask("Is it the right bag?", ("It is the right bag", "MATCH_CONFIRMED"), ("We are still checking", ""), ("It is another bag", "MATCH_VOIDED")),
            (Role.CaseOwner, "ARRIVED_STATION" or "RETURNED_TO_STATION" or "DELIVERY_FAILED") =>
                Ask("How does the bag reach the traveller?", ("Delivery is ordered", "DELIVERY_ORDERED"), ("We are arranging it", ""), ("We cannot deliver it", "")),
            (Role.CaseOwner, "SVC_OPENED") => Ask("Do you take the case?", ("We take the case", "SVC_ACKNOWLEDGED"), ("We are looking into it", ""), ("It is not our case", "")),
            (Role.CaseOwner, "SVC_ACKNOWLEDGED" or "SVC_IN_PROGRESS" or "SVC_WAITING") => Ask("Is it solved?", ("It is solved", "SVC_RESOLVED"), ("The work goes on", "SVC_IN_PROGRESS"), ("We cannot solve it", "")),
            _ => Ask("What can you say?", ("We have news and report it today", ""), ("We are working on it", ""), ("It is not for us to say", "")),
        };
    }

    private static ReplyQuestion Ask(string text, params ReadOnlySpan<(string Words, string Status)> choices)
    {
        string[] keys = ["news", "on", "otherwise"];
        var made = ImmutableArray.CreateBuilder<ReplyChoice>(choices.Length);
        for (var i = 0; i < choices.Length; i++) made.Add(new(keys[i], choices[i].Words, choices[i].Status));
        return new(text, made.ToImmutable());
    }

    private static ReplyQuestion At(this ReplyQuestion question, string station) =>
        question with { Choices = [.. question.Choices.Select(choice => choice.Status.Length > 0 ? choice with { Station = station } : choice)] };
}
