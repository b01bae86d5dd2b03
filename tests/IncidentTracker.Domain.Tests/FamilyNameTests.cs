namespace IncidentTracker.Domain.Tests;

/// <summary>One name, many keyboards.</summary>
public sealed class FamilyNameTests
{
    [Theory]
    [InlineData("Müller", "MUELLER")]
    [InlineData("Müller", "Muller")]
    [InlineData("Mueller", "muller")]
    [InlineData("Weiß", "WEISS")]
    [InlineData("Groẞ", "gross")]
    [InlineData("Sørensen", "Sorensen")]
    [InlineData("Sørensen", "Soerensen")]
    [InlineData("Ibáñez", "IBANEZ")]
    [InlineData("O'Brien", "O’BRIEN")]
    [InlineData("O'Brien", "obrien")]
    [InlineData("van der Berg", "VANDERBERG")]
    [InlineData("García-López", "Garcia Lopez")]
    [InlineData("Łukasiewicz", "lukasiewicz")]
    [InlineData("Çelik", "celik")]
    [InlineData("Işık", "ISIK")]
    [InlineData("ﬁscher", "Fischer")]
    [InlineData("Jörg\u00a0Ähm", "JOERGAEHM")]
    [InlineData("Mu\u0308ller", "Müller")]
    [InlineData("Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ")]
    public void The_same_name_is_recognised_however_it_is_spelt(string one, string other)
    {
        Assert.True(FamilyName.Matches(one, other));
        Assert.True(FamilyName.Matches(other, one));
        Assert.Equal(FamilyName.Fold(one), FamilyName.Fold(FamilyName.Fold(other)));
    }

    [Theory]
    [InlineData("Müller", "Möller")]
    [InlineData("Schmidt", "Schmitt")]
    [InlineData("Li", "Lee")]
    [InlineData("Müller", "Mül")]
    [InlineData("", "")]
    [InlineData("-", "'")]
    [InlineData(null, null)]
    [InlineData("王", "李")]
    public void Another_name_is_not(string? one, string? other) => Assert.False(FamilyName.Matches(one, other));

    [Theory]
    [InlineData("Schmidt", "S***t")]
    [InlineData("Müllerová", "M***á")]
    [InlineData("Wong", "W***g")]
    [InlineData("Lee", "L***")]
    [InlineData("Li", "L***")]
    [InlineData("", "")]
    [InlineData(" ", "")]
    public void Others_see_only_the_ends_of_a_name(string name, string masked) => Assert.Equal(masked, FamilyName.Mask(name));

    [Fact]
    public void Broken_text_is_nobodys_name() => Assert.Equal("AB", FamilyName.Fold("a\ud800b"));
}
