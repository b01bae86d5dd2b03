using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>The clocks of a case as its parties and its traveller read them.</summary>
public sealed class ClockRestTests
{
    [Fact]
    public async Task A_party_reads_every_clock_of_its_case_with_the_arithmetic_of_each()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "07");
        hub.Time.Set(Instant.FromUtc(2026, 7, 6, 15, 10));
        using var partner = As(hub, "XB");

        var clocks = (await partner.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/clocks")).GetProperty("clocks").EnumerateArray().ToArray();

        Assert.Equal(Enumerable.Range(1, clocks.Length), clocks.Select(clock => clock.GetProperty("number").GetInt32()));
        var tracing = clocks.Single(clock => Text(clock, "state") == "RUNNING");
        Assert.Equal(("Worldwide Tracing", "PT1H", "PT3H"), (Text(tracing, "from"), Text(tracing, "elapsed"), Text(tracing, "remaining")));
        Assert.Equal(("TRW", "TRACING", "default/1", "always/1"), (Text(tracing, "party", "partyId"), Text(tracing, "party", "statusCode"), Text(tracing, "party", "policy"), Text(tracing, "party", "calendar")));
        Assert.Equal(new(2026, 7, 6, 18, 10, 0, TimeSpan.Zero), tracing.GetProperty("dueTime").GetDateTimeOffset());
        Assert.Contains(clocks, clock => Text(clock, "state") == "MET" && clock.TryGetProperty("endTime", out _));

        foreach (var clock in clocks)
        {
            var told = await partner.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/clocks/{clock.GetProperty("number").GetInt32()}/explanation");
            var segments = told.GetProperty("segments").EnumerateArray().ToArray();
            Assert.Equal(JsonSerializer.Serialize(clock), JsonSerializer.Serialize(told.GetProperty("clock")));
            Assert.Equal(Length(told.GetProperty("clock"), "elapsed"), segments.Where(one => one.GetProperty("counts").GetBoolean() && one.GetProperty("over").GetBoolean()).Aggregate(TimeSpan.Zero, (sum, one) => sum + Length(one, "length")));
            Assert.Equal(clock.GetProperty("dueTime").GetDateTimeOffset(), segments[^1].GetProperty("to").GetDateTimeOffset());
        }
    }

    [Fact]
    public async Task A_traveller_reads_sentences_and_neither_codes_nor_policies_nor_what_parties_ask_each_other()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "07");
        var question = Say.Note("q-1", reference, "Is it in your store?");
        question.AskedParty = "GO";
        await hub.As("XB").AcceptedAsync(question);
        using var traveller = hub.Browse();
        using var partner = As(hub, "XB");

        var all = await partner.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/clocks");
        var asked = all.GetProperty("clocks").EnumerateArray().Single(clock => Text(clock, "party", "track") == "QUESTION");
        var seen = await traveller.GetStringAsync($"/api/v1/incidents/{reference}/clocks?familyName=Kowalska");
        var clocks = JsonDocument.Parse(seen).RootElement.GetProperty("clocks").EnumerateArray().ToArray();

        Assert.Equal(all.GetProperty("clocks").GetArrayLength() - 1, clocks.Length);
        Assert.All(clocks, clock => Assert.False(clock.TryGetProperty("party", out _)));
        Assert.Contains(clocks, clock => Text(clock, "sentence") == "We expect news from Worldwide Tracing by Monday 6 July, 19:10.");
        foreach (var hidden in new[] { "TRACING", "policy", "default/1", "always/1", "QUESTION" }) Assert.DoesNotContain(hidden, seen, StringComparison.Ordinal);
        var explained = await traveller.GetStringAsync($"/api/v1/incidents/{reference}/clocks/{clocks[^1].GetProperty("number").GetInt32()}/explanation?familyName=Kowalska");
        Assert.DoesNotContain("default/1", explained, StringComparison.Ordinal);

        var number = asked.GetProperty("number").GetInt32();
        Assert.Equal(HttpStatusCode.OK, (await partner.GetAsync($"/api/v1/incidents/{reference}/clocks/{number}/explanation")).StatusCode);
        var refused = await traveller.GetAsync($"/api/v1/incidents/{reference}/clocks/{number}/explanation?familyName=Kowalska");
        Assert.Equal((HttpStatusCode.NotFound, "CLOCK_NOT_FOUND"), (refused.StatusCode, Text(await refused.Content.ReadFromJsonAsync<JsonElement>(), "code")));
    }

    [Fact]
    public async Task While_a_hold_with_a_reason_pauses_the_clock_it_has_no_due_time_and_the_reason_is_for_parties()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.As("XB").OpenAsync("0900123456");
        hub.Time.Advance(Duration.FromMinutes(5));
        var held = Say.That("h-1", reference, "HELD");
        held.ReasonCode = "66";
        var until = hub.Time.GetUtcNow().AddHours(20);
        held.Eta = new() { From = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(until), TimeZone = "Europe/Lisbon" };
        await hub.As("XB").AcceptedAsync(held);
        using var traveller = hub.Browse();
        using var partner = As(hub, "XB");

        var clock = (await partner.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/clocks")).GetProperty("clocks").EnumerateArray().Last();
        Assert.Equal(("PAUSED", "PT0S", "PT2H"), (Text(clock, "state"), Text(clock, "elapsed"), Text(clock, "remaining")));
        Assert.False(clock.TryGetProperty("dueTime", out _));
        Assert.Equal(until, clock.GetProperty("pausedUntilTime").GetDateTimeOffset(), TimeSpan.FromMilliseconds(1));

        var address = $"/api/v1/incidents/{reference}/clocks/{clock.GetProperty("number").GetInt32()}/explanation";
        var why = Text((await partner.GetFromJsonAsync<JsonElement>(address)).GetProperty("segments")[0], "why");
        Assert.StartsWith("paused: ", why, StringComparison.Ordinal);
        Assert.Equal("paused", Text((await traveller.GetFromJsonAsync<JsonElement>(address + "?familyName=Kowalska")).GetProperty("segments")[0], "why"));

        hub.Time.Advance(Duration.FromHours(21));
        var after = (await partner.GetFromJsonAsync<JsonElement>(address)).GetProperty("clock");
        Assert.Equal(("RUNNING", "PT1H", "PT1H"), (Text(after, "state"), Text(after, "elapsed"), Text(after, "remaining")));
        Assert.True(after.TryGetProperty("dueTime", out _));
    }

    [Theory]
    [InlineData("clocks")]
    [InlineData("clocks/1/explanation")]
    public async Task Whoever_may_not_read_the_case_may_not_read_its_clocks(string what)
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.As("XB").OpenAsync("0900123456");
        using var anybody = hub.Browse();
        using var stranger = As(hub, "STRANGER");

        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/api/v1/incidents/{reference}/{what}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/api/v1/incidents/{reference}/{what}?familyName=Smith")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/v1/incidents/{reference}/{what}?familyName=Kowalska")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync($"/api/v1/incidents/{reference}/{what}?familyName=Kowalska")).StatusCode);
    }

    private static HttpClient As(Hub hub, string partner)
    {
        var client = hub.Browse();
        client.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf(partner));
        return client;
    }

    private static TimeSpan Length(JsonElement element, string name) => XmlConvert.ToTimeSpan(element.GetProperty(name).GetString()!);

    private static string? Text(JsonElement element, params string[] path) => path.Aggregate(element, (at, name) => at.GetProperty(name)).GetString();
}
