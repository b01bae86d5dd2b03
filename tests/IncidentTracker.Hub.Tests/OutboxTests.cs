using System.Diagnostics;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>The queue of what is to be told: cheap to look into, quick to empty, and nobody's result counts but the last taker's.</summary>
public sealed class OutboxTests(ITestOutputHelper output) : DeliveryTest
{
    [Fact]
    public async Task Taking_what_is_due_costs_what_is_due_and_not_what_there_is()
    {
        const int Each = 5_000;
        var now = Hub.Time.Now;
        await Hub.WithDbAsync(async db =>
        {
            db.AddRange(Enumerable.Range(0, Each).Select(i => Row($"dlv_done{i}", now, next: null)));
            db.AddRange(Enumerable.Range(0, Each).Select(i => Row($"dlv_later{i}", now, now + Duration.FromHours(5))));
            db.AddRange(Enumerable.Range(0, 3).Select(i => Row($"dlv_due{i}", now, now - Duration.FromSeconds(i))));
            await db.SaveChangesAsync();
            return await db.Database.ExecuteSqlAsync($"ANALYZE");
        });

        var plan = await Hub.WithDbAsync(async db =>
        {
            await db.Database.OpenConnectionAsync();
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = TestDatabase.IsPostgres
                ? "EXPLAIN SELECT id FROM deliveries WHERE lane = 'whe_none' AND next_at <= now() - interval '10 years' AND (locked_until IS NULL OR locked_until <= now()) ORDER BY next_at LIMIT 8 FOR UPDATE SKIP LOCKED"
                : "EXPLAIN QUERY PLAN SELECT id FROM deliveries WHERE lane = 'whe_none' AND next_at <= 1 AND (locked_until IS NULL OR locked_until <= 1) ORDER BY next_at LIMIT 8";
            await using var reader = await command.ExecuteReaderAsync();
            var lines = new List<string>();
            while (await reader.ReadAsync()) lines.Add($"{reader.GetValue(reader.FieldCount - 1)}");
            return string.Join('\n', lines);
        });
        var taken = await Hub.WithDbAsync(db => Hub.Services.GetRequiredService<Engine>().TakeDeliveriesAsync(db, "whe_none", now, now, now + Schedule.LockFor, 8, CancellationToken.None));
        var again = await Hub.WithDbAsync(db => Hub.Services.GetRequiredService<Engine>().TakeDeliveriesAsync(db, "whe_none", now, now, now + Schedule.LockFor, 8, CancellationToken.None));

        Assert.Contains("deliveries_waiting", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SORT", plan.ToUpperInvariant(), StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        Assert.Equal(["dlv_due0", "dlv_due1", "dlv_due2"], taken.Select(row => row.Id).Order());
        Assert.All(taken, row => Assert.Equal((1L, now + Schedule.LockFor), (row.Fence, row.LockedUntil)));
        Assert.Empty(again);
    }

    [Fact]
    public async Task What_has_piled_up_is_delivered_once_and_the_rate_is_printed()
    {
        const int Events = 400;
        var (id, _) = await EndpointAsync("XB");
        var now = Hub.Time.Now;
        await Hub.WithDbAsync(db =>
        {
            db.AddRange(Enumerable.Range(0, Events).Select(i => DeliveryResults.New(id, EventBody.Test, $"{i}", EventBody.OfTest(id, now), now)));
            return db.SaveChangesAsync();
        });

        var started = Stopwatch.StartNew();
        Hub.Services.GetRequiredService<DeliveryLoop>().Wake();
        await UntilAsync(async () => (await DeliveriesAsync(id)).TrueForAll(delivery => delivery.DeliveredAt is not null));

        output.WriteLine($"{Events / started.Elapsed.TotalSeconds:0} a second");
        Assert.Equal((Events, Events), (Receiver.Events.Count, Receiver.Events.Select(one => one.Id).Distinct().Count()));
    }

    [Fact]
    public async Task What_is_on_its_way_when_the_endpoint_is_disabled_does_not_come_back_into_the_queue()
    {
        var arrived = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var first = 0;
        Receiver.Answer = async http =>
        {
            if (Interlocked.Increment(ref first) == 1)
            {
                arrived.SetResult();
                await goOn.Task;
                http.Response.StatusCode = 500;
            }
            else http.Response.StatusCode = 410;
        };
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await arrived.Task;
        await Hub.As("XB").OpenAsync("0900000001");
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);

        goOn.SetResult();
        await Hub.StopAsync();      // writes down what it knows

        Assert.All(await DeliveriesAsync(id), delivery => Assert.Equal((null, "ENDPOINT_DISABLED"), (delivery.NextAt, delivery.ParkedReason)));
    }

    [Fact]
    public async Task A_name_that_leads_inside_is_seen_when_it_is_called()
    {
        await using var hub = await Hub.StartAsync();       // no inner network is allowed here
        using var client = As("XB", hub);
        using var body = new StringContent("""{"url":"https://localhost/hook"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/api/v1/webhook-endpoints", body);

        Assert.Equal(201, (int)answer.StatusCode);
        await UntilAsync(() => hub.WithDbAsync(db => db.DeliveryAttempts.AnyAsync(attempt => attempt.Outcome == "ADDRESS_FORBIDDEN")));
    }

    private static DeliveryRow Row(string id, Instant now, Instant? next) =>
        new() { Id = id, Channel = DeliveryChannel.Webhook, Lane = "whe_none", EventType = EventBody.Test, Body = "{}", CreatedAt = now, NextAt = next, DeliveredAt = next is null ? now : null };
}
