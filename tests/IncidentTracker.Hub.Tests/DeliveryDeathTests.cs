using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>Hubs that die at the worst moments: what was stored is told, and what was sent but not noted comes again under its id.</summary>
public sealed class DeliveryDeathTests(ITestOutputHelper output) : DeliveryTest
{
    private const int DueAtEachKill = 20;
    private static readonly int Kills = TestDatabase.IsPostgres ? 5 : 3;

    private static readonly KeyValuePair<string, string>[] Environment =
        [.. DevelopmentPartners.Settings.Append(("Webhooks:InternalRanges:0", "127.0.0.0/8")).Select(setting => KeyValuePair.Create(setting.Item1.Replace(":", "__", StringComparison.Ordinal), setting.Item2))];

    [Fact]
    public async Task An_update_that_was_stored_when_the_hub_died_becomes_an_event_after_the_restart_once()
    {
        await EndpointAsync("XB");
        var reference = await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);

        // It dies after the one and before the other.
        await Hub.Services.GetServices<IHostedService>().OfType<FanOutLoop>().Single().StopAsync(CancellationToken.None);
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        await Hub.StopAsync();
        Assert.Equal(1, await Hub.WithDbAsync(db => db.Events.CountAsync()));

        for (var i = 0; i < 2; i++)
        {
            await Hub.RestartAsync();
            await FannedOutAsync();
            await UntilAsync(() => Hub.WithDbAsync(async db => !await db.Deliveries.AnyAsync(row => row.NextAt != null)));
        }

        Assert.Equal([(1L, reference), (2L, reference)], Receiver.Events.Select(one => (one.Sequence, one.Json.GetProperty("data").GetProperty("reference").GetString()!)));
    }

    [Fact]
    public async Task A_hub_killed_again_and_again_between_sending_and_noting_it_loses_nothing_and_gives_nothing_two_ids()
    {
        await using var hub = await HubProcess.StartAsync(Environment);
        var database = hub.Database;
        await DueCases.StoreAsync(database, 3 * Kills * DueAtEachKill, Now() + Duration.FromDays(1));
        var cases = await database.WithDbAsync(db => db.Incidents.Select(row => row.Id).ToListAsync());
        await FollowAsync(hub);
        var random = new Random(20260706);

        var (tries, hits) = (0, 0);
        for (; hits < Kills; tries++)
        {
            Assert.True(tries < 3 * Kills, $"Only {hits} of {tries} kills came between sending and noting.");
            var before = Receiver.Events.Count;
            // Every other time it dies while it waits for the answer; otherwise with the answer in its hands, or just noted.
            Receiver.Answer = tries % 2 == 0 ? Receiver.Hang() : Receiver.Status(200);
            await DueCases.MoveAsync(database, [.. cases.Skip(tries * DueAtEachKill).Take(DueAtEachKill)], Now());
            var some = random.Next(1, 7);
            await UntilAsync(() => Task.FromResult(Receiver.Events.Count >= before + some), lookEveryMilliseconds: 2);

            await hub.KillAsync();

            var arrived = Receiver.Events.Skip(before).Select(one => one.Id).ToArray();
            if (await database.WithDbAsync(db => db.Deliveries.AnyAsync(row => arrived.Contains(row.Id) && row.DeliveredAt == null))) hits++;
            // As it is when the lock of the dead has run out.
            await database.WithDbAsync(db => db.Deliveries.ExecuteUpdateAsync(set => set.SetProperty(row => row.LockedUntil, (Instant?)null)));
            await hub.StartAgainAsync(Environment);
        }
        Receiver.Answer = Receiver.Status(200);
        var moved = tries * DueAtEachKill;
        await UntilAsync(async () => await database.WithDbAsync(db => db.Alerts.CountAsync(alert => alert.Stage == ClockStage.DueSoon)) >= moved);
        await UntilAsync(() => database.WithDbAsync(async db => await db.Events.Select(one => one.IncidentId).Distinct().CountAsync() >= moved && !await db.Deliveries.AnyAsync(row => row.NextAt != null)));

        var alerts = await database.WithDbAsync(db => db.Alerts.AsNoTracking().Where(alert => alert.Stage == ClockStage.DueSoon).Select(alert => alert.IncidentId).ToListAsync());
        Assert.Equal((moved, moved), (alerts.Count, alerts.Distinct().Count()));
        var queued = await database.WithDbAsync(db => db.Deliveries.AsNoTracking().Where(row => row.EventType != EventBody.Challenge).Select(row => row.Id).ToListAsync());
        var news = Receiver.Events.GroupBy(one => (one.Json.GetProperty("data").GetProperty("reference").GetString(), one.Sequence)).ToArray();
        output.WriteLine($"{tries} kills, {hits} of them between sending and noting; {news.Length} events arrived {Receiver.Events.Count} times");
        Assert.All(news, one => Assert.Single(one.Select(copy => (copy.Id, copy.Body)).Distinct()));
        Assert.Equal(queued.Order(), news.Select(one => one.First().Id).Order());
        Assert.Equal(queued.Count, await database.WithDbAsync(db => db.Events.CountAsync()));
        Assert.True(Receiver.Events.Count > news.Length, "Nothing came twice, so nothing was sent and not noted.");
        await database.ProveStoredEqualsFoldedAsync();
    }

    private static Instant Now() => TimeProvider.System.Now();

    /// <summary>Has the events of XB sent to the receiver, and waits until that is proven.</summary>
    private async Task FollowAsync(HubProcess hub)
    {
        using var client = new HttpClient { BaseAddress = hub.Web };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", DevelopmentPartners.KeyOf("XB"));
        using var answer = await client.PostAsJsonAsync("/api/v1/webhook-endpoints", new { url = new Uri(Receiver.Address, "hook").ToString() });
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        await UntilAsync(() => hub.Database.WithDbAsync(db => db.WebhookEndpoints.AnyAsync(row => row.Id == id && row.State == EndpointState.Active)));
    }
}
