using IncidentTracker.Access;
using IncidentTracker.Domain;

namespace IncidentTracker.Incidents;

/// <summary>What a party was asked that owes an answer.</summary>
internal static class AskedQuestion
{
    /// <summary>The update that asks, the last one where the same party asked several times. Null: it is not for the reader, or no update asked.</summary>
    public static Claim? Of(Story story, DutyClock clock, PartnerIdentity reader) => clock.Track != Track.Question ? null : story.Entries
        .Where(entry => entry.Claim is { StatusCode: "" or HubWords.Prompted } claim && claim.AskedParty == clock.Party && (claim.OnBehalfOf ?? claim.By) == clock.AskedBy
            && claim.ReceivedAt >= clock.StartedAt && CaseViews.MayRead(entry, reader))
        .MaxBy(entry => entry.Claim.ReceivedAt)?.Claim;

    /// <summary>What is asked, in words; empty: it is not for the reader.</summary>
    public static string TextOf(Story story, DutyClock clock, PartnerIdentity reader)
    {
        if (Of(story, clock, reader) is { } asked) return asked.StaffText;
        if (clock is not { Track: Track.Question } || clock.AskedBy != OrganizationId.Hub) return "";
        return story.State.Items.Any(item => item.InDispute is { } dispute && (dispute.By == clock.Party || dispute.With == clock.Party))
            ? "Two parties say different things about who has the bag. Do you have it?" : "There is another plan for the bag. Do you still have an order for it?";
    }
}
