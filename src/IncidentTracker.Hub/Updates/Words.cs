namespace IncidentTracker.Updates;

/// <summary>
/// Codes, stations, zones and names of parties come again in every update. What stays in memory of many cases refers to
/// one copy of each word instead of its own. A word that falls on the place of another takes it: nothing grows.
/// </summary>
internal static class Words
{
    private const int Places = 4_096;
    private const int Longest = 32;

    private static readonly string?[] Known = new string?[Places];

    public static string Shared(string word)
    {
        if (word.Length is 0 or > Longest) return word;
        ref var place = ref Known[(uint)word.GetHashCode(StringComparison.Ordinal) % Places];
        return place is { } known && known == word ? known : place = word;
    }
}
