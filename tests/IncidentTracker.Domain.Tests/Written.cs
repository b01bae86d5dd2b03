namespace IncidentTracker.Domain.Tests;

/// <summary>States and stories as text, so that two can be compared and a difference can be read.</summary>
internal static class Written
{
    public static string Of(Story story) => string.Join('\n', [Of(story.State), .. Entries(story), .. story.Custody.Select(span => span.ToString())]);

    public static string Of(CaseState state) => string.Join('\n',
    [
        WhereItStands(state),
        $"parties {string.Join(' ', state.Parties)}, waiting {string.Join(' ', state.Waiting)}",
        $"awaited {string.Join(' ', state.AwaitedCorrections.Select(id => id.ToString()).Order(StringComparer.Ordinal))}",
        $"heard {state.HeardAt} from {state.HeardFrom}, last {state.LastOrderAt}, {state.ClaimCount} claims",
    ]);

    /// <summary>What a case has come to, without who was heard and when.</summary>
    public static string WhereItStands(CaseState state) =>
        string.Join('\n', [.. state.Items.Select(item => item.ToString()), $"owner {state.Owner}", .. state.Assignments.Select(given => given.ToString())]);

    public static string WhereItStands(Story story) => string.Join('\n', [WhereItStands(story.State), .. story.Custody.Select(span => span.ToString())]);

    public static IEnumerable<string> Entries(Story story) => story.Entries.Select(entry => $"{entry.Claim.Id} {entry.Marks} {entry.WithdrawnAt}");

    public static string Of(Claim claim) => string.Join(' ', new[]
    {
        claim.Id.ToString(), $"for {claim.OnBehalfOf}", $"item '{claim.ItemId}'", claim.Classifier.ToString(), claim.StatusCode,
        $"happened {claim.Happened?.At} {claim.Happened?.Precision}", $"received {claim.ReceivedAt}", $"seq {claim.PartnerSequence}",
        $"asks {claim.AskedParty}", claim.HasEvidence ? "proof" : "", claim.IsInternal ? "internal" : "", $"{claim.Place} {claim.Custody} {claim.Eta} {claim.Flight} {claim.Assignment} {claim.Correction}",
    });
}
