using System.Text.Json;
using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Endpoints over REST: making, proving, rotating, looking at what was sent, and having it sent again.</summary>
public sealed class WebhookRestTests : DeliveryTest
{
    [Fact]
    public async Task A_secret_is_shown_once_and_is_long_enough()
    {
        var made = await CreateAsync("XB", new Uri(Receiver.Address, "hook").ToString());
        var (id, secret) = (made.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!);

        var read = await GetAsync("XB", $"/api/v1/webhook-endpoints/{id}");
        var listed = (await GetAsync("XB", "/api/v1/webhook-endpoints")).GetProperty("items").EnumerateArray().Single();

        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.InRange(Convert.FromBase64String(secret["whsec_".Length..]).Length, 24, 64);
        Assert.False(read.TryGetProperty("secret", out _));
        Assert.False(listed.TryGetProperty("secret", out _));
    }

    [Fact]
    public async Task For_a_day_after_a_rotation_both_secrets_sign()
    {
        var (id, first) = await EndpointAsync("XB");

        var rotated = (await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/rotations")).Body;
        var second = rotated.GetProperty("secret").GetString()!;
        await Hub.As("XB").OpenAsync(Tag);
        var during = (await Receiver.EventsAsync(1))[0];
        Hub.Time.Advance(Duration.FromHours(25));
        await Hub.As("XB").OpenAsync("0900000001");
        var after = (await Receiver.EventsAsync(2))[1];

        Assert.NotEqual(first, second);
        Assert.Equal((true, true), (during.IsSignedWith(first), during.IsSignedWith(second)));
        Assert.Equal((false, true), (after.IsSignedWith(first), after.IsSignedWith(second)));
        Assert.False((await GetAsync("XB", $"/api/v1/webhook-endpoints/{id}")).TryGetProperty("previousSecretExpireTime", out _));
    }

    [Fact]
    public async Task A_test_event_is_sent_on_demand_and_the_log_shows_how_it_went()
    {
        var (id, _) = await EndpointAsync("XB");

        var (status, queued) = await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/test-events");
        var sent = (await Receiver.EventsAsync(1))[0];
        var path = $"/api/v1/webhook-endpoints/{id}/deliveries/{queued.GetProperty("id").GetString()}";
        await UntilAsync(async () => (await GetAsync("XB", path)).GetProperty("state").GetString() == "DELIVERED");
        var delivery = await GetAsync("XB", path);

        Assert.Equal((202, "endpoint.test"), (status, sent.Type));
        Assert.Equal((sent.Id, sent.Body), (delivery.GetProperty("id").GetString(), delivery.GetProperty("body").GetString()));
        var attempt = delivery.GetProperty("attempts").EnumerateArray().Single();
        Assert.Equal(("DELIVERED", 200), (attempt.GetProperty("outcome").GetString(), attempt.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task The_log_is_read_page_by_page_newest_first()
    {
        var (id, _) = await EndpointAsync("XB");
        for (var i = 0; i < 5; i++)
        {
            Hub.Time.Advance(Duration.FromMinutes(1));
            await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/test-events");
        }

        var (seen, token) = (new List<(string Id, DateTimeOffset At)>(), "");
        do
        {
            var page = await GetAsync("XB", $"/api/v1/webhook-endpoints/{id}/deliveries?pageSize=2&pageToken={token}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(one => (one.GetProperty("id").GetString()!, one.GetProperty("createTime").GetDateTimeOffset())));
            token = page.GetProperty("nextPageToken").GetString();
        }
        while (token!.Length > 0);

        Assert.Equal(6, seen.Select(one => one.Id).Distinct().Count());     // five and the challenge
        Assert.Equal(seen.OrderByDescending(one => one.At).Select(one => one.At), seen.Select(one => one.At));
    }

    [Fact]
    public async Task One_delivery_or_all_of_a_time_are_sent_again_under_their_ids()
    {
        var (id, _) = await EndpointAsync("XB");
        for (var i = 0; i < 4; i++)
        {
            Hub.Time.Advance(Duration.FromMinutes(1));
            await Hub.As("XB").OpenAsync($"090000000{i}");
            await Receiver.EventsAsync(i + 1);
            await DoneAsync(id);        // before its lock ends with the minute
        }
        var ids = Receiver.Events.Select(one => one.Id).ToArray();

        var one = await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/replays", new { deliveryId = ids[0] });
        Assert.Equal((202, 1), (one.Status, one.Body.GetProperty("count").GetInt32()));
        Assert.Equal(ids[0], (await Receiver.EventsAsync(5))[4].Id);

        await DoneAsync(id);
        var some = await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/replays", new { fromTime = (Hub.Time.Now - Duration.FromSeconds(90)).ToDateTimeOffset() });
        Assert.Equal(2, some.Body.GetProperty("count").GetInt32());
        Assert.Equal(ids[2..].Order(), (await Receiver.EventsAsync(7)).Skip(5).Select(one => one.Id).Order());
    }

    [Fact]
    public async Task What_was_given_up_is_sent_when_the_endpoint_is_back()
    {
        var (id, _) = await EndpointAsync("XB");
        Receiver.Answer = Receiver.Status(410);
        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);
        Receiver.Answer = Receiver.Status(200);

        Assert.Equal((409, "WEBHOOK_ENDPOINT_INACTIVE"), await RefusedAsync("XB", $"/api/v1/webhook-endpoints/{id}/replays", new { fromTime = "2026-07-01T00:00:00Z" }));
        Assert.Equal(202, (await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/challenges")).Status);
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Active);
        var replay = await PostAsync("XB", $"/api/v1/webhook-endpoints/{id}/replays", new { fromTime = "2026-07-01T00:00:00Z", onlyParked = true });

        Assert.Equal(1, replay.Body.GetProperty("count").GetInt32());
        Assert.Equal(2, (await Receiver.EventsAsync(2)).Count);
    }

    [Fact]
    public async Task An_endpoint_that_is_removed_leaves_nothing_and_hears_nothing()
    {
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);
        await DoneAsync(id);

        using var client = As("XB");
        using var gone = await client.DeleteAsync($"/api/v1/webhook-endpoints/{id}");
        using var again = await client.DeleteAsync($"/api/v1/webhook-endpoints/{id}");
        await Hub.As("XB").OpenAsync("0900000001");
        await FannedOutAsync();

        Assert.Equal((204, 404), ((int)gone.StatusCode, (int)again.StatusCode));
        Assert.Equal((0, 0), await Hub.WithDbAsync(async db => (await db.Deliveries.CountAsync(), await db.DeliveryAttempts.CountAsync())));
    }

    [Fact]
    public async Task An_endpoint_of_others_does_not_exist()
    {
        var (id, _) = await EndpointAsync("XB");
        var path = $"/api/v1/webhook-endpoints/{id}";

        using var client = As("XC");
        foreach (var address in new[] { path, $"{path}/deliveries", $"{path}/deliveries/{(await Hub.WithDbAsync(db => db.Deliveries.Select(row => row.Id).SingleAsync()))}" })
        {
            using var answer = await client.GetAsync(address);
            Assert.Equal(404, (int)answer.StatusCode);
        }
        foreach (var address in new[] { "rotations", "challenges", "test-events" }) Assert.Equal((404, "WEBHOOK_ENDPOINT_NOT_FOUND"), await RefusedAsync("XC", $"{path}/{address}"));
        Assert.Equal((404, "WEBHOOK_ENDPOINT_NOT_FOUND"), await RefusedAsync("XC", $"{path}/replays", new { deliveryId = "dlv_1" }));
        Assert.Empty((await GetAsync("XC", "/api/v1/webhook-endpoints")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("", "FIELD_REQUIRED")]
    [InlineData("nonsense", "WEBHOOK_URL_REFUSED")]
    [InlineData("ftp://example.com/", "WEBHOOK_URL_REFUSED")]
    [InlineData("https://user@example.com/", "WEBHOOK_URL_REFUSED")]
    [InlineData("https://169.254.169.254/latest", "WEBHOOK_URL_REFUSED")]
    [InlineData("http://10.0.0.1/", "WEBHOOK_URL_REFUSED")]
    public async Task An_address_that_can_be_no_endpoint_is_refused(string url, string code) =>
        Assert.Equal((400, code), await RefusedAsync("XB", "/api/v1/webhook-endpoints", new { url }));

    [Fact]
    public async Task The_same_address_twice_and_too_many_are_refused()
    {
        for (var i = 0; i < 10; i++)
        {
            await CreateAsync("XB", $"https://hooks.example/{i}");
            if (i == 0) Assert.Equal((409, "WEBHOOK_ENDPOINT_EXISTS"), await RefusedAsync("XB", "/api/v1/webhook-endpoints", new { url = "https://hooks.example/0" }));
        }

        Assert.Equal((409, "WEBHOOK_ENDPOINT_LIMIT"), await RefusedAsync("XB", "/api/v1/webhook-endpoints", new { url = "https://hooks.example/10" }));
    }

    private Task DoneAsync(string id) => UntilAsync(async () => (await DeliveriesAsync(id)).TrueForAll(delivery => delivery is { NextAt: null }));

    private async Task<(int Status, string? Code)> RefusedAsync(string partner, string path, object? body = null)
    {
        var (status, problem) = await PostAsync(partner, path, body);
        return (status, problem.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString() : null);
    }
}
