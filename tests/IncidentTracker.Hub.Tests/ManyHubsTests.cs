using System.Diagnostics;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>The promise about alerts: each is recorded exactly once, however many hubs look and whatever becomes of them.</summary>
public sealed class ManyHubsTests
{
    private const int Due = 10_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // SQLite serves one hub.
    private static readonly int Hubs = TestDatabase.IsPostgres ? 3 : 1;

    // Each kill takes all that run, so that nobody is left to finish the work.
    private static readonly int KilledAtOnce = TestDatabase.IsPostgres ? 2 : 1;

    [Fact]
    public async Task Ten_thousand_words_due_in_the_same_second_are_each_said_once()
    {
        await using var first = await HubProcess.StartAsync([]);
        var dueAt = Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) + Duration.FromSeconds(12);
        await DueCases.StoreAsync(first.Database, Due, dueAt);
        await using var others = await Twins.StartAsync(first, Hubs - 1);

        await AllSaidAsync(first.Database);
        await EachWasSaidOnceAsync(first.Database, dueAt);
    }

    [Fact]
    public async Task Hubs_killed_twenty_times_while_words_are_due_lose_and_double_none()
    {
        await using var first = await HubProcess.StartAsync([]);
        await first.KillAsync();
        var dueAt = Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) - Duration.FromSeconds(1);
        await DueCases.StoreAsync(first.Database, Due, dueAt);
        var random = new Random(20260706);
        for (var kill = 0; kill < 20; kill++)
        {
            await using var hubs = await Twins.StartAsync(first, KilledAtOnce);
            await SaidAsync(first.Database, Math.Min(Due, (kill + 1) * Due / 25 + random.Next(Due / 50)));
            await hubs.KillAsync();
        }
        await using var last = await Twins.StartAsync(first, 1);

        await AllSaidAsync(first.Database);
        await EachWasSaidOnceAsync(first.Database, dueAt);
    }

    private static Task AllSaidAsync(TestDatabase database) => SaidAsync(database, Due);

    private static async Task SaidAsync(TestDatabase database, int count)
    {
        for (var waited = Stopwatch.StartNew(); await database.WithDbAsync(db => db.Alerts.CountAsync()) < count; await Task.Delay(20))
            Assert.True(waited.Elapsed < Patience, $"After {Patience} fewer than {count} words were said.");
    }

    private static async Task EachWasSaidOnceAsync(TestDatabase database, Instant dueAt)
    {
        var words = await database.WithDbAsync(db => db.Claims.AsNoTracking().Where(claim => claim.PartnerId == "HUB").Select(claim => new { claim.IncidentId, claim.UpdateId, claim.ReceivedAt }).ToListAsync());
        Assert.Equal(Due, words.Count);
        Assert.Equal(Due, words.Select(word => word.IncidentId).Distinct().Count());
        Assert.All(words, word => Assert.Equal("clock-1-due-soon", word.UpdateId));
        Assert.All(words, word => Assert.True(word.ReceivedAt > dueAt));
        Assert.Equal(Due, await database.WithDbAsync(db => db.Alerts.CountAsync(alert => alert.Stage == ClockStage.DueSoon)));
        await database.ProveStoredEqualsFoldedAsync();
    }

    /// <summary>Further hubs on the database of another one.</summary>
    private sealed class Twins(IReadOnlyList<HubProcess> hubs) : IAsyncDisposable
    {
        public static async Task<Twins> StartAsync(HubProcess other, int count) =>
            new(await Task.WhenAll(Enumerable.Range(0, count).Select(_ => HubProcess.StartAsync([], on: other.Database))));

        public Task KillAsync() => Task.WhenAll(hubs.Select(hub => hub.KillAsync()));

        public async ValueTask DisposeAsync()
        {
            foreach (var hub in hubs) await hub.DisposeAsync();
        }
    }
}
