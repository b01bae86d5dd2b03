using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>The work goes on, and its party says so again and again: what is told of it, and to whom.</summary>
public sealed class StillSearchingTests : DeliveryTest
{
    private protected override (string Key, string Value)[] Settings =>
        [.. base.Settings, .. Silences.SettingsOf("TRW Station desk@trw.example", "TRW Headquarters hq@trw.example", "XB Supervisor boss@xb.example", "XB Partner it@xb.example", "HUB Mediator mediator@example")];

    [Fact]
    public async Task A_hundred_words_that_the_search_goes_on_are_no_mail_and_nothing_but_new_lines_and_the_page_says_when_it_was_last_heard()
    {
        await EndpointAsync("XB");
        var reference = await Hub.As("XB").OpenAsync(Tag, "TRW");
        await Receiver.EventsAsync(1);
        Hub.Time.Advance(Duration.FromMinutes(1));
        await Hub.As("TRW").AcceptedAsync(Say.That("t-0", reference, "TRACING"));
        await Receiver.EventsAsync(2);
        var (sentence, heard) = await NowAsync(reference);

        for (var i = 1; i <= 100; i++)
        {
            Hub.Time.Advance(Duration.FromMinutes(1));
            await Hub.As("TRW").AcceptedAsync(Say.That($"t-{i}", reference, "TRACING"));
        }
        await Hub.LiveAndTellAsync(Duration.FromMinutes(1));
        await FannedOutAsync();

        Assert.Empty(await Hub.MailsAsync());
        Assert.Empty(await Hub.WithDbAsync(db => db.Alerts.ToListAsync()));
        // A line that is new to a reader is told of, as that and nothing more; several at once are one event.
        var events = await Hub.WithDbAsync(db => db.Events.AsNoTracking().OrderBy(one => one.Sequence).ToListAsync());
        Assert.Equal("incident.opened", events[0].EventType);
        Assert.All(events.Skip(1), one => Assert.Equal("incident.update.published", one.EventType));
        Assert.InRange(events.Count, 3, 102);
        Assert.Equal(102, events[^1].Version);
        Assert.Equal((sentence, heard + TimeSpan.FromMinutes(100)), await NowAsync(reference));
    }

    [Fact]
    public async Task The_third_word_that_says_only_that_the_search_goes_on_is_one_event_and_the_fourth_no_longer_puts_off_what_is_due()
    {
        await EndpointAsync("XB");
        var reference = await Hub.As("XB").OpenAsync(Tag, "TRW");
        await Receiver.EventsAsync(1);
        var due = new List<Instant>();
        for (var i = 0; i <= 4; i++)
        {
            Hub.Time.Advance(Duration.FromMinutes(10));
            var told = await Hub.As("TRW").AcceptedAsync(Say.That($"t-{i}", reference, "TRACING"));
            due.Add(Instant.FromDateTimeOffset(told.Standing.NextUpdateDueTime.ToDateTimeOffset()));
            await Receiver.EventsAsync(i + 2);
        }

        Assert.Equal(["incident.opened", .. Enumerable.Repeat("incident.update.published", 5)], Receiver.Events.OrderBy(one => one.Sequence).Select(one => one.Type));
        Assert.True(due[0] < due[1] && due[1] < due[2] && due[2] < due[3], "The first three start the time anew.");
        Assert.Equal(due[3], due[4]);
        Assert.Empty(await Hub.MailsAsync());
    }

    [Fact]
    public async Task What_is_said_again_about_the_same_moment_under_another_name_is_no_event()
    {
        var (id, _) = await EndpointAsync("XB");
        var reference = await Hub.As("XB").OpenAsync(Tag, "TRW");
        await Receiver.EventsAsync(1);
        Hub.Time.Advance(Duration.FromMinutes(1));
        var said = Say.That("t-1", reference, "TRACING").At(Hub.Time.GetUtcNow());
        await Hub.As("TRW").AcceptedAsync(said);
        await Receiver.EventsAsync(2);

        for (var i = 2; i <= 5; i++)
        {
            Hub.Time.Advance(Duration.FromMinutes(1));
            await Hub.As("TRW").DuplicateAsync(said);
            await Hub.As("TRW").AcceptedAsync(said.But(update => update.UpdateId = $"t-{i}"));
        }
        await FannedOutAsync();
        Assert.Equal(2, (await DeliveriesAsync(id)).Count);

        await Hub.As("TRW").AcceptedAsync(Say.That("t-6", reference, "POSSIBLE_MATCH"));
        Assert.Equal((3L, 7L), ((await Receiver.EventsAsync(3))[2].Sequence, Receiver.Events[2].Json.GetProperty("data").GetProperty("version").GetInt64()));
    }

    private async Task<(string Sentence, DateTimeOffset Heard)> NowAsync(string reference)
    {
        using var browser = Hub.Browse();
        var incident = (await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska")).GetProperty("incident");
        return (incident.GetProperty("sentence").GetString()!, incident.GetProperty("lastHeardTime").GetDateTimeOffset());
    }
}
