using System.Globalization;
using System.Text;

namespace IncidentTracker.Domain;

/// <summary>
/// A family name as its owner proves it. People, tickets and airline systems spell one name in many ways, so names are
/// compared by what is left when everything is gone that a keyboard or a system may have changed.
/// </summary>
public static class FamilyName
{
    /// <summary>Whether two spellings are the same name. A name without a single letter or digit is nobody's.</summary>
    public static bool Matches(string? one, string? other) =>
        Fold(one) is { Length: > 0 } folded && folded == Fold(other);

    /// <summary>
    /// What two spellings of one name have in common: "Müller", "MUELLER" and "Muller" all fold to "MULLER". Folding
    /// again changes nothing. Empty: no name.
    /// </summary>
    public static string Fold(string? name)
    {
        var folded = new StringBuilder();
        foreach (var rune in Decomposed(name).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark || !Rune.IsLetterOrDigit(rune)) continue;

            var letters = Plain(rune);
            // ä is written ae where a keyboard has no ä, and a where a system drops its dots.
            if (letters == "E" && folded.Length > 0 && folded[^1] is 'A' or 'O' or 'U') continue;
            folded.Append(letters);
        }
        return folded.ToString();
    }

    /// <summary>For screens that others may see: first and last letter, and not how long it is.</summary>
    public static string Mask(string? name)
    {
        var letters = new StringInfo((name ?? "").Trim());
        return letters.LengthInTextElements switch
        {
            0 => "",
            // Both ends of a very short name would be all of it.
            <= 3 => letters.SubstringByTextElements(0, 1) + "***",
            var length => $"{letters.SubstringByTextElements(0, 1)}***{letters.SubstringByTextElements(length - 1, 1)}",
        };
    }

    private static string Plain(Rune rune) => rune.ToString() switch
    {
        "ß" or "ẞ" => "SS",
        "æ" or "Æ" => "A",
        "ø" or "Ø" or "œ" or "Œ" => "O",
        "đ" or "Đ" or "ð" or "Ð" => "D",
        "ł" or "Ł" => "L",
        "ħ" or "Ħ" => "H",
        "ı" => "I",
        "þ" or "Þ" => "TH",
        _ => Rune.ToUpperInvariant(rune).ToString(),
    };

    // Half a surrogate pair cannot be decomposed, and is no letter either.
    private static string Decomposed(string? name)
    {
        var whole = string.Concat((name ?? "").EnumerateRunes().Where(rune => rune != Rune.ReplacementChar));
        return whole.Normalize(NormalizationForm.FormKD);
    }
}
