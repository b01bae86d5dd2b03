using static System.StringComparison;

namespace IncidentTracker.Domain;

/// <summary>
/// A range of two-digit bag types after IATA Resolution 743b. Ranges and not single types, because that much is certain; the chart itself changes.
/// </summary>
public sealed record BagType(string From, string To, string Meaning)
{
    public bool Covers(string type) =>
        type.Length == From.Length && string.Compare(From, type, Ordinal) <= 0 && string.Compare(type, To, Ordinal) <= 0;
}

/// <summary>A two-letter bag colour after IATA Resolution 743b, so that "BK" reads as black to people who never saw the chart.</summary>
public sealed record Colour(string Code, string Name);
