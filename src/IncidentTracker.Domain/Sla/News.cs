using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// What anybody could tell the customer: what came into force with a word and was not told before, and not what was only
/// written into it. Without any it is "still searching" again, in whatever words.
/// </summary>
internal static class News
{
    // In characters. What was told before that is forgotten.
    private const int MostTold = 1000;

    private const char Line = '\n';

    /// <summary>Adds to what was told while the same work goes on.</summary>
    public static (string Told, bool IsNews) Tell(string known, IEnumerable<string> facts)
    {
        var (told, isNews) = (known, false);
        foreach (var fact in facts)
            if (!IsTold(told, fact)) (told, isNews) = (told.Length == 0 ? fact : $"{told}{Line}{fact}", true);
        return (told.Length <= MostTold ? told : told[(told.IndexOf(Line, told.Length - MostTold) + 1)..], isNews);
    }

    /// <summary>The facts of a word, each in a line.</summary>
    /// <param name="item">How it stands with the word.</param>
    /// <param name="ahead">How far ahead an expected time may lie.</param>
    public static IEnumerable<string> Of(Claim claim, Marks marks, ItemState item, Instant now, Duration ahead)
    {
        if (InForce(claim, item) is { } status)
            yield return status.Code is "OUT_FOR_DELIVERY" or "DELIVERY_ATTEMPTED" ? $"{status.Code} {Day()}" : status.Code;
        if (NameOf(claim.Place) is { Length: > 0 } place) yield return place;
        foreach (var searched in claim.PlacesChecked)
            if (NameOf(searched) is { Length: > 0 } name) yield return name;
        // To move the time by minutes is no news.
        if (claim.Eta is { } eta && (marks & Marks.EtaNotAuthorised) == 0 && eta.End > now && eta.End <= now + ahead) yield return $"eta {eta.End.ToUnixTimeSeconds() / NodaConstants.SecondsPerHour}";
        if (claim.Flight is { } flight && flight == item.Flight) yield return $"{flight.Carrier}{flight.Number} {flight.Date ?? Day()}";
        if (claim.HasEvidence) yield return "proof";
        if (claim.Custody is { } custody) yield return $"{custody.Action} {custody.From} {custody.To}";
        if (claim.Assignment is { } given) yield return $"{given.Role} {given.Organization}";

        LocalDate Day() => now.InUtc().Date;
    }

    /// <summary>To look for a bag, to keep it, to carry it, to deliver it: whoever says other words about the same work has told nothing yet.</summary>
    public static bool IsSameWork(string status, string other) => status == other
        || (CodeLists.Find(status) is { } one && CodeLists.Find(other) is { } two && one.Track == two.Track && WorkOf(one.Phase) == WorkOf(two.Phase));

    private static bool IsTold(string told, string fact)
    {
        foreach (var line in told.AsSpan().Split(Line))
            if (told.AsSpan()[line].SequenceEqual(fact)) return true;
        return false;
    }

    private static StatusCode? InForce(Claim claim, ItemState item) => claim.Classifier == Classifier.Actual && CodeLists.Find(claim.StatusCode) is { } status
        && status.Code == status.Track switch { Track.Damage => item.DamageCode, Track.Claim => item.ClaimCode, _ => item.StatusCode } ? status : null;

    // Words of one's own for a place can always be found.
    private static string NameOf(Place? place) => place is null ? "" : place.Station.Length > 0 ? place.Station : place.Unlocode;

    private static Phase WorkOf(Phase phase) => phase == Phase.Reported ? Phase.Searching : phase;
}
