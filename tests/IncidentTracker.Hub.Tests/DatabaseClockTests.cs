using IncidentTracker.Data;
using Microsoft.Extensions.DependencyInjection;

namespace IncidentTracker.HubTests;

/// <summary>All hubs go by the database's clock, whatever is done to that of their machine.</summary>
public sealed class DatabaseClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 7, 6, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Whoever_sets_the_clock_of_the_machine_moves_nothing()
    {
        var machine = new Machine();
        var clock = new DatabaseClock(machine);
        Assert.Equal(Noon, clock.GetUtcNow());

        clock.Set(Noon, clock.GetTimestamp());
        machine.Wall += TimeSpan.FromHours(1);
        machine.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(Noon.AddSeconds(3), clock.GetUtcNow());

        clock.Set(Noon.AddSeconds(3), clock.GetTimestamp());
        Assert.Equal(Noon.AddSeconds(3), clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromHours(1), clock.Skew);
    }

    [Fact]
    public void The_database_is_right_from_the_first_answer_on_and_when_it_is_set_itself()
    {
        var machine = new Machine();
        var clock = new DatabaseClock(machine);
        clock.Set(Noon.AddDays(-1), clock.GetTimestamp());
        Assert.Equal(Noon.AddDays(-1), clock.GetUtcNow());

        clock.Set(Noon.AddSeconds(30), clock.GetTimestamp());
        Assert.Equal(Noon.AddSeconds(30), clock.GetUtcNow());
    }

    [Fact]
    public void The_way_of_an_answer_is_no_difference()
    {
        var machine = new Machine();
        var clock = new DatabaseClock(machine);
        clock.Set(Noon, clock.GetTimestamp());

        var asked = clock.GetTimestamp();
        machine.Run(TimeSpan.FromMilliseconds(300));
        clock.Set(Noon.AddMilliseconds(10), asked);     // made at once, and long on its way back
        Assert.Equal(Noon.AddMilliseconds(300), clock.GetUtcNow());
    }

    [Fact]
    public async Task A_hub_on_PostgreSQL_knows_the_time_of_its_database_and_one_on_SQLite_that_of_its_machine()
    {
        await using var hub = await Hub.StartAsync();
        var answer = await hub.WithDbAsync(db => hub.Services.GetRequiredService<Engine>().TimeAsync(db, CancellationToken.None));

        Assert.Equal(TestDatabase.IsPostgres, answer is not null);
        if (answer is { } at) Assert.Equal(TimeProvider.System.GetUtcNow(), at, TimeSpan.FromSeconds(5));
    }

    /// <summary>A machine whose clock can be set while its stopwatch runs on.</summary>
    private sealed class Machine : TimeProvider
    {
        private long _ticks;

        public DateTimeOffset Wall { get; set; } = Noon;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public override DateTimeOffset GetUtcNow() => Wall;

        public void Run(TimeSpan length)
        {
            _ticks += length.Ticks;
            Wall += length;
        }
    }
}
