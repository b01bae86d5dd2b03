using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What was told long ago goes, and nothing that is still needed.</summary>
public sealed class PurgeTests : DeliveryTest
{
    [Fact]
    public async Task What_was_told_long_ago_is_removed_and_the_next_event_counts_on()
    {
        var (id, _) = await EndpointAsync("XB");
        var reference = await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        await Receiver.EventsAsync(2);
        await UntilAsync(async () => (await DeliveriesAsync(id)).TrueForAll(delivery => delivery.NextAt is null));

        Hub.Time.Advance(Duration.FromDays(89));
        await PurgeAsync();
        Assert.Equal((2, 2), ((await DeliveriesAsync(id)).Count, await Hub.WithDbAsync(db => db.Events.CountAsync())));

        Hub.Time.Advance(Duration.FromDays(2));
        await PurgeAsync();
        Assert.Equal((0, 0, 1), await Hub.WithDbAsync(async db => (await db.Deliveries.CountAsync(), await db.DeliveryAttempts.CountAsync(), await db.Events.CountAsync())));

        await Hub.As("XB").AcceptedAsync(Say.That("u-2", reference, "SECONDARY_TRACING"));
        Assert.Equal(3, (await Receiver.EventsAsync(3))[2].Sequence);
    }

    [Fact]
    public async Task What_still_waits_is_kept_however_old_it_is()
    {
        var (id, _) = await EndpointAsync("XB");
        Receiver.Answer = Receiver.Status(429, ("Retry-After", "3600"));
        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).QuietUntil is not null);
        await Hub.WithDbAsync(db => db.Deliveries.Where(row => row.Lane == id && row.NextAt != null).ExecuteUpdateAsync(set => set.SetProperty(row => row.CreatedAt, Hub.Time.Now - Duration.FromDays(400))));

        await PurgeAsync();

        Assert.Single(await DeliveriesAsync(id));
    }

    private Task PurgeAsync() => Hub.Services.GetRequiredService<Purge>().PurgeAsync(CancellationToken.None);
}
