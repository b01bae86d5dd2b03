using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// What the same party said about the same moment under two names: a resend by a system that forgot. What the hub
/// received first counts; what was taken back has not been said and hides nothing.
/// </summary>
internal static class Duplicates
{
    public static HashSet<ClaimId> Of(ImmutableArray<Claim> ordered, Corrections corrections) =>
    [
        .. ordered
            .Where(claim => claim.Happened is not null && claim.Correction is null && claim.Judgement is null && corrections.Of(claim) is null)
            .GroupBy(claim => (claim.By, claim.Happened))
            .Where(sameMoment => sameMoment.Skip(1).Any())
            .SelectMany(sameMoment => sameMoment.GroupBy(What))
            .SelectMany(sameWords => sameWords.OrderBy(claim => claim.ReceivedAt).Skip(1))
            .Select(claim => claim.Id),
    ];

    // All but its names and its receipt.
    private static Claim What(Claim claim) => claim with
    {
        Reporter = claim.Reporter with { ActsFor = [] },
        UpdateId = "",
        PartnerSequence = 0,
        SourceRecordedAt = null,
        ReceivedAt = default,
        VisibleTo = [],
        PlacesChecked = [],
    };
}
