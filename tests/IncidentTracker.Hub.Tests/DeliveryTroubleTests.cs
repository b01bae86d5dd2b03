using IncidentTracker.Data;
using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>Endpoints in trouble: one that fails is left alone and found again soon, and nothing that waits for it is lost.</summary>
public sealed class DeliveryTroubleTests(ITestOutputHelper output) : DeliveryTest
{
    private const int AtOnce = 8, Waiting = 40;

    [Fact]
    public async Task After_ten_failures_nothing_is_tried_for_half_a_minute_and_what_was_not_tried_keeps_all_its_tries()
    {
        Receiver.Answer = Receiver.Status(500);
        var (id, _) = await EndpointAsync("XB");
        Hub.Time.Advance(Duration.FromMinutes(2));      // the answer to its challenge is no longer counted
        await QueueAsync(id, Waiting);

        var tried = await RestingAsync(id);
        Assert.InRange(tried, 10, 10 + AtOnce - 1);     // what was on its way with the tenth
        Assert.Null((await EndpointRowAsync(id)).QuietUntil);       // it has not asked for it
        Hub.Time.Advance(Duration.FromSeconds(20));     // the first ones are due again
        await LookedAsync();
        Assert.Equal(tried, Receiver.Events.Count);

        // One tries whether it is back.
        Hub.Time.Advance(Duration.FromSeconds(11));
        await UntilAsync(() => Task.FromResult(Receiver.Events.Count > tried));
        await LookedAsync();
        Assert.Equal(tried + 1, Receiver.Events.Count);
        Assert.Equal(tried + 1, (await DeliveriesAsync(id)).Sum(delivery => delivery.Attempts));

        Receiver.Answer = Receiver.Status(200);
        Hub.Time.Advance(Duration.FromSeconds(31));
        await DeliveredAsync(id);
        Assert.Equal(tried + 1 + Waiting, Receiver.Events.Count);
        Assert.Equal(Waiting, Receiver.Events.Select(one => one.Id).Distinct().Count());
        var noted = await Hub.WithDbAsync(db => db.DeliveryAttempts.Where(attempt => attempt.Lane == id && db.Deliveries.Any(row => row.Id == attempt.DeliveryId && row.EventType == EventBody.Test)).Select(attempt => attempt.Outcome).ToListAsync());
        Assert.Equal((tried + 1, Waiting), (noted.Count(outcome => outcome == "REFUSED_STATUS"), noted.Count(outcome => outcome == "DELIVERED")));
        Assert.Equal(tried + 1 + Waiting, noted.Count);
    }

    [Fact]
    public async Task A_hub_that_leaves_an_endpoint_alone_keeps_no_other_hub_from_it()
    {
        Receiver.Answer = Receiver.Status(500);
        var (id, _) = await EndpointAsync("XB");
        await QueueAsync(id, Waiting);
        await RestingAsync(id);

        // Time stands still, so the first hub rests until the end.
        Receiver.Answer = Receiver.Status(200);
        await using var twin = Hub.StartTwin();
        await DeliveredAsync(id);

        var endpoint = await EndpointRowAsync(id);
        Assert.Equal((null, null), (endpoint.FailingSince, endpoint.QuietUntil));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_few_that_wait_for_a_receiver_that_was_down_for_hours_come_within_a_minute(int events)
    {
        Receiver.Answer = Receiver.Status(503);
        var (id, _) = await EndpointAsync("XB");
        for (var i = 0; i < events; i++) await Hub.As("XB").OpenAsync($"09000000{i:00}");
        await UntilAsync(async () => (await DeliveriesAsync(id)) is var all && all.Count == events && all.TrueForAll(delivery => delivery.Attempts > 0));
        for (var hour = 0; hour < 6; hour++)
        {
            var before = Receiver.Events.Count;
            Hub.Time.Advance(Duration.FromHours(1));
            await UntilAsync(async () => Receiver.Events.Count > before && (await EndpointRowAsync(id)).ProbeAt > Hub.Time.Now
                && (await DeliveriesAsync(id)).TrueForAll(delivery => delivery.NextAt > Hub.Time.Now && delivery.LockedUntil is null));
        }
        Assert.All(await DeliveriesAsync(id), delivery => Assert.True(delivery.NextAt > Hub.Time.Now + Duration.FromMinutes(2), "It would come soon anyway, which proves nothing."));

        // It is up right after it was tried.
        var upAt = Hub.Time.Now;
        Receiver.Answer = Receiver.Status(200);
        Hub.Time.Advance(Duration.FromSeconds(60));
        await DeliveredAsync(id);

        Assert.All(await DeliveriesAsync(id), delivery => Assert.InRange(delivery.DeliveredAt!.Value, upAt, upAt + Duration.FromSeconds(60)));
        Assert.Equal(events, Receiver.Events.Select(one => one.Id).Distinct().Count());
    }

    [Fact]
    public async Task Two_hubs_empty_one_queue_together_and_each_has_eight_places_at_an_endpoint()
    {
        var (sync, at, most) = (new Lock(), 0, 0);
        Receiver.Answer = async http =>
        {
            lock (sync) most = Math.Max(most, ++at);
            await Task.Delay(50, CancellationToken.None);
            lock (sync) at--;
        };
        var (id, _) = await EndpointAsync("XB");
        await QueueAsync(id, Waiting);
        await DeliveredAsync(id);
        output.WriteLine($"At the same time, from one hub: {most}");
        Assert.InRange(most, 1, AtOnce);

        await using (var twin = Hub.StartTwin())
        {
            most = 0;
            await QueueAsync(id, 5 * Waiting, "more");
            await DeliveredAsync(id);
        }
        output.WriteLine($"At the same time, from two hubs: {most}");
        Assert.InRange(most, 1, 2 * AtOnce);
        Assert.Equal(6 * Waiting, Receiver.Events.Count);
        Assert.Equal(6 * Waiting, Receiver.Events.Select(one => one.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_hub_that_looked_before_an_endpoint_was_disabled_takes_and_brings_back_nothing_afterwards()
    {
        Receiver.Answer = Receiver.Status(410);
        var (id, _) = await EndpointAsync("XB");
        var later = Hub.Time.Now + Duration.FromHours(1);
        await QueueAsync(id, Waiting, at: later);
        // What another hub knows: the endpoint is active, and one delivery is in its hands.
        var endpoint = await EndpointRowAsync(id);
        var inHands = Assert.Single(await TakeAsync(id, later, 1));

        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);

        Assert.Empty(await TakeAsync(id, later, Waiting));
        await Hub.Services.GetRequiredService<DeliveryResults>().WriteAsync(endpoint, inHands, new(AttemptOutcome.RefusedStatus, 500), isProbe: false);
        Hub.Time.Advance(Duration.FromDays(3));
        await LookedAsync();
        Assert.All(await DeliveriesAsync(id), delivery => Assert.Equal((null, "ENDPOINT_DISABLED"), (delivery.NextAt, delivery.ParkedReason)));
        Assert.Single(Receiver.Events);
    }

    [Fact]
    public async Task What_becomes_an_event_while_its_endpoint_is_disabled_is_kept_and_not_sent()
    {
        const int Cases = 30;
        var count = 0;
        Receiver.Answer = http =>
        {
            http.Response.StatusCode = Interlocked.Increment(ref count) <= 5 ? 200 : 410;
            return Task.CompletedTask;
        };
        var (id, _) = await EndpointAsync("XB");
        await using (var twin = Hub.StartTwin())
        {
            await Task.WhenAll(new[] { Hub, twin }.Select(async (hub, which) =>
            {
                for (var i = 0; i < Cases; i++) await hub.As("XB").OpenAsync($"0900{which}000{i:00}");
            }));
            await FannedOutAsync();
            await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);
        }
        await Hub.RestartAsync();       // whatever was on its way has ended
        var sent = Receiver.Events.Count;
        Hub.Time.Advance(Duration.FromDays(3));
        await LookedAsync();

        output.WriteLine($"Sent: {sent}, of which 5 were taken");
        Assert.Equal(sent, Receiver.Events.Count);
        Assert.InRange(sent, 6, 5 + 2 * AtOnce);
        var kept = await DeliveriesAsync(id);
        Assert.Equal(2 * Cases, kept.Count);
        Assert.All(kept, delivery => Assert.Null(delivery.NextAt));
        // One that was taken in that very moment is kept as well: rather once too often.
        var delivered = kept.Count(delivery => delivery.DeliveredAt is not null);
        Assert.InRange(delivered, 0, 5);
        Assert.Equal(2 * Cases - delivered, kept.Count(delivery => delivery.ParkedReason == "ENDPOINT_DISABLED"));
    }

    /// <summary>Waits until the hub has put one back without trying it, and gives how many it had tried.</summary>
    private async Task<int> RestingAsync(string id)
    {
        await UntilAsync(async () => (await DeliveriesAsync(id)) is var all && all.TrueForAll(delivery => delivery.LockedUntil is null) && all.Exists(delivery => delivery is { Fence: > 0, Attempts: 0 }));
        var tried = Receiver.Events.Count;
        await LookedAsync();
        Assert.Equal(tried, Receiver.Events.Count);
        return tried;
    }

    private Task DeliveredAsync(string id) => UntilAsync(async () => (await DeliveriesAsync(id)).TrueForAll(delivery => delivery.DeliveredAt is not null));

    private Task<int> QueueAsync(string id, int count, string key = "", Instant? at = null) => Hub.WithDbAsync(db =>
    {
        var now = Hub.Time.Now;
        foreach (var i in Enumerable.Range(0, count))
        {
            var row = DeliveryResults.New(id, EventBody.Test, $"{key} {i}", EventBody.OfTest(id, now), now);
            row.NextAt = at ?? now;
            db.Add(row);
        }
        return db.SaveChangesAsync();
    });

    private Task<IReadOnlyList<DeliveryRow>> TakeAsync(string id, Instant due, int most) =>
        Hub.WithDbAsync(db => Hub.Services.GetRequiredService<Engine>().TakeDeliveriesAsync(db, id, due, Hub.Time.Now, Hub.Time.Now + Schedule.LockFor, most, CancellationToken.None));

    /// <summary>The loop has looked at least once since.</summary>
    private static Task LookedAsync() => Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
}
