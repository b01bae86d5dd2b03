using IncidentTracker.Access;
using IncidentTracker.Domain;

namespace IncidentTracker.Incidents;

/// <summary>What a party was asked that owes an answer.</summary>
internal static class AskedQuestion
{
    /// <summary>What the hub asks two parties that disagree.</summary>
    public const string OfHub = "Two parties say different things about who has the bag. Do you have it?";

    /// <summary>The update that asks, the last one where the same party asked several times. Null: it is not for the reader, or no update asked.</summary>
    public static Claim? Of(Story story, DutyClock clock, PartnerIdentity reader) => clock.Track != Track.Question ? null : story.Entries
        .Where(entry => entry.Claim is { StatusCode: "" } claim && claim.AskedParty == clock.Party && (claim.OnBehalfOf ?? claim.By) == clock.AskedBy
            && claim.ReceivedAt >= clock.StartedAt && CaseViews.MayRead(entry, reader))
        .MaxBy(entry => entry.Claim.ReceivedAt)?.Claim;
}
