using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Duration = NodaTime.Duration;

namespace IncidentTracker.HubTests;

/// <summary>When time is given back or stands still, every face of the hub says the same due time, or none.</summary>
public sealed class DueTimeTests
{
    [Fact]
    public async Task After_an_outage_page_REST_tasks_and_acknowledgements_give_the_time_back_alike()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901000001", "GO");
        using var before = hub.Browse();
        var tag = (await before.GetAsync(Address(reference))).Headers.ETag!;
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromHours(2));
        await hub.RestartAsync();

        using var browser = hub.Browse();
        browser.DefaultRequestHeaders.IfNoneMatch.Add(tag);
        var answer = await browser.GetAsync(Address(reference));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);     // nobody has said anything since, and yet it reads otherwise
        var view = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(new(2026, 7, 6, 14, 30, 0, TimeSpan.Zero), view.GetProperty("nextWordDueTime").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
        Assert.DoesNotContain("It has not come", await TrackTests.OpenAsync(browser, reference, "Kowalska"), StringComparison.Ordinal);
        using var known = hub.Browse();
        known.DefaultRequestHeaders.IfNoneMatch.Add(answer.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await known.GetAsync(Address(reference))).StatusCode);
        await new DueTimeFaces(hub).MustAgreeAsync(reference, "XB", "GO");
    }

    [Fact]
    public async Task What_is_due_first_after_time_was_given_back_comes_first_in_the_list()
    {
        await using var hub = await Hub.StartAsync();
        var early = await hub.As("XB").OpenAsync("0901000001");
        hub.Time.Advance(Duration.FromMinutes(1));
        await hub.As("XB").AcceptedAsync(Say.That("u1", early, "TRACING"));       // due in four hours
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromHours(5));
        await hub.RestartAsync();
        var late = await hub.As("TRW").OpenAsync("0901000002");
        hub.Time.Advance(Duration.FromMinutes(1));
        await hub.As("TRW").AcceptedAsync(Say.That("u2", late, "BAG_REQUESTED").But(update => update.AskedParty = "XB"));       // due in three
        await hub.FollowDutiesAsync();

        var tasks = (await hub.As("XB").TasksAsync()).Tasks;

        Assert.Equal(tasks.Select(task => task.DueTime.ToDateTimeOffset()).Order(), tasks.Select(task => task.DueTime.ToDateTimeOffset()));
        Assert.Equal([late, early], tasks.Select(task => task.IncidentReference));
    }

    [Fact]
    public async Task While_a_hold_with_a_reason_pauses_the_clock_nobody_is_given_a_due_time_and_the_page_says_until_when_the_case_waits()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901000001", "GO");
        hub.Time.Advance(Duration.FromMinutes(5));
        var held = Say.That("h1", reference, "HELD", "FNC").But(update =>
        {
            update.ReasonCode = "73";
            update.Eta = new() { From = Timestamp.FromDateTimeOffset(hub.Time.GetUtcNow().AddHours(20)), TimeZone = "Atlantic/Madeira" };
        });

        var accepted = await hub.As("GO").AcceptedAsync(held);

        Assert.Null(accepted.Standing.NextUpdateDueTime);
        using var browser = hub.Browse();
        var view = await browser.GetFromJsonAsync<JsonElement>(Address(reference));
        Assert.Equal("GO", view.GetProperty("nextWordFrom").GetString());
        Assert.False(view.TryGetProperty("nextWordDueTime", out _));
        Assert.Equal(new(2026, 7, 7, 8, 5, 0, TimeSpan.Zero), view.GetProperty("nextWordPausedUntilTime").GetDateTimeOffset());
        Assert.Matches("We wait until <time [^>]+>Tuesday 7 July, 09:05</time>.* for a reason that was given\\. After that, <bdi>GO</bdi> has to give news.", await TrackTests.OpenAsync(browser, reference, "Kowalska"));
        await new DueTimeFaces(hub).MustAgreeAsync(reference, "XB", "GO");

        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromHours(20) + Duration.FromSeconds(1));
        await new DueTimeFaces(hub).MustAgreeAsync(reference, "XB", "GO");
        Assert.True((await browser.GetFromJsonAsync<JsonElement>(Address(reference))).TryGetProperty("nextWordDueTime", out _));
    }

    [Fact]
    public async Task The_page_behind_the_link_in_a_mail_gives_the_time_back_too()
    {
        await using var hub = await Hub.StartAsync([.. Links.People]);
        await hub.AskAndWaitAsync(Duration.FromHours(2.5));
        var link = await hub.NewestLinkAsync();
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromHours(2));
        await hub.RestartAsync();

        using var browser = hub.Browse();
        Assert.Contains("Monday 6 July, 18:00</time>", await browser.GetStringAsync(link), StringComparison.Ordinal);
    }

    private static string Address(string reference) => $"/api/v1/incidents/{reference}?familyName=Kowalska";
}
