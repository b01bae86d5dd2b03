using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>A test with a hub that may send to this machine, and a receiver.</summary>
public abstract class DeliveryTest : IAsyncLifetime
{
    private protected const string Tag = "0900123456";

    private protected Hub Hub { get; private set; } = null!;

    private protected Receiver Receiver { get; private set; } = null!;

    /// <summary>What the test wants to be different.</summary>
    private protected virtual (string Key, string Value)[] Settings => [("Webhooks:InternalRanges:0", "127.0.0.0/8")];

    public virtual async Task InitializeAsync() => (Hub, Receiver) = (await Hub.StartAsync(Settings), await Receiver.StartAsync());

    public virtual async Task DisposeAsync()
    {
        await using var hub = Hub;
        await using var receiver = Receiver;
        await hub.ProveStoredEqualsFoldedAsync();
        await hub.StopAsync();
        hub.MustBeQuiet();
        Assert.DoesNotContain(hub.Log, line => line.Failure is not null && line.Category.StartsWith("IncidentTracker.Delivery", StringComparison.Ordinal));
    }

    private protected HttpClient As(string partner, Hub? hub = null)
    {
        var client = (hub ?? Hub).Browse();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", DevelopmentPartners.KeyOf(partner));
        return client;
    }

    /// <summary>Makes an endpoint and waits until it has proven itself.</summary>
    private protected async Task<(string Id, string Secret)> EndpointAsync(string partner, string path = "hook", Receiver? receiver = null)
    {
        var made = await CreateAsync(partner, new Uri((receiver ?? Receiver).Address, path).ToString());
        var id = made.GetProperty("id").GetString()!;
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Active);
        return (id, made.GetProperty("secret").GetString()!);
    }

    private protected async Task<JsonElement> CreateAsync(string partner, string url)
    {
        using var client = As(partner);
        using var answer = await client.PostAsJsonAsync("/api/v1/webhook-endpoints", new { url });
        Assert.Equal(201, (int)answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private protected async Task<(int Status, JsonElement Body)> PostAsync(string partner, string path, object? body = null)
    {
        using var client = As(partner);
        using var answer = body is null ? await client.PostAsync(path, null) : await client.PostAsJsonAsync(path, body);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private protected async Task<JsonElement> GetAsync(string partner, string path)
    {
        using var client = As(partner);
        return await client.GetFromJsonAsync<JsonElement>(path);
    }

    private protected Task<WebhookEndpointRow> EndpointRowAsync(string id) => Hub.WithDbAsync(db => db.WebhookEndpoints.AsNoTracking().SingleAsync(row => row.Id == id));

    /// <summary>What was queued for an endpoint, without its challenges.</summary>
    private protected Task<List<DeliveryRow>> DeliveriesAsync(string lane) =>
        Hub.WithDbAsync(db => db.Deliveries.AsNoTracking().Where(row => row.Lane == lane && row.EventType != EventBody.Challenge).OrderBy(row => row.CreatedAt).ToListAsync());

    private protected Task<List<DeliveryAttemptRow>> AttemptsAsync(string delivery) =>
        Hub.WithDbAsync(db => db.DeliveryAttempts.AsNoTracking().Where(row => row.DeliveryId == delivery).OrderBy(row => row.Fence).ToListAsync());

    /// <summary>Everything that has changed so far has become events.</summary>
    private protected async Task FannedOutAsync()
    {
        // Positions are given out before the commits; transactions have the order that readers follow.
        var last = await Hub.WithDbAsync(db => db.Changes.AsNoTracking().OrderByDescending(change => change.TransactionId).ThenByDescending(change => change.Position).FirstAsync());
        await UntilAsync(() => Hub.WithDbAsync(db => db.EventCursor.AnyAsync(cursor =>
            cursor.TransactionId > last.TransactionId || (cursor.TransactionId == last.TransactionId && cursor.Position >= last.Position))));
    }

    /// <summary>Moves time on, and waits for the attempt that is then due.</summary>
    private protected async Task NextAttemptAsync(string delivery, Duration after)
    {
        var before = (await AttemptsAsync(delivery)).Count;
        Hub.Time.Advance(after);
        await UntilAsync(async () => (await AttemptsAsync(delivery)).Count > before);
    }

    /// <summary>Waits for something the hub does by itself; what passes quickly must be looked for often. On PostgreSQL that may wait for a transaction of any other test: the server counts them together.</summary>
    private protected static async Task UntilAsync(Func<Task<bool>> isSo, int lookEveryMilliseconds = 20)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await isSo())
        {
            if (patience.IsCancellationRequested) Assert.Fail("It did not come to that.");
            await Task.Delay(lookEveryMilliseconds, CancellationToken.None);
        }
    }
}
