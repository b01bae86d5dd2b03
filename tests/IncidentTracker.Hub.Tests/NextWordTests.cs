using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;

namespace IncidentTracker.HubTests;

public sealed class NextWordTests
{
    [Fact]
    public async Task Who_owes_the_next_word_is_named_and_so_is_the_word_that_has_not_come()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "07");
        using var browser = hub.Browse();

        var incident = (await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska")).GetProperty("incident");
        Assert.Equal("Worldwide Tracing", incident.GetProperty("nextWordFrom").GetString());
        Assert.Equal(new(2026, 7, 6, 18, 10, 0, TimeSpan.Zero), incident.GetProperty("nextWordDueTime").GetDateTimeOffset());

        hub.Time.Set(Instant.FromUtc(2026, 7, 6, 18, 10));
        Assert.Matches("From <bdi>Worldwide Tracing</bdi> by <time [^>]+>Monday 6 July, 19:10</time>", await TrackTests.OpenAsync(browser, reference, "Kowalska"));

        hub.Time.Advance(Duration.FromSeconds(1));
        Assert.Matches("We expected news from <bdi>Worldwide Tracing</bdi> by <time [^>]+>Monday 6 July, 19:10</time>[^.]*\\. It has not come\\.", await TrackTests.OpenAsync(browser, reference, "Kowalska"));
    }
}
