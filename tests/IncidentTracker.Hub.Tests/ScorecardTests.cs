using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Scorecards;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>How well each party kept others informed, as it reads it itself and as a supervisor sees it in the demo.</summary>
public sealed class ScorecardTests
{
    private const string July = "?from=2026-07-01&to=2026-08-01";

    [Fact]
    public async Task In_the_origin_story_ground_handling_is_compliant_for_handling_and_not_for_reporting()
    {
        await using var hub = await Stories.StartHubAsync();
        var sc01 = HubScenario.Of(hub, "sc01");
        await sc01.TellAsync(upTo: "08");
        await hub.As("AG").AcceptedAsync(Say.Note("q-1", sc01.Reference("05"), "Is tag 456 in your store?").But(update => update.AskedParty = "GO"));
        await sc01.TellAsync(upTo: "11");
        hub.Time.Advance(Duration.FromHours(1));
        using var go = As(hub, "GO");

        var card = await go.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/GO{July}");

        Assert.True(Number(card, "raw", "late") >= 1);
        Assert.Equal(1, Number(card, "handledInTime"));
        var late = card.GetProperty("longestOverdue").EnumerateArray().Single(clock => clock.GetProperty("handledInTime").GetBoolean());
        Assert.Equal(("QUESTION", "LATE"), (late.GetProperty("statusCode").GetString(), late.GetProperty("raw").GetString()));
        Assert.Equal(new(2026, 7, 6, 20, 30, 0, TimeSpan.Zero), late.GetProperty("dueTime").GetDateTimeOffset(), TimeSpan.FromMilliseconds(1));
        Assert.Equal("PT4H36M", card.GetProperty("reportedWithinLongest").GetString());

        using var trw = As(hub, "TRW");
        var tracing = await trw.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/TRW{July}");
        Assert.True(Number(tracing, "raw", "late") + Number(tracing, "raw", "silent") >= 1);
        Assert.True(Number(tracing, "waitingSeconds") > 0 && Number(tracing, "contacts") >= 1);
    }

    [Fact]
    public async Task Every_clock_of_the_period_is_one_line_of_the_report_and_one_of_its_counts()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", live: true);
        await hub.TellAsync("sc02", live: true);
        using var xb = As(hub, "XB");
        var clocks = (await xb.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/clocks")).GetProperty("clocks").EnumerateArray().ToArray();

        foreach (var party in new[] { "XB", "GO", "TRW", "LH2", "CQ" })
        {
            using var own = As(hub, party);
            var card = await own.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/{party}?from=2026-07-01&to=2026-12-31");
            var lines = await LinesAsync(own, $"/api/v1/scorecards/{party}.csv?from=2026-07-01&to=2026-12-31");

            Assert.Equal(Number(card, "raw", "clocks"), lines.Length);
            Assert.Equal(lines.Length, card.GetProperty("statuses").EnumerateArray().Sum(one => Number(one, "adjusted", "clocks")));
            Assert.Equal(lines.Length, lines.Distinct().Count());
            var ofCase = lines.Where(line => line.StartsWith(reference, StringComparison.Ordinal)).Select(line => int.Parse(line.Split(',')[1], null)).ToArray();
            Assert.Equal(clocks.Where(clock => clock.GetProperty("party").GetProperty("partyId").GetString() == party).Select(clock => clock.GetProperty("number").GetInt32()), ofCase);
        }
    }

    [Fact]
    public async Task What_was_opened_and_settled_outside_working_hours_is_in_the_report_too()
    {
        await using var hub = await Hub.StartAsync();
        hub.Time.Set(Instant.FromUtc(2026, 7, 4, 23, 0));       // a Saturday night
        var reference = await hub.As("XB").OpenAsync("0901123456");
        hub.Time.Advance(Duration.FromMinutes(5));
        await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "CLOSED_CANCELLED"));
        using var xb = As(hub, "XB");

        Assert.Equal(1, Number(await xb.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/XB{July}"), "raw", "met"));
        Assert.Equal(0, Number(await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB?from=2026-07-05&to=2026-08-01"), "raw", "clocks"));
    }

    [Fact]
    public async Task A_silence_that_lasts_counts_in_the_period_in_which_the_word_was_due_however_long_ago_the_case_changed()
    {
        await using var hub = await Hub.StartAsync();
        await hub.As("XB").OpenAsync("0901123456");
        hub.Time.Advance(Duration.FromDays(40));
        using var xb = As(hub, "XB");

        Assert.Equal(1, Number(await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB?from=2026-07-06T12:30:00Z&to=2026-07-06T12:31:00Z"), "raw", "silent"));
        Assert.Equal(0, Number(await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB?from=2026-07-06T12:31:00Z&to=2026-08-31"), "raw", "clocks"));
    }

    [Fact]
    public async Task A_word_that_waits_at_the_door_of_a_hub_that_is_away_for_an_hour_is_not_late()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901123456");
        hub.Time.Advance(Duration.FromMinutes(1));
        await hub.As("TRW").AcceptedAsync(Say.That("u1", reference, "TRACING"));
        hub.Time.Advance(Duration.FromHours(3.5));
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromHours(1));        // due in the middle of it
        await hub.RestartAsync();
        await hub.As("TRW").AcceptedAsync(Say.That("u2", reference, "LAST_SEEN"));
        using var trw = As(hub, "TRW");

        var card = await trw.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/TRW{July}");

        Assert.Equal((0, 0, "PT1H"), (Number(card, "raw", "late"), Number(card, "raw", "silent"), card.GetProperty("givenBack").GetString()));
        Assert.Equal(0, Number(card, "waitingSeconds"));
    }

    [Fact]
    public async Task Who_speaks_for_travellers_asks_and_stands_on_no_scorecard_as_owing()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901123456");
        hub.Time.Advance(Duration.FromMinutes(1));
        await hub.As("XB").AcceptedAsync(Say.Note("q-1", reference, "Is the address right?").But(update => update.AskedParty = "AG"));
        hub.Time.Advance(Duration.FromHours(9));
        using var agent = As(hub, "AG");

        Assert.Contains((await agent.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/clocks")).GetProperty("clocks").EnumerateArray(), clock => clock.GetProperty("party").GetProperty("partyId").GetString() == "AG");
        Assert.Equal(0, Number(await agent.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/AG{July}"), "raw", "clocks"));
        Assert.DoesNotContain("/scorecard/AG?", await agent.GetStringAsync($"/scorecard{July}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_the_time_of_an_owners_cases_belongs_to_somebody_and_only_the_owner_reads_it()
    {
        await using var hub = await Stories.StartHubAsync();
        await hub.TellAsync("sc01", live: true);
        await hub.TellAsync("sc02", live: true);
        using var xb = As(hub, "XB");
        using var go = As(hub, "GO");

        var whole = await xb.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/XB/time?from=2026-07-01&to=2026-12-31");
        var parts = new[] { "from=2026-07-01&to=2026-07-07", "from=2026-07-07&to=2026-07-08", "from=2026-07-08&to=2026-12-31" }.Select(period => xb.GetFromJsonAsync<JsonElement>($"/api/v1/scorecards/XB/time?{period}").Result).ToArray();

        var totals = whole.GetProperty("totals").EnumerateArray().ToArray();
        Assert.True(totals.Length >= 3 && Number(whole, "lifetimeSeconds") > 86_400);
        Assert.Equal(Number(whole, "lifetimeSeconds"), totals.Sum(total => Number(total, "seconds")));
        Assert.Equal(1, totals.Sum(total => total.GetProperty("share").GetDouble()), 9);
        Assert.Equal(Number(whole, "lifetimeSeconds"), parts.Sum(part => Number(part, "lifetimeSeconds")));
        Assert.Equal(HttpStatusCode.NotFound, (await go.GetAsync("/api/v1/scorecards/XB/time")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Browse().GetAsync("/api/v1/scorecards/XB/time")).StatusCode);
        Assert.Equal(0, Number(await go.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/GO/time?from=2026-07-01&to=2026-12-31"), "lifetimeSeconds"));
    }

    [Fact]
    public async Task Nobody_reads_the_scorecard_of_another()
    {
        await using var hub = await Hub.StartAsync();
        using var stranger = As(hub, "GO");
        using var nobody = hub.Browse();

        foreach (var path in new[] { "XB", "XB.csv", "NONE", "go", "HUB", "CUSTOMER", ".csv" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/v1/scorecards/{path}")).StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync($"/api/v1/scorecards/{path}")).StatusCode);
        }
    }

    [Theory]
    [InlineData("?from=yesterday", "from"), InlineData("?from=2026-07-02&to=2026-07-02", "to"), InlineData("?from=2024-01-01&to=2026-01-01", "from"), InlineData("?to=9999-12-31", "to")]
    public async Task A_period_that_is_none_is_refused_with_the_field(string query, string field)
    {
        await using var hub = await Hub.StartAsync();
        using var xb = As(hub, "XB");

        var answer = await xb.GetAsync($"/api/v1/scorecards/XB{query}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"\"/{field}\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_that_cannot_be_read_is_named_to_its_parties_counted_to_others_and_breaks_no_report()
    {
        await using var hub = await Hub.StartAsync();
        var broken = await hub.As("XB").OpenAsync("0900000001");
        var sound = await hub.As("XB").OpenAsync("0900000002");
        await hub.As("XB").AcceptedAsync(Say.That("u-1", sound, "ACKNOWLEDGED"));
        await hub.WithDbAsync(db => db.Claims.Where(claim => claim.UpdateId == "open-0900000001").ExecuteUpdateAsync(claim => claim.SetProperty(row => row.Body, new byte[] { 0xFF, 0xFF })));
        using var xb = As(hub, "XB");
        using var stranger = As(hub, "STRANGER");

        var own = await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB?from=2026-07-01&to=2026-07-31");
        var others = await stranger.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/STRANGER?from=2026-07-01&to=2026-07-31");

        Assert.Equal((2, 1, broken), (Number(own, "raw", "clocks"), Number(own, "unreadableCases"), own.GetProperty("unreadableReferences")[0].GetString()));
        Assert.Equal((1, 0), (Number(others, "unreadableCases"), others.GetProperty("unreadableReferences").GetArrayLength()));
        Assert.Contains(await LinesAsync(xb, "/api/v1/scorecards/XB.csv?from=2026-07-01&to=2026-07-31"), line => line.StartsWith(broken, StringComparison.Ordinal) && line.Contains("UNREADABLE", StringComparison.Ordinal));
        Assert.DoesNotContain(broken, await stranger.GetStringAsync("/api/v1/scorecards/STRANGER.csv?from=2026-07-01&to=2026-07-31"), StringComparison.Ordinal);
        Assert.Contains(broken, await xb.GetStringAsync("/scorecard?from=2026-07-01&to=2026-07-31"), StringComparison.Ordinal);
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task More_cases_than_a_page_holds_are_all_counted_once()
    {
        await using var hub = await Hub.StartAsync();
        await DueCases.StoreAsync(hub.Database, 250, hub.Time.Now);
        hub.Time.Advance(Duration.FromHours(1));
        using var xb = As(hub, "XB");

        var card = await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB");

        Assert.Equal((250, 250, 100), (Number(card, "cases"), Number(card, "raw", "silent"), card.GetProperty("longestOverdue").GetArrayLength()));
        var lines = await LinesAsync(xb, "/api/v1/scorecards/XB.csv");
        Assert.Equal((250, 250), (lines.Length, lines.Distinct().Count()));
    }

    [Fact]
    public async Task A_line_that_was_silent_as_a_whole_is_counted()
    {
        await using var hub = await Hub.StartAsync();
        await hub.WithDbAsync(db =>
        {
            db.Add(new Data.StormRow { Party = "XB", Stage = "", Owner = "", BeganAt = hub.Time.Now, ToldAt = hub.Time.Now, Cases = 9 });
            db.Add(new Data.StormRow { Party = "XB", Stage = "Breached", Owner = "", BeganAt = hub.Time.Now, ToldAt = hub.Time.Now, Cases = 30 });
            return db.SaveChangesAsync();
        });
        hub.Time.Advance(Duration.FromHours(1));
        using var xb = As(hub, "XB");

        Assert.Equal(1, Number(await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB"), "lineSilences"));
        Assert.Equal(0, Number(await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB?to=2026-07-06T12:00:00Z"), "lineSilences"));
    }

    [Theory]
    [InlineData("=1+1", "'=1+1"), InlineData("+1", "'+1"), InlineData("-1", "'-1"), InlineData("@A1", "'@A1"), InlineData("\tx", "'\tx"), InlineData("a\"b", "\"a\"\"b\""), InlineData("a,b", "\"a,b\""), InlineData("=a,b", "\"'=a,b\""), InlineData("plain", "plain")]
    public void No_cell_of_a_spreadsheet_becomes_a_formula_or_two(string value, string cell) => Assert.Equal($"{cell},x\r\n", ScorecardCsv.Line([value, "x"]));

    internal static HttpClient As(Hub hub, string partner)
    {
        var client = hub.Browse();
        client.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf(partner));
        return client;
    }

    internal static int Number(JsonElement element, params string[] path) => path.Aggregate(element, (at, name) => at.GetProperty(name)).GetInt32();

    private static async Task<string[]> LinesAsync(HttpClient client, string path)
    {
        var answer = await client.GetAsync(path);
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.StartsWith("case,clock,party,", lines[0], StringComparison.Ordinal);
        Assert.Equal("", lines[^1]);
        Assert.All(lines[1..^1], line => Assert.Equal(17, line.Split(',').Length));
        return lines[1..^1];
    }
}
