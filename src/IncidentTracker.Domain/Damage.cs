using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// When damage arose, as far as the claims tell: after the last check that found nothing, before the first that saw it;
/// and which parties had their hands on the bag meanwhile. Not a judgement, and never shown to customers.
/// </summary>
public sealed record DamageWindow(Instant? From, Instant Until, OrganizationId SeenBy, ImmutableArray<OrganizationId> NotExcluded)
{
    /// <summary>Null: nobody has seen damage.</summary>
    public static DamageWindow? Of(Story story, string itemId = "")
    {
        var entries = story.Entries.Where(entry => entry.Counts && entry.Claim.Classifier == Classifier.Actual
            && (itemId.Length == 0 || entry.Claim.ItemId.Length == 0 || entry.Claim.ItemId == itemId)).ToArray();

        if (entries.FirstOrDefault(entry => SeesDamage(entry.Claim)) is not { } seen) return null;

        var lastGood = entries.LastOrDefault(entry => entry.Claim.OrderAt < seen.Claim.OrderAt && entry.Claim.Custody?.Condition == BagCondition.Ok);
        var hands = entries
            .Where(entry => entry.Claim.OrderAt >= (lastGood?.Claim.OrderAt ?? Instant.MinValue) && entry.Claim.OrderAt < seen.Claim.OrderAt)
            .Select(entry => entry.Claim.Reporter)
            .Where(reporter => reporter.HandlesBags && reporter.Id != seen.Claim.By)
            .Select(reporter => reporter.Id);
        // Others told of some holders, and those kept silent themselves.
        var holders = story.Custody
            .Where(span => (itemId.Length == 0 || span.ItemId == itemId) && span.From < seen.Claim.OrderAt && (span.Until is null || span.Until > lastGood?.Claim.OrderAt || lastGood is null))
            .Select(span => span.By)
            .Where(holder => holder != OrganizationId.Customer && holder != seen.Claim.By);
        return new(lastGood?.Claim.OrderAt, seen.Claim.OrderAt, seen.Claim.By, [.. hands.Union(holders)]);
    }

    private static bool SeesDamage(Claim claim) =>
        claim.Custody?.Condition == BagCondition.DamageSeen || claim.StatusCode == "DAMAGE_REPORTED";
}

/// <summary>How long a traveller may complain of damage in writing: seven days from receipt (Montreal Convention, article 31). A guide, not legal advice.</summary>
public static class DamageComplaint
{
    private const int Days = 7;

    /// <summary>The last day, on the calendar of the place of receipt. Null: no damage is known, or the bag has not been received.</summary>
    public static LocalDate? LastDay(Story story)
    {
        if (story.State.Items.All(item => item.DamageCode.Length == 0)) return null;

        var receipt = story.Entries.FirstOrDefault(entry => entry.Counts && entry.Claim.Classifier == Classifier.Actual
            && CodeLists.Find(entry.Claim.StatusCode) is { Phase: Phase.Returned, MovesProgress: true });
        return receipt?.Claim.Happened?.Local.Date.PlusDays(Days);
    }
}
