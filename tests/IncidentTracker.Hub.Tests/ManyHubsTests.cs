using System.Diagnostics;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>
/// The promise about alerts: each is recorded exactly once and soon, however many hubs look and whatever becomes of them.
/// With processes of their own and real time.
/// </summary>
public sealed class ManyHubsTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly Duration Lease = Duration.FromSeconds(10);

    // What a clock of the cases has left after its reminder.
    private static readonly Duration ReminderToDue = Duration.FromMinutes(6);

    // SQLite serves one hub, which nobody else can take work from.
    private static readonly int Hubs = TestDatabase.IsPostgres ? 3 : 1;
    private static readonly int Kills = TestDatabase.IsPostgres ? 20 : 3;
    private static readonly int MostTries = Kills + 4;
    private static readonly int DueAtOnce = TestDatabase.IsPostgres ? 10_000 : 2_000;

    // A hub takes 500 cases at a time: enough that all of them have work, in transactions that are small enough to be hit.
    private static readonly int DueAtEachKill = TestDatabase.IsPostgres ? 1_200 : 1_000;
    private static readonly Dictionary<string, string> SmallSteps = new() { ["Ingest__BatchSize"] = "10" };

    [Fact]
    public async Task Thousands_of_words_due_in_the_same_second_are_each_said_once()
    {
        await using var hubs = await Crew.StartAsync(Hubs, []);
        var cases = await StoreAsync(hubs.Database, DueAtOnce);
        var dueAt = Now() + Duration.FromSeconds(10);
        await DueCases.MoveAsync(hubs.Database, cases, dueAt);
        Assert.True(Now() < dueAt, "The cases were due before all of them were stored.");

        await SaidAsync(hubs.Database, cases.Count);

        var late = await LateAsync(hubs.Database);
        var (middle, most, last) = (late[late.Length / 2], late[late.Length * 99 / 100], late[^1]);
        output.WriteLine($"{Hubs} hubs on {hubs.Database.EngineName}: due to recorded p50 {middle.TotalSeconds:0.00} s, p99 {most.TotalSeconds:0.00} s, max {last.TotalSeconds:0.00} s");
        Assert.True(late[0] > Duration.Zero, $"A word was said {late[0]} after it was due.");
        await EachWasSaidOnceAsync(hubs.Database, cases.Count);
    }

    [Fact]
    public async Task Hubs_killed_again_and_again_while_they_say_words_lose_and_double_none_and_the_others_go_on()
    {
        await using var hubs = await Crew.StartAsync(Hubs, SmallSteps);
        var cases = await StoreAsync(hubs.Database, MostTries * DueAtEachKill);
        var (tries, hits) = (0, 0);
        for (; hits < Kills; tries++)
        {
            Assert.True(tries < MostTries, $"Only {hits} of {tries} kills came in the middle of the work.");
            var dueAt = Now();
            await DueCases.MoveAsync(hubs.Database, [.. cases.Skip(tries * DueAtEachKill).Take(DueAtEachKill)], dueAt);
            await SaidAsync(hubs.Database, 1, dueAt);

            await hubs.All[tries % Hubs].KillAsync();

            // One that came when all was said proves nothing, and does not count.
            if (await CountAsync(hubs.Database, dueAt) < DueAtEachKill) hits++;
            await hubs.All[tries % Hubs].StartAgainAsync(SmallSteps);
        }
        await SaidAsync(hubs.Database, tries * DueAtEachKill);

        var late = await LateAsync(hubs.Database);
        output.WriteLine($"{tries} kills, {hits} in the middle, {Hubs} hubs on {hubs.Database.EngineName}: due to recorded p50 {late[late.Length / 2].TotalSeconds:0.00} s, max {late[^1].TotalSeconds:0.00} s");
        await EachWasSaidOnceAsync(hubs.Database, tries * DueAtEachKill);
    }

    [Fact]
    public async Task A_hub_that_stood_still_for_longer_than_its_lease_says_nothing_twice_when_it_wakes()
    {
        await using var hubs = await Crew.StartAsync(Math.Min(Hubs, 2), SmallSteps);
        var cases = await StoreAsync(hubs.Database, DueAtEachKill);
        var dueAt = Now();
        await DueCases.MoveAsync(hubs.Database, cases, dueAt);
        await SaidAsync(hubs.Database, 1, dueAt);

        await hubs.All[0].FreezeAsync();
        Assert.InRange(await CountAsync(hubs.Database, dueAt), 1, cases.Count - 1);
        while (Now() < dueAt + Lease + Duration.FromSeconds(3)) await Task.Delay(100);      // others have taken over what can be taken
        await hubs.All[0].WakeAsync();

        await SaidAsync(hubs.Database, cases.Count);
        using var web = new HttpClient { BaseAddress = hubs.All[0].Web };
        Assert.StartsWith("ready", await web.GetStringAsync("/healthz/ready"), StringComparison.Ordinal);
        await EachWasSaidOnceAsync(hubs.Database, cases.Count);
    }

    private static Instant Now() => TimeProvider.System.Now();

    private static async Task<IReadOnlyList<IncidentId>> StoreAsync(TestDatabase database, int count)
    {
        await DueCases.StoreAsync(database, count, Now() + Duration.FromDays(1));
        return await database.WithDbAsync(db => db.Incidents.Select(row => row.Id).ToListAsync());
    }

    private static Task<int> CountAsync(TestDatabase database, Instant? dueAt) =>
        database.WithDbAsync(db => db.Alerts.CountAsync(alert => alert.Stage == ClockStage.DueSoon && (dueAt == null || alert.DueAt == dueAt + ReminderToDue)));

    private static async Task SaidAsync(TestDatabase database, int count, Instant? dueAt = null)
    {
        for (var waited = Stopwatch.StartNew(); await CountAsync(database, dueAt) < count; await Task.Delay(20))
            Assert.True(waited.Elapsed < Patience, $"After {Patience} fewer than {count} words were said.");
    }

    /// <summary>How late each word was, the quickest first.</summary>
    private static async Task<Duration[]> LateAsync(TestDatabase database) =>
        [.. (await database.WithDbAsync(db => db.Alerts.AsNoTracking().Where(alert => alert.Stage == ClockStage.DueSoon).ToListAsync())).Select(alert => alert.FiredAt - (alert.DueAt - ReminderToDue)).Order()];

    private static async Task EachWasSaidOnceAsync(TestDatabase database, int count)
    {
        var words = await database.WithDbAsync(db => db.Claims.AsNoTracking().Where(claim => claim.PartnerId == "HUB").Select(claim => new { claim.IncidentId, claim.UpdateId }).ToListAsync());
        // Where a machine is so slow that the first cases are overdue before the last were reminded, they were told that too.
        Assert.Equal(count, words.Where(word => word.UpdateId == "clock-1-due-soon").Select(word => word.IncidentId).Distinct().Count());
        Assert.Equal(count, words.Count(word => word.UpdateId == "clock-1-due-soon"));
        Assert.All(words.Where(word => word.UpdateId != "clock-1-due-soon"), word => Assert.Equal("clock-1-breached", word.UpdateId));
        Assert.Equal(count, await CountAsync(database, null));
        Assert.Equal(words.Count, await database.WithDbAsync(db => db.Alerts.CountAsync()));
        await database.ProveStoredEqualsFoldedAsync();
    }

    /// <summary>Hubs on one database.</summary>
    private sealed class Crew(IReadOnlyList<HubProcess> hubs) : IAsyncDisposable
    {
        public IReadOnlyList<HubProcess> All => hubs;

        public TestDatabase Database => hubs[0].Database;

        public static async Task<Crew> StartAsync(int count, Dictionary<string, string> settings)
        {
            List<HubProcess> hubs = [await HubProcess.StartAsync(settings)];
            var crew = new Crew(hubs);
            try
            {
                while (hubs.Count < count) hubs.Add(await HubProcess.StartAsync(settings, on: crew.Database));
                return crew;
            }
            catch
            {
                await crew.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var hub in hubs.Reverse()) await hub.DisposeAsync();
        }
    }
}
