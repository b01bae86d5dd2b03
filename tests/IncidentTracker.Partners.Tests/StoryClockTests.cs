using IncidentTracker.Simulator;

namespace IncidentTracker.Partners.Tests;

public sealed class StoryClockTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-11-21T20:00:00Z", null);
    private readonly Scenario _scenario = Stories.Read("sc01");

    [Fact]
    public void The_whole_story_of_the_lost_bag_takes_about_three_minutes()
    {
        var clock = StoryClock.Of(_scenario, Start, 1);

        Assert.InRange(clock.Points[^1].Second, 170, 190);
    }

    [Fact]
    public void Story_time_never_goes_back()
    {
        var clock = StoryClock.Of(_scenario, Start, 1);

        var times = Enumerable.Range(-20, 4000).Select(tenth => clock.StoryAt(Start.AddSeconds(tenth / 10.0))).ToArray();

        Assert.Equal(times.Order(), times);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void Every_step_is_reached_at_its_moment(double speed)
    {
        var clock = StoryClock.Of(_scenario, Start, speed);

        Assert.All(_scenario.Steps, step => Assert.InRange((clock.StoryAt(clock.RealAt(step.At)) - step.At).TotalSeconds, -0.1, 0.1));
    }

    [Fact]
    public void A_word_that_is_a_second_on_its_way_arrives_in_the_minute_it_is_meant_for()
    {
        var clock = StoryClock.Of(_scenario, Start, 1);

        Assert.All(_scenario.Steps, step => Assert.InRange((clock.StoryAt(clock.RealAt(step.At).AddSeconds(1)) - step.At).TotalSeconds, 0, 60));
    }

    [Fact]
    public void Faster_means_less_waiting_between_the_same_moments()
    {
        var slow = StoryClock.Of(_scenario, Start, 1);
        var fast = StoryClock.Of(_scenario, Start, 4);

        Assert.Equal(slow.Points.Select(point => point.Story), fast.Points.Select(point => point.Story));
        Assert.Equal((slow.Points[^1].Second - slow.Points[1].Second) / 4, fast.Points[^1].Second - fast.Points[1].Second, 6);
    }

    [Fact]
    public void After_its_last_step_the_story_goes_on_as_real_time_does()
    {
        var clock = StoryClock.Of(_scenario, Start, 1);
        var end = clock.RealAt(_scenario.Steps[^1].At);

        Assert.Equal(_scenario.Steps[^1].At.AddHours(1), clock.StoryAt(end.AddHours(1)));
        Assert.Equal(end.AddHours(1), clock.RealAt(_scenario.Steps[^1].At.AddHours(1)));
    }

    [Fact]
    public void A_clock_file_reads_back_as_it_was_written()
    {
        var clock = StoryClock.Of(_scenario, Start, 1);

        var read = StoryClock.Parse(clock.ToJson());

        Assert.Equal(clock.StartedAt, read.StartedAt);
        Assert.Equal(clock.Points.AsEnumerable(), read.Points);
    }
}
