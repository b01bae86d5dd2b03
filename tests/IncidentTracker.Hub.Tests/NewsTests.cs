using IncidentTracker.Partner.V1;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What is news for people and what is not.</summary>
public sealed class NewsTests : DeliveryTest
{
    private protected override (string Key, string Value)[] Settings => [.. base.Settings, .. Links.People];

    [Fact]
    public async Task A_delivery_in_doubt_reaches_the_owner_and_its_list_of_duties_at_once()
    {
        await EndpointAsync("XB");
        var reference = await Hub.As("XB").OpenAsync(Tag, "CQ", "CU");
        await Hub.As("CQ").AcceptedAsync(Say.That("c1", reference, "DELIVERED"));
        await FannedOutAsync();
        var before = await EventsAsync();
        Hub.Time.Advance(Duration.FromMinutes(10));

        await Hub.As("CU").AcceptedAsync(Say.That("d1", reference, "DELIVERY_DISPUTED"));

        var now = Hub.Time.Now;
        var last = (await Receiver.EventsAsync(before + 1))[^1];
        Assert.Contains(reference, last.Body, StringComparison.Ordinal);
        ListedTask? owed = null;
        await UntilAsync(async () => (owed = ListedTask.In(await Hub.As("XB").TasksAsync())) is not null);
        Assert.Equal((reference, now + Duration.FromHours(2)), (owed!.Reference, owed.Due));
    }

    [Fact]
    public async Task A_hundred_words_that_the_search_goes_on_write_to_nobody_and_move_when_it_was_last_heard()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag, "TRW");
        await Hub.As("XB").AcceptedAsync(Say.That("ack", reference, "ACKNOWLEDGED"));
        for (var i = 0; i < 100; i++)
        {
            Hub.Time.Advance(Duration.FromMinutes(1));
            await Hub.As("TRW").AcceptedAsync(Say.That($"t{i}", reference, "TRACING"));
        }
        var heard = Hub.Time.GetUtcNow();
        await Hub.LiveAndTellAsync(Duration.FromMinutes(10));

        Assert.Empty(await Hub.MailRowsAsync());
        Assert.False(await Hub.WithDbAsync(db => db.Claims.AnyAsync(claim => claim.PartnerId == "HUB")));
        using var browser = Hub.Browse();
        Assert.Contains($"\"lastHeardTime\":\"{heard:yyyy-MM-ddTHH:mm}", await browser.GetStringAsync($"/api/v1/incidents/{reference}?familyName=Kowalska"), StringComparison.Ordinal);
    }

    private Task<int> EventsAsync() => Hub.WithDbAsync(db => db.Events.CountAsync());

    private sealed record ListedTask(string Reference, Instant Due)
    {
        public static ListedTask? In(ListTasksResponse list) =>
            list.Tasks.Where(task => task is { StatusCode: "DELIVERY_DISPUTED", PartyId: "XB" }).Select(task => new ListedTask(task.IncidentReference, Instant.FromDateTimeOffset(task.DueTime.ToDateTimeOffset()))).SingleOrDefault();
    }
}
