using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace IncidentTracker.Domain;

/// <summary>
/// The public reference of a case, for people to read out on the phone: <c>K7Q-4M2-XDC</c>. Eight random characters and
/// a check character. No vowels (no words), and 29 characters because 29 is prime: every single wrong character and
/// every swap of two neighbours is noticed.
/// </summary>
public readonly record struct Reference
{
    private const string Alphabet = "0123456789BCDFGHJKMNPQRSTVWXZ";
    private const int Length = 9;
    private static readonly SearchValues<char> Known = SearchValues.Create(Alphabet);

    private Reference(string value) => Value = value;

    /// <summary>Nine characters without hyphens, as stored.</summary>
    public string Value { get; }

    /// <summary>Makes a reference out of random bytes; eight are needed.</summary>
    public static Reference From(ReadOnlySpan<byte> random)
    {
        if (random.Length < sizeof(ulong)) throw new ArgumentException("Eight random bytes are needed.", nameof(random));

        var number = BitConverter.ToUInt64(random);
        Span<char> characters = stackalloc char[Length];
        for (var i = 0; i < Length - 1; i++)
        {
            characters[i] = Alphabet[(int)(number % (ulong)Alphabet.Length)];
            number /= (ulong)Alphabet.Length;
        }
        characters[^1] = CheckCharacter(characters[..^1]);
        return new(new string(characters));
    }

    /// <summary>Reads what a person typed: any case, with or without spaces and hyphens, O for 0, I or L for 1.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Reference reference)
    {
        reference = default;
        if (text is null || text.Length > 40) return false;

        Span<char> characters = stackalloc char[Length];
        var count = 0;
        foreach (var typed in text)
        {
            if (typed is ' ' or '-' or '\u00a0' or '\u2011') continue;
            if (count == Length) return false;
            characters[count++] = char.ToUpperInvariant(typed) switch { 'O' => '0', 'I' or 'L' => '1', var other => other };
        }
        if (count != Length || characters.IndexOfAnyExcept(Known) >= 0) return false;
        if (CheckCharacter(characters[..^1]) != characters[^1]) return false;

        reference = new(new string(characters));
        return true;
    }

    /// <summary>As people read it: three groups of three.</summary>
    public override string ToString() => Value is null ? "" : $"{Value[..3]}-{Value[3..6]}-{Value[6..]}";

    // Weights 1 to 8 differ and none is 0 modulo 29.
    private static char CheckCharacter(ReadOnlySpan<char> characters)
    {
        var sum = 0;
        for (var i = 0; i < characters.Length; i++) sum += (i + 1) * Alphabet.IndexOf(characters[i], StringComparison.Ordinal);
        return Alphabet[sum % Alphabet.Length];
    }
}
