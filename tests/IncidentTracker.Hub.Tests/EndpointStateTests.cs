using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Who is blamed and who is not: an endpoint is disabled for what it did, once, and nothing that it missed is lost.</summary>
public sealed class EndpointStateTests : DeliveryTest
{
    [Fact]
    public async Task Eight_answers_of_gone_at_once_disable_the_endpoint_and_none_is_lost_to_another()
    {
        var (arrived, goOn) = (0, new TaskCompletionSource());
        Receiver.Answer = async http =>
        {
            Interlocked.Increment(ref arrived);
            await goOn.Task;
            http.Response.StatusCode = 410;
        };
        var (id, _) = await EndpointAsync("XB");
        for (var i = 0; i < 20; i++) await Hub.As("XB").OpenAsync($"09000000{i:00}");
        await FannedOutAsync();
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref arrived) == 8));

        goOn.SetResult();
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);
        await Hub.StopAsync();      // writes down what it knows

        Assert.DoesNotContain(Hub.Log, line => line.Text.Contains("could not be written down", StringComparison.Ordinal));
        Assert.Equal(20, (await DeliveriesAsync(id)).Count);
        Assert.All(await DeliveriesAsync(id), delivery => Assert.Equal((null, "ENDPOINT_DISABLED"), (delivery.NextAt, delivery.ParkedReason)));
    }

    [Fact]
    public async Task Two_hubs_that_hear_of_success_and_failure_at_once_write_all_of_it_down()
    {
        var count = 0;
        Receiver.Answer = http =>
        {
            http.Response.StatusCode = Interlocked.Increment(ref count) % 2 == 0 ? 200 : 500;
            return Task.CompletedTask;
        };
        var (id, _) = await EndpointAsync("XB");
        await using (var twin = Hub.StartTwin())
        {
            for (var i = 0; i < 40; i++) await (i % 2 == 0 ? Hub : twin).As("XB").OpenAsync($"09000000{i:00}");
            await FannedOutAsync();
            await UntilAsync(async () =>
            {
                Hub.Time.Advance(Duration.FromSeconds(1));
                return (await DeliveriesAsync(id)).TrueForAll(delivery => delivery.DeliveredAt is not null);
            });
            Assert.DoesNotContain(twin.Log, line => line.Failure is not null);
        }

        Assert.Equal(40, (await DeliveriesAsync(id)).Count);
    }

    [Fact]
    public async Task A_failure_after_a_long_time_without_any_try_is_the_first_of_its_kind()
    {
        Receiver.Answer = Receiver.Status(500);
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).FailingSince is not null);
        var delivery = (await DeliveriesAsync(id)).Single();
        // To the end of the schedule: three days.
        while ((await DeliveriesAsync(id)).Single() is { NextAt: { } next })
        {
            var before = (await AttemptsAsync(delivery.Id)).Count;
            Hub.Time.Set(next);
            await UntilAsync(async () => (await AttemptsAsync(delivery.Id)).Count > before);
        }

        Hub.Time.Advance(Duration.FromDays(60));
        await Hub.As("XB").OpenAsync("0900000001");
        await UntilAsync(async () => (await DeliveriesAsync(id)) is [_, { Attempts: > 0 }] or [_, { NextAt: null }]);

        var endpoint = await EndpointRowAsync(id);
        Assert.Equal((EndpointState.Active, Hub.Time.Now), (endpoint.State, endpoint.FailingSince!.Value));
    }

    [Fact]
    public async Task A_success_that_another_hub_saw_meanwhile_counts()
    {
        Receiver.Answer = Receiver.Status(500);
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).FailingSince is not null);
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        Receiver.Answer = async http =>
        {
            arrived.TrySetResult();
            await goOn.Task;
            http.Response.StatusCode = 500;
        };

        // Five days of failing, as this hub knows it when it tries once more.
        await Hub.WithDbAsync(db => db.WebhookEndpoints.Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.FailingSince, Hub.Time.Now - Duration.FromDays(5))));
        Hub.Time.Advance(Duration.FromSeconds(10));
        await arrived.Task;
        await Hub.WithDbAsync(db => db.WebhookEndpoints.Where(row => row.Id == id).ExecuteUpdateAsync(set => set.SetProperty(row => row.FailingSince, (Instant?)null)));
        goOn.SetResult();

        await UntilAsync(async () => (await EndpointRowAsync(id)).FailingSince is not null || (await EndpointRowAsync(id)).State == EndpointState.Disabled);
        Assert.Equal((EndpointState.Active, Hub.Time.Now), ((await EndpointRowAsync(id)).State, (await EndpointRowAsync(id)).FailingSince));
    }

    [Fact]
    public async Task What_happened_while_an_endpoint_was_disabled_or_unproven_is_sent_when_its_owner_asks()
    {
        Receiver.AnswersChallenges = false;
        var made = await CreateAsync("XB", new Uri(Receiver.Address, "hook").ToString());
        var id = made.GetProperty("id").GetString()!;
        await Hub.As("XB").OpenAsync("0900000001");                     // while it is unproven
        await FannedOutAsync();
        Receiver.AnswersChallenges = true;
        Hub.Time.Advance(Duration.FromSeconds(6));
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Active);

        Receiver.Answer = Receiver.Status(410);
        await Hub.As("XB").OpenAsync("0900000002");
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);
        Hub.Time.Advance(Duration.FromMinutes(10));
        await Hub.As("XB").OpenAsync("0900000003");                     // while it is disabled
        await FannedOutAsync();
        Assert.Equal(["ENDPOINT_PENDING", "ENDPOINT_DISABLED", "ENDPOINT_DISABLED"], (await DeliveriesAsync(id)).Select(delivery => delivery.ParkedReason));

        Receiver.Answer = Receiver.Status(200);
        Assert.Equal(202, (await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/challenges")).Status);
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Active);
        var replay = await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/replays", new { fromTime = "2026-07-01T00:00:00Z", onlyParked = true });

        Assert.Equal(3, replay.Body.GetProperty("count").GetInt32());
        await UntilAsync(async () => (await DeliveriesAsync(id)).TrueForAll(delivery => delivery.DeliveredAt is not null));
        Assert.Equal(3, Receiver.Events.Select(one => one.Json.GetProperty("data").GetProperty("reference").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task A_replay_ends_before_the_moment_it_names()
    {
        var (id, _) = await EndpointAsync("XB");
        for (var i = 0; i < 3; i++)
        {
            Hub.Time.Advance(Duration.FromMinutes(1));
            await Hub.As("XB").OpenAsync($"090000000{i}");
            await Receiver.EventsAsync(i + 1);
            await UntilAsync(async () => (await DeliveriesAsync(id)).TrueForAll(delivery => delivery is { NextAt: null }));
        }
        var last = (await DeliveriesAsync(id))[^1].CreatedAt;

        var replay = await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/replays",
            new { fromTime = (last - Duration.FromSeconds(90)).ToDateTimeOffset(), untilTime = last.ToDateTimeOffset() });

        Assert.Equal(1, replay.Body.GetProperty("count").GetInt32());
        Assert.Equal(Receiver.Events[1].Id, (await Receiver.EventsAsync(4))[3].Id);
    }

    [Fact]
    public async Task Only_one_challenge_waits_for_an_endpoint_however_often_one_is_asked_for()
    {
        Receiver.AnswersChallenges = false;
        var id = (await CreateAsync("XB", new Uri(Receiver.Address, "hook").ToString())).GetProperty("id").GetString()!;
        for (var i = 0; i < 5; i++) Assert.Equal(202, (await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/challenges")).Status);

        Assert.Equal(1, await Hub.WithDbAsync(db => db.Deliveries.CountAsync(row => row.Lane == id && row.NextAt != null)));
        Receiver.AnswersChallenges = true;
        await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/challenges");
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Active);
        Assert.Single(Receiver.All.Select(one => one.Id).Distinct());
    }
}
