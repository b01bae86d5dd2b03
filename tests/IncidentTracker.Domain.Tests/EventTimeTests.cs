using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>Partners' clocks: late, fast, inexact, and in every zone.</summary>
public sealed class EventTimeTests
{
    [Theory]
    [InlineData("+02:00", 120)]
    [InlineData("-09:30", -570)]
    [InlineData("+00:00", 0)]
    [InlineData("Z", 0)]
    [InlineData("+14:00", 840)]
    [InlineData("+15:00", null)]
    [InlineData("+02:00:30", null)]
    [InlineData("-18:00", null)]
    [InlineData("Europe/Warsaw", 120)]
    [InlineData("Asia/Kathmandu", 345)]
    [InlineData("UTC", 0)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("+19:00", null)]
    [InlineData("+2", null)]
    [InlineData("++02:00", null)]
    [InlineData("02:00", null)]
    [InlineData("CEST or so", null)]
    [InlineData("Mars/Olympus", null)]
    [InlineData("europe/warsaw\0", null)]
    public void A_zone_means_an_offset_or_nothing(string? zone, int? minutes) =>
        Assert.Equal(minutes is { } known ? Offset.FromSeconds(known * 60) : null, EventTime.OffsetAt(zone, On("07-06 12:00")));

    [Fact]
    public void A_zone_has_its_winter_too() =>
        Assert.Equal(Offset.FromHours(1), EventTime.OffsetAt("Europe/Warsaw", Instant.FromUtc(2026, 1, 6, 12, 0)));

    [Theory]
    [InlineData("07-06 12:04", Marks.None)]
    [InlineData("07-06 12:05", Marks.None)]
    [InlineData("07-06 12:06", Marks.ClockSkew)]
    public void A_fast_clock_is_noted_and_cannot_put_its_owners_word_last(string said, Marks mark)
    {
        var fast = By("GO").At(said).Heard("07-06 12:00").Says("LOADED");

        var story = Tell(fast, By("LH2").At("07-06 12:03").In("LIS").Says("OFFLOADED"));

        Assert.Equal(mark, story.Of(fast).Marks);
        Assert.Equal(On("07-06 12:00"), fast.OrderAt);
        Assert.Equal("OFFLOADED", story.Bag().StatusCode);
    }

    [Theory]
    [InlineData("07-07 12:00", true)]
    [InlineData("07-07 12:01", false)]
    public void A_clock_more_than_a_day_ahead_is_refused(string said, bool accepted)
    {
        var refused = Updates.Check(By("GO").At(said).Heard("07-06 12:00").Says("LOADED")).Select(violation => violation.Why);

        Assert.Equal(accepted ? [] : [Refusals.EventTimeInFuture], refused);
    }

    [Fact]
    public void Nothing_happened_before_the_year_2000() => Assert.Equal([Refusals.EventTimeTooOld],
        Updates.Check(By("GO").At("07-06 12:00").Says("LOADED") with { Happened = new(Instant.FromUnixTimeSeconds(0), "Z", Offset.Zero, TimePrecision.Second) })
            .Select(violation => violation.Why));

    [Theory]
    [InlineData("07-06 11:00", Marks.None)]
    [InlineData("07-06 10:59", Marks.Late)]
    public void News_is_late_after_an_hour(string happened, Marks mark)
    {
        var claim = By("GO").At(happened).Heard("07-06 12:00").Says("LOADED");

        Assert.Equal(mark, Tell(claim).Of(claim).Marks);
    }

    [Theory]
    [InlineData("07-06 23:00", "")]
    [InlineData("07-07 00:59", "")]
    [InlineData("07-07 01:01", "reported 1 day late")]
    [InlineData("07-09 12:00", "reported 3 days late")]
    public void A_day_is_late_after_its_end(string heard, string late) =>
        Assert.Equal(late, Sentences.ReportedLate(By("CQ").OnDay("07-06").Heard(heard).Says("DELIVERED")));

    [Fact]
    public void What_happened_on_a_day_counts_after_what_is_known_to_have_happened_during_it()
    {
        var onTheVan = By("CQ").At("07-08 09:15").Says("OUT_FOR_DELIVERY");
        var delivered = By("CQ").OnDay("07-08").Heard("07-08 13:00").Says("DELIVERED");
        var nextDay = By("CUSTOMER").At("07-09 08:00").Says("DELIVERY_DISPUTED");

        Assert.Equal("DELIVERED", Tell(onTheVan, delivered).Bag().StatusCode);
        Assert.Equal("DELIVERY_DISPUTED", Tell(onTheVan, delivered.Heard("07-09 12:00"), nextDay).Bag().StatusCode);
    }

    [Fact]
    public void What_happened_nobody_knows_when_is_as_fresh_as_its_receipt()
    {
        var claim = By("GO").Heard("07-06 12:00").Says("LOADED");

        Assert.Equal(Marks.TimeUnknown, Tell(claim).Of(claim).Marks);
        Assert.Equal(On("07-06 12:00"), claim.OrderAt);
    }

    [Fact]
    public void When_a_system_stored_a_plan_is_never_used_for_its_order() =>
        Assert.Equal(On("07-06 12:00"), (By("GO").Heard("07-06 12:00").Plans("FORWARD_PLANNED") with { SourceRecordedAt = On("07-06 08:00") }).OrderAt);
}
