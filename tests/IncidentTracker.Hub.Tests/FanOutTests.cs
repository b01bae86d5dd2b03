using System.Diagnostics;
using IncidentTracker.Partner.V1;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>Who is told of what: everything an organization may read, and nothing else.</summary>
public sealed class FanOutTests(ITestOutputHelper output) : DeliveryTest
{
    [Fact]
    public async Task A_party_is_told_when_a_case_is_opened_goes_on_and_is_closed()
    {
        var (_, secret) = await EndpointAsync("XB");

        var reference = await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        await Receiver.EventsAsync(2);
        await Hub.As("XB").AcceptedAsync(Say.That("u-2", reference, "CLOSED_CANCELLED"));
        var events = await Receiver.EventsAsync(3);

        Assert.Equal(["incident.opened", "incident.update.published", "incident.closed"], events.Select(one => one.Type));
        Assert.Equal([1L, 2, 3], events.Select(one => one.Sequence));
        Assert.All(events, one => Assert.True(one.IsSignedWith(secret)));
        Assert.All(events, one => Assert.Equal(reference, one.Json.GetProperty("data").GetProperty("reference").GetString()));
        Assert.All(events, one => Assert.DoesNotContain("Kowalska", one.Body, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(3, events.Select(one => one.Id).Distinct().Count());
    }

    [Fact]
    public async Task Notes_that_others_keep_to_themselves_are_no_event()
    {
        var (id, _) = await EndpointAsync("GO");
        var reference = await Hub.As("XB").OpenAsync(Tag, "GO");
        await Receiver.EventsAsync(1);

        await Hub.As("XB").AcceptedAsync(Say.Note("u-1", reference).But(note => note.Visibility = Visibility.Internal));
        await FannedOutAsync();
        Assert.Single(await DeliveriesAsync(id));

        await Hub.As("XB").AcceptedAsync(Say.That("u-2", reference, "TRACING"));
        var events = await Receiver.EventsAsync(2);
        Assert.Equal(2, events[1].Sequence);
        Assert.Equal(3, events[1].Json.GetProperty("data").GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Nor_are_they_for_somebody_who_began_to_listen_later()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag, "GO");
        Hub.Time.Advance(Duration.FromMinutes(5));
        var (id, _) = await EndpointAsync("GO");
        Hub.Time.Advance(Duration.FromMinutes(5));

        await Hub.As("XB").AcceptedAsync(Say.Note("u-1", reference).But(note => note.Visibility = Visibility.Internal));
        await FannedOutAsync();

        Assert.Empty(await DeliveriesAsync(id));
    }

    [Fact]
    public async Task Whoever_is_not_on_the_case_hears_nothing_of_it()
    {
        var (stranger, _) = await EndpointAsync("STRANGER", "a");
        var (handler, _) = await EndpointAsync("LH2", "b");       // acts for XB

        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);

        Assert.Empty(await DeliveriesAsync(stranger));
        Assert.Single(await DeliveriesAsync(handler));
    }

    [Fact]
    public async Task What_happened_before_anybody_listened_is_not_told()
    {
        for (var i = 0; i < 5; i++) await Hub.As("XB").OpenAsync($"090000000{i}");
        Hub.Time.Advance(Duration.FromSeconds(1));
        var (id, _) = await EndpointAsync("XB");

        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);

        Assert.Single(await DeliveriesAsync(id));
    }

    [Fact]
    public async Task Silence_is_an_event_too()
    {
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);

        await Hub.LiveUntilAsync(Hub.Time.Now + Duration.FromDays(2));
        await FannedOutAsync();

        var told = await DeliveriesAsync(id);
        Assert.True(told.Count > 1);
        Assert.Equal(Enumerable.Range(1, told.Count).Select(i => (long)i), (await Receiver.EventsAsync(told.Count)).Select(one => one.Sequence).Order());
    }

    [Fact]
    public async Task Two_hubs_on_one_database_deliver_each_event_once()
    {
        const int Cases = 40;
        await EndpointAsync("XB");
        await using (var twin = Hub.StartTwin())
        {
            for (var i = 0; i < Cases; i++) await (i % 2 == 0 ? Hub : twin).As("XB").OpenAsync($"09000000{i:00}");
            await FannedOutAsync();
            await UntilAsync(() => Hub.WithDbAsync(async db => !await db.Deliveries.AnyAsync(row => row.NextAt != null)));
        }

        Assert.Equal(Cases, Receiver.Events.Count);
        Assert.Equal(Cases, Receiver.Events.Select(one => one.Id).Distinct().Count());
        Assert.Equal(Cases, await Hub.WithDbAsync(db => db.Events.CountAsync()));
    }

    [Fact]
    public async Task Two_thousand_updates_become_two_thousand_events_and_the_time_it_took_is_printed()
    {
        const int Cases = 200;
        await EndpointAsync("XB");
        var references = new List<string>();
        for (var i = 0; i < Cases; i++) references.Add(await Hub.As("XB").OpenAsync($"0900000{i:000}"));
        for (var i = 0; i < 10; i++) await Hub.As("XB").BatchAsync([.. references.Select(reference => Say.Note($"u-{i}", reference, $"Asked the store {i} times."))]);

        var started = Stopwatch.StartNew();
        await FannedOutAsync();

        output.WriteLine($"{started.Elapsed.TotalSeconds:0.0} s");
        var newest = await Hub.WithDbAsync(db => db.Events.GroupBy(one => one.IncidentId).Select(one => one.Max(other => other.Version)).ToListAsync());
        Assert.Equal(Enumerable.Repeat(11L, Cases), newest);
    }

    [Fact]
    public async Task Whoever_would_rather_ask_gets_the_same_events_from_the_feed()
    {
        Assert.Equal("", (await GetAsync("GO", "/api/v1/events")).GetProperty("nextAfter").GetString());
        await EndpointAsync("GO");
        var reference = await Hub.As("XB").OpenAsync(Tag, "GO");
        await Receiver.EventsAsync(1);
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        await Receiver.EventsAsync(2);

        var first = await GetAsync("GO", "/api/v1/events?pageSize=1");
        var after = first.GetProperty("nextAfter").GetString();
        var second = await GetAsync("GO", $"/api/v1/events?after={after}");
        var last = second.GetProperty("nextAfter").GetString();
        var third = await GetAsync("GO", $"/api/v1/events?after={last}");

        var items = first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).ToArray();
        Assert.Equal(["incident.opened", "incident.update.published"], items.Select(one => one.GetProperty("type").GetString()));
        Assert.Equal(Receiver.Events.Select(one => one.Json.GetProperty("data").GetRawText()), items.Select(one => one.GetProperty("data").GetRawText()));
        Assert.Equal((0, last), (third.GetProperty("items").GetArrayLength(), third.GetProperty("nextAfter").GetString()));
        Assert.Empty((await GetAsync("XC", "/api/v1/events")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_place_in_the_feed_of_others_is_no_place()
    {
        await GetAsync("XB", "/api/v1/events");
        await Hub.As("XB").OpenAsync(Tag);
        await FannedOutAsync();
        var id = await Hub.WithDbAsync(db => db.Events.Select(one => one.Id).SingleAsync());

        using var client = As("XC");
        using var answer = await client.GetAsync($"/api/v1/events?after={id}");

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("RESUME_TOKEN_INVALID", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
