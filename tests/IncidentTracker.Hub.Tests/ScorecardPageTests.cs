using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NodaTime;
using static IncidentTracker.HubTests.ScorecardTests;

namespace IncidentTracker.HubTests;

/// <summary>The scorecards as a supervisor sees them in the demo.</summary>
public sealed class ScorecardPageTests
{
    private const string July = "?from=2026-07-01&to=2026-08-01";

    [Fact]
    public async Task A_party_of_which_nothing_is_heard_is_named_while_that_lasts()
    {
        await using var hub = await Hub.StartAsync();
        var heard = hub.Time.Now;
        await hub.BeHeardAsync("GO", Duration.Zero, 1);
        await hub.WithDbAsync(db =>
        {
            db.Add(new Data.StormRow { Party = "GO", Stage = "", Owner = "", BeganAt = heard, ToldAt = heard + Duration.FromMinutes(45), Cases = 37 });
            return db.SaveChangesAsync();
        });
        using var browser = hub.Browse();

        Assert.Contains("Silent now: <bdi>GO</bdi> on 37 cases, since 2026-07-06 12:00 UTC.", await browser.GetStringAsync("/scorecard"), StringComparison.Ordinal);
        await hub.BeHeardAsync("GO", Duration.FromHours(1), 2);
        Assert.DoesNotContain("Silent now", await browser.GetStringAsync("/scorecard"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pages_say_the_same_as_rest_in_tables_with_headers_and_without_script()
    {
        await using var hub = await Stories.StartHubAsync();
        await hub.TellAsync("sc01", live: true);
        using var trw = As(hub, "TRW");
        var card = await trw.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/TRW{July}");
        using var browser = hub.Browse();

        var all = WebUtility.HtmlDecode(await browser.GetStringAsync($"/scorecard{July}"));
        var page = WebUtility.HtmlDecode(await browser.GetStringAsync($"/scorecard/TRW{July}"));

        Assert.Contains("How well <bdi>Worldwide Tracing</bdi> kept others informed", page, StringComparison.Ordinal);
        var raw = card.GetProperty("raw");
        Assert.Contains($"<th scope=\"row\">Before appeals</th><td>{Number(raw, "clocks")}</td><td>{Number(raw, "met")}</td><td>{Number(raw, "late")}</td><td>{Number(raw, "silent")}</td>", page, StringComparison.Ordinal);
        Assert.Contains("<bdi>Worldwide Tracing</bdi></a></th>", all, StringComparison.Ordinal);
        Assert.All(new[] { all, page }, html =>
        {
            Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
            Assert.Contains("<caption", html, StringComparison.Ordinal);
            Assert.Contains("scope=\"col\"", html, StringComparison.Ordinal);
        });
        // Rows are named by what happened, not by what somebody should do, and one is one.
        Assert.Contains("<th scope=\"row\">Search goes on</th>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("The bag is being searched for", page, StringComparison.Ordinal);
        Assert.All(new[] { all, page }, html => Assert.DoesNotMatch("\\b1 (cases|times|reports)\\b", html));
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/scorecard/NOBODY")).StatusCode);
    }

    [Fact]
    public async Task Without_development_partners_and_from_another_site_there_are_no_pages()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var hub = Hub.StartOn(database);
        using var browser = hub.Browse();
        using var fromElsewhere = new HttpRequestMessage(HttpMethod.Get, "/scorecard");
        fromElsewhere.Headers.Host = "evil.example";

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/scorecard")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.SendAsync(fromElsewhere)).StatusCode);

        await using var real = await HubProcess.StartAsync([], on: database);
        using var visitor = new HttpClient { BaseAddress = real.Web };
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/scorecard")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/scorecard/XB")).StatusCode);
    }
}
