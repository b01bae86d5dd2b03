namespace IncidentTracker.Domain.Tests;

/// <summary>The reference people read out on the phone.</summary>
public sealed class ReferenceTests
{
    private const string Alphabet = "0123456789BCDFGHJKMNPQRSTVWXZ";

    private static readonly Reference[] Some = [.. Enumerable.Range(0, 60).Select(number => Reference.From(BitConverter.GetBytes((ulong)number * 0x9E3779B97F4A7C15)))];

    [Fact]
    public void A_reference_reads_back_as_it_was_written()
    {
        Assert.All(Some, reference =>
        {
            Assert.Matches("^[0-9B-Z]{3}-[0-9B-Z]{3}-[0-9B-Z]{3}$", reference.ToString());
            Assert.Equal(reference, Parse(reference.ToString()));
            Assert.Equal(reference, Parse(reference.Value));
        });
        Assert.Equal(Some.Length, Some.Distinct().Count());
    }

    [Fact]
    public void Every_single_wrong_character_is_noticed() => Assert.All(Some, reference =>
    {
        for (var at = 0; at < reference.Value.Length; at++)
            foreach (var wrong in Alphabet.Where(character => character != reference.Value[at]))
                Assert.Null(Parse(reference.Value[..at] + wrong + reference.Value[(at + 1)..]));
    });

    [Fact]
    public void Every_swap_of_two_neighbours_is_noticed() => Assert.All(Some, reference =>
    {
        for (var at = 0; at < reference.Value.Length - 1; at++)
        {
            var swapped = reference.Value.ToCharArray();
            (swapped[at], swapped[at + 1]) = (swapped[at + 1], swapped[at]);
            if (swapped[at] != swapped[at + 1]) Assert.Null(Parse(new string(swapped)));
        }
    });

    [Fact]
    public void People_may_type_it_as_they_hear_it()
    {
        var reference = Some.First(one => one.Value.Contains('0') && one.Value.Contains('1'));

        Assert.Equal(reference, Parse(reference.Value.Replace('0', 'O')));
        Assert.Equal(reference, Parse(reference.Value.Replace('0', 'o').Replace('1', 'l')));
        Assert.Equal(reference, Parse(reference.Value.Replace('1', 'I')));
        Assert.Equal(reference, Parse($"  {reference.ToString().Replace("-", " - ")} ".ToLowerInvariant()));
        Assert.Equal(reference, Parse(reference.ToString().Replace('-', '\u2011')));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("---")]
    [InlineData("K7Q-4M2")]
    [InlineData("AEU-AEU-AEU")]
    [InlineData("K7Q-4M2-XDC-0")]
    public void Anything_else_is_no_reference(string? text) => Assert.Null(Parse(text));

    [Fact]
    public void No_reference_reads_as_nothing() => Assert.Equal("", default(Reference).ToString());

    private static Reference? Parse(string? text) => Reference.TryParse(text, out var reference) ? reference : null;
}
