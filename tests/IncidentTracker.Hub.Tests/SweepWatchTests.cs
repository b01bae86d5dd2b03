using IncidentTracker.Alerts;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>When the hub says of itself that it is late.</summary>
public sealed class SweepWatchTests
{
    [Fact]
    public async Task A_hub_that_works_and_stays_hours_behind_is_late_until_it_has_caught_up()
    {
        await using var hub = await Hub.StartAsync();
        var watch = await WatchOfAsync(hub);
        for (var i = 0; i < 6; i++)
        {
            await hub.As("XB").OpenAsync($"09011234{i:00}");
            hub.Time.Advance(Duration.FromMinutes(1));
        }
        hub.Time.Advance(Duration.FromHours(3));

        for (var i = 0; i < 4; i++)
        {
            await watch.LookAsync(CancellationToken.None);
            // It moves on: the case that waited longest is another one each time.
            await hub.WithDbAsync(async db => await db.LookAgain.Where(row => row.At == db.LookAgain.Min(one => one.At)).ExecuteDeleteAsync());
        }
        Assert.True(watch.IsLate);

        await hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
        await watch.LookAsync(CancellationToken.None);
        Assert.False(watch.IsLate);
    }

    [Fact]
    public async Task Time_that_passes_in_a_moment_makes_no_hub_late()
    {
        await using var hub = await Hub.StartAsync();
        await hub.As("XB").OpenAsync("0901123400");
        var watch = await WatchOfAsync(hub);
        for (var i = 0; i < 4; i++)
        {
            await watch.LookAsync(CancellationToken.None);
            hub.Time.Advance(Duration.FromHours(5));
            await hub.LiveUntilAsync(hub.Time.Now - Duration.FromHours(1));     // looked at an hour ago
            hub.Time.Advance(Duration.FromHours(1));
            await hub.Services.GetRequiredService<AlertLoop>().RunAsync(CancellationToken.None);
        }
        await watch.LookAsync(CancellationToken.None);

        Assert.False(watch.IsLate);
    }

    [Fact]
    public async Task A_case_at_which_the_hub_cannot_look_does_not_make_it_late()
    {
        await using var hub = await Hub.StartAsync();
        await hub.As("XB").OpenAsync("0901123400");
        await hub.WithDbAsync(db => db.Incidents.ExecuteUpdateAsync(incident => incident.SetProperty(row => row.State, new byte[] { 0xFF, 0xFF })));
        hub.Time.Advance(Duration.FromHours(1));

        await hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
        for (var i = 0; i < 3; i++) await hub.Services.GetRequiredService<SweepWatch>().LookAsync(CancellationToken.None);

        Assert.False(hub.Services.GetRequiredService<SweepWatch>().IsLate);
        Assert.Equal(1, Measured.Of(hub, "it.sla.broken"));
    }

    [Fact]
    public async Task Alerts_of_which_nobody_tells_people_make_the_hub_late()
    {
        await using var hub = await Hub.StartAsync();
        await hub.As("XB").OpenAsync("0901123400");
        await hub.Services.GetRequiredService<AlertLoop>().StopAsync(CancellationToken.None);
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(25));
        hub.Time.Advance(Duration.FromMinutes(4));
        for (var i = 0; i < 3; i++) await hub.Services.GetRequiredService<SweepWatch>().LookAsync(CancellationToken.None);

        using var browser = hub.Browse();
        Assert.StartsWith("ready, degraded: people are told of silences 3", await browser.GetStringAsync("/healthz/ready"), StringComparison.Ordinal);
        Assert.InRange(Measured.Of(hub, "it.alerts.oldest_untold"), 240, 330);

        await hub.Services.GetRequiredService<AlertLoop>().RunAsync(CancellationToken.None);
        await hub.Services.GetRequiredService<SweepWatch>().LookAsync(CancellationToken.None);
        Assert.Equal("ready", await browser.GetStringAsync("/healthz/ready"));
    }

    /// <summary>The watch, which looks only when the test says so.</summary>
    private static async Task<SweepWatch> WatchOfAsync(Hub hub)
    {
        var watch = hub.Services.GetRequiredService<SweepWatch>();
        await watch.StopAsync(CancellationToken.None);
        return watch;
    }
}
