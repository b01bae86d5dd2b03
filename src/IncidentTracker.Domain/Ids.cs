using System.Buffers;

namespace IncidentTracker.Domain;

/// <summary>Names a case inside the hub. Written as <c>inc_</c> and 32 hexadecimal digits; time-ordered (UUID version 7).</summary>
public readonly record struct IncidentId(Guid Value) : IComparable<IncidentId>
{
    private const string Prefix = "inc_";

    public static bool TryParse(string? text, out IncidentId id)
    {
        id = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        if (!Guid.TryParseExact(text.AsSpan(Prefix.Length), "N", out var value)) return false;
        id = new(value);
        return true;
    }

    public int CompareTo(IncidentId other) => Value.CompareTo(other.Value);

    public static bool operator <(IncidentId left, IncidentId right) => left.CompareTo(right) < 0;
    public static bool operator >(IncidentId left, IncidentId right) => left.CompareTo(right) > 0;
    public static bool operator <=(IncidentId left, IncidentId right) => left.CompareTo(right) <= 0;
    public static bool operator >=(IncidentId left, IncidentId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Prefix + Value.ToString("N");
}

/// <summary>Names an organization: 2 to 16 letters and digits, chosen when it joins ("XB", "GO", "CQ").</summary>
public readonly record struct OrganizationId(string Value)
{
    /// <summary>The traveller. Not an organization, but bags pass into the traveller's hands too.</summary>
    public static readonly OrganizationId Customer = new("CUSTOMER");

    /// <summary>The hub itself, where it judges what others said. No partner can have this name.</summary>
    public static readonly OrganizationId Hub = new("HUB");

    private static readonly SearchValues<char> Known = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    public static bool IsWellFormed(string? text) =>
        text is { Length: >= 2 and <= 16 } && !text.AsSpan().ContainsAnyExcept(Known);

    public override string ToString() => Value;
}

/// <summary>Names a claim for ever: who said it and the sayer's own name for it, within one case.</summary>
public readonly record struct ClaimId(OrganizationId By, string UpdateId);
