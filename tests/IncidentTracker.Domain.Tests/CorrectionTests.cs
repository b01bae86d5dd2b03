using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>Nothing is edited: what was wrong stays to be seen, struck through, and no longer counts.</summary>
public sealed class CorrectionTests
{
    private static readonly Claim Acknowledged = By("XB").At("07-06 14:02").Says("ACKNOWLEDGED");
    private static readonly Claim OnHand = By("IH").At("07-06 16:00").For("XB").In("FNC").Says("ON_HAND");

    [Fact]
    public void Who_said_it_may_take_it_back()
    {
        var story = Tell(Acknowledged, OnHand, By("IH").At("07-06 17:00").Voids(OnHand));

        Assert.Equal("ACKNOWLEDGED", story.Bag().StatusCode);
        Assert.Equal(Marks.Withdrawn, story.Of(OnHand).Marks);
        Assert.Equal(On("07-06 17:00"), story.Of(OnHand).WithdrawnAt);
    }

    [Fact]
    public void The_party_it_was_said_for_may_take_it_back() =>
        Assert.Equal("ACKNOWLEDGED", Tell(Acknowledged, OnHand, By("XB").At("07-06 17:00").Voids(OnHand)).Bag().StatusCode);

    [Theory]
    [InlineData("GO", Marks.CorrectionRefused)]
    [InlineData("XA", Marks.CorrectionRefused)]
    [InlineData("ZZ", Marks.Quarantined)]
    public void Nobody_else_may(string by, Marks marks)
    {
        var correction = By(by).At("07-06 17:00").Voids(OnHand);
        var story = Tell(Acknowledged, OnHand, correction);

        Assert.Equal("ON_HAND", story.Bag().StatusCode);
        Assert.Equal(marks, story.Of(correction).Marks);
        Assert.Null(story.Of(OnHand).WithdrawnAt);
    }

    [Theory]
    [InlineData("IH")]
    [InlineData("XB")]
    public void A_correction_may_arrive_before_what_it_corrects(string by)
    {
        var facts = Case();
        var correction = By(by).At("07-06 17:00").Voids(OnHand);
        var early = facts.Tell(correction);

        Assert.Equal(Marks.None, early.Of(correction).Marks);
        Assert.Equal(OnHand.Id, Assert.Single(early.State.AwaitedCorrections));
        Assert.Null(Fold.Append(facts, early.State, OnHand.Heard("07-07 10:00") with { Happened = null }));
        Assert.Equal("", facts.Tell(correction, OnHand).Bag().StatusCode);
    }

    [Fact]
    public void A_replacement_stands_where_the_wrong_news_stood_and_says_when_it_was_put_right()
    {
        var right = By("IH").At("07-06 16:00").Heard("07-06 18:30").For("XB").In("LIS").Says("ON_HAND").Replaces(OnHand);

        var story = Tell(OnHand, right);

        Assert.Equal("LIS", story.Bag().Station);
        Assert.Equal(Marks.Replaced, story.Of(OnHand).Marks);
        Assert.Equal(On("07-06 18:30"), story.Of(OnHand).WithdrawnAt);
    }

    [Fact]
    public void Taking_back_a_correction_brings_the_news_back()
    {
        var correction = By("IH").At("07-06 17:00").Voids(OnHand);

        var story = Tell(OnHand, correction, By("IH").At("07-06 18:00").Voids(correction));

        Assert.Equal("ON_HAND", story.Bag().StatusCode);
        Assert.Equal(Marks.None, story.Of(OnHand).Marks);
        Assert.Equal(Marks.Withdrawn, story.Of(correction).Marks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Corrections_of_one_another_say_nothing(int length)
    {
        var circle = Enumerable.Range(0, length).Select(number => By("IH").At("07-06 17:00") with { UpdateId = $"c{number}" }).ToArray();
        for (var i = 0; i < length; i++) circle[i] = circle[i].Voids(circle[(i + 1) % length]);

        var story = Tell([OnHand, .. circle]);

        Assert.Equal("ON_HAND", story.Bag().StatusCode);
        Assert.All(circle, correction => Assert.Equal(Marks.CorrectionRefused, story.Of(correction).Marks));
    }

    [Fact]
    public void A_circle_is_broken_by_one_that_stands()
    {
        var one = By("IH").At("07-06 17:00") with { UpdateId = "one" };
        var two = By("IH").At("07-06 17:00").Voids(one) with { UpdateId = "two" };
        one = one.Voids(two);
        var last = By("IH").At("07-06 18:00").Voids(one);

        var story = Tell(one, two, last);

        Assert.Equal(Marks.Withdrawn, story.Of(one).Marks);
        Assert.Equal(Marks.None, story.Of(two).Marks);
    }

    [Fact]
    public void Thousands_of_corrections_of_corrections_are_followed_to_the_end()
    {
        var claims = new List<Claim> { OnHand };
        for (var i = 0; i < 20_001; i++) claims.Add(By("IH").At("07-06 17:00").Voids(claims[^1]));

        var story = Fold.All(Case(), claims);

        Assert.Equal("", story.Bag().StatusCode);
    }

    [Fact]
    public void A_resend_that_nobody_withdrew_still_counts()
    {
        var again = OnHand.Heard("07-06 20:00") with { UpdateId = "again" };

        Assert.True(Tell(OnHand, again).Of(again).Is(Marks.ProbableDuplicate));
        Assert.Equal("ON_HAND", Tell(OnHand, again, By("IH").At("07-06 21:00").Voids(OnHand)).Bag().StatusCode);
        Assert.Equal("", Tell(OnHand, again, By("IH").At("07-06 21:00").Voids(OnHand), By("IH").At("07-06 21:00").Voids(again)).Bag().StatusCode);
    }

    [Fact]
    public void The_same_delivery_with_a_photo_is_not_the_same_news()
    {
        var bare = By("CQ").At("07-08 11:20").Says("DELIVERED");
        var proven = By("CQ").At("07-08 11:20").Heard("07-08 11:40").Says("DELIVERED").WithProof();

        Assert.False(Tell(bare, proven).Of(proven).Is(Marks.ProbableDuplicate));
    }

    [Fact]
    public void A_resend_is_noticed_although_something_else_happened_at_the_same_moment()
    {
        var loaded = By("GO").At("07-06 12:40").Says("LOADED") with { PartnerSequence = 1 };
        var departed = By("GO").At("07-06 12:40").Says("FORWARD_DEPARTED") with { PartnerSequence = 2 };
        var again = loaded with { UpdateId = "again", PartnerSequence = 3, ReceivedAt = loaded.ReceivedAt + Duration.FromMinutes(1) };

        Assert.Equal("FORWARD_DEPARTED", Tell(loaded, departed, again).Bag().StatusCode);
    }

    [Fact]
    public void Only_a_match_that_was_believed_takes_other_news_with_it()
    {
        var pretended = By("LH2").At("07-06 15:00").Says("MATCH_CONFIRMED");
        var found = By("GO").At("07-06 16:00").In("FRA").Says("ON_HAND");

        var story = Tell(pretended, found, By("LH2").At("07-06 17:00").Voids(pretended));

        Assert.Equal("ON_HAND", story.Bag().StatusCode);
    }
}
