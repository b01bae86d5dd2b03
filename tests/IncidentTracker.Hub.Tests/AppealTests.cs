using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using static IncidentTracker.HubTests.ScorecardTests;

namespace IncidentTracker.HubTests;

/// <summary>A party contests that its word was overdue, and the owner of the case decides.</summary>
public sealed class AppealTests : IAsyncLifetime
{
    private Hub _hub = null!;
    private string _clock = "", _reference = "";
    private int _number;

    /// <summary>TRW has been asked to search and was silent.</summary>
    public async Task InitializeAsync()
    {
        _hub = await Hub.StartAsync();
        _reference = await _hub.As("XB").OpenAsync("0901123456");
        _hub.Time.Advance(Duration.FromMinutes(1));
        await _hub.As("TRW").AcceptedAsync(Say.That("u1", _reference, "TRACING"));
        await _hub.LiveUntilAsync(_hub.Time.Now + Duration.FromHours(5));
        using var trw = As(_hub, "TRW");
        _number = (await trw.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{_reference}/clocks")).GetProperty("clocks").EnumerateArray().Last().GetProperty("number").GetInt32();
        _clock = $"/api/v1/incidents/{_reference}/clocks/{_number}";
    }

    public async Task DisposeAsync()
    {
        await _hub.ProveStoredEqualsFoldedAsync();
        _hub.MustBeQuiet();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_granted_appeal_changes_the_adjusted_score_and_nothing_else()
    {
        var before = await CardAsync();
        Assert.Equal((1, 1), (Number(before, "raw", "silent"), Number(before, "adjusted", "silent")));

        var id = await AppealAsync("TRW", "The line was cut by the airport.");
        Assert.Equal(Text(before), Text(await CardAsync()));
        Assert.Equal(HttpStatusCode.Created, (await DecideAsync("XB", id, "GRANTED")).StatusCode);

        var after = await CardAsync();
        Assert.Equal(before.GetProperty("raw").ToString(), after.GetProperty("raw").ToString());
        Assert.Equal((0, 1), (Number(after, "adjusted", "silent"), Number(after, "adjusted", "voided")));
        Assert.Equal((Number(before, "waitingSeconds"), Number(before, "contacts")), (Number(after, "waitingSeconds"), Number(after, "contacts")));
    }

    [Fact]
    public async Task A_silence_that_an_appeal_has_voided_is_one_on_page_spreadsheet_and_REST_before_appeals_and_none_after()
    {
        await DecideAsync("XB", await AppealAsync("TRW", "The line was cut by the airport."), "GRANTED");
        using var trw = As(_hub, "TRW");
        const string period = "?from=2026-07-01&to=2026-08-01";

        var card = await CardAsync();
        Assert.Equal((1, 0, 1), (Number(card, "raw", "silent"), Number(card, "adjusted", "silent"), Number(card, "adjusted", "voided")));
        var line = Assert.Single((await trw.GetStringAsync($"/api/v1/scorecards/TRW.csv{period}")).Split("\r\n"), one => one.StartsWith(_reference, StringComparison.Ordinal));
        Assert.Equal(["SILENT", "VOIDED"], line.Split(',')[9..11]);
        var page = await trw.GetStringAsync($"/scorecard/TRW{period}");
        Assert.Contains("<th scope=\"row\">Together</th><td>1</td><td>0</td><td>0</td><td>0</td><td>0</td><td>1</td>", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Before appeals</th><td>1</td><td>0</td><td>0</td><td>1</td><td>0</td><td>0</td>", page, StringComparison.Ordinal);
        Assert.Matches("TRW</bdi></a></th>\\s*<td>1</td><td>0</td><td>0</td><td>0</td><td>1</td><td>none</td><td>0 in time, 0 late, 1 silent</td>", await trw.GetStringAsync($"/scorecard{period}"));
    }

    [Fact]
    public async Task A_denied_appeal_changes_nothing()
    {
        var before = await CardAsync();

        Assert.Equal(HttpStatusCode.Created, (await DecideAsync("XB", await AppealAsync("TRW", "We forgot."), "DENIED")).StatusCode);

        Assert.Equal(Text(before), Text(await CardAsync()));
    }

    [Fact]
    public async Task Only_who_owed_the_word_contests_and_only_the_owner_of_the_case_decides()
    {
        Assert.Equal("APPEAL_NOT_YOURS", await CodeAsync(await PostAsync("XB", _clock + "/appeals", new { reason = "x" })));
        Assert.Equal("INCIDENT_NOT_FOUND", await CodeAsync(await PostAsync("STRANGER", _clock + "/appeals", new { reason = "x" })));
        var id = await AppealAsync("TRW", "The line was cut.");

        Assert.Equal("DECISION_NOT_YOURS", await CodeAsync(await DecideAsync("TRW", id, "GRANTED")));
        Assert.Equal("DECISION_NOT_YOURS", await CodeAsync(await DecideAsync("AG", id, "GRANTED")));
        Assert.Equal("INCIDENT_NOT_FOUND", await CodeAsync(await DecideAsync("STRANGER", id, "GRANTED")));
        Assert.Equal("APPEAL_NOT_FOUND", await CodeAsync(await DecideAsync("XB", "apl_0", "GRANTED")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _hub.Browse().PostAsJsonAsync(_clock + "/appeals", new { reason = "x" })).StatusCode);
        Assert.Empty(await _hub.WithDbAsync(db => db.AppealDecisions.ToListAsync()));
    }

    [Fact]
    public async Task Nobody_decides_about_its_own_word_not_even_the_owner()
    {
        var own = await _hub.As("XB").OpenAsync("0901123457");
        _hub.Time.Advance(Duration.FromHours(1));
        var clock = $"/api/v1/incidents/{own}/clocks/1";
        var id = (await (await PostAsync("XB", clock + "/appeals", new { reason = "x" })).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();

        Assert.Equal("DECISION_NOT_YOURS", await CodeAsync(await PostAsync("XB", $"{clock}/appeals/{id}/decisions", new { verdict = "GRANTED", reason = "x" })));
    }

    [Fact]
    public async Task Nothing_is_changed_once_it_was_said_and_the_same_again_gets_the_same_answer()
    {
        var id = await AppealAsync("TRW", "The line was cut.");
        var again = await PostAsync("TRW", _clock + "/appeals", new { reason = "The line was cut." });
        Assert.Equal((HttpStatusCode.OK, id), (again.StatusCode, (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()));
        Assert.Equal("APPEAL_EXISTS", await CodeAsync(await PostAsync("TRW", _clock + "/appeals", new { reason = "Something else." })));

        await DecideAsync("XB", id, "DENIED");
        Assert.Equal(HttpStatusCode.OK, (await DecideAsync("XB", id, "DENIED")).StatusCode);
        Assert.Equal("APPEAL_DECIDED", await CodeAsync(await DecideAsync("XB", id, "GRANTED")));
        using var trw = As(_hub, "TRW");
        var known = (await trw.GetFromJsonAsync<JsonElement>(_clock + "/appeals")).GetProperty("items")[0];
        Assert.Equal(("DENIED", "XB", "The line was cut."), (known.GetProperty("verdict").GetString(), known.GetProperty("decidedById").GetString(), known.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Of_many_appeals_at_once_one_is_stored_and_of_many_decisions_too()
    {
        var appeals = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PostAsync("TRW", _clock + "/appeals", new { reason = $"Reason {i}." })));
        Assert.Equal(1, appeals.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        var id = (await _hub.WithDbAsync(db => db.Appeals.SingleAsync())).Id;

        var decisions = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => DecideAsync("XB", id, i % 2 == 0 ? "GRANTED" : "DENIED")));
        Assert.Equal(1, decisions.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Single(await _hub.WithDbAsync(db => db.AppealDecisions.ToListAsync()));
    }

    [Theory]
    [InlineData("""{ "reason": "  " }""", "FIELD_REQUIRED"), InlineData("{}", "MALFORMED_MESSAGE")]
    public async Task An_appeal_without_a_reason_is_none(string body, string code)
    {
        using var trw = As(_hub, "TRW");
        Assert.Equal(code, await CodeAsync(await trw.PostAsync(_clock + "/appeals", new StringContent(body, null, "application/json"))));
        Assert.Equal("FIELD_TOO_LONG", await CodeAsync(await PostAsync("TRW", _clock + "/appeals", new { reason = new string('x', 2001) })));
        Assert.Equal("CLOCK_NOT_FOUND", await CodeAsync(await PostAsync("TRW", $"/api/v1/incidents/{_reference}/clocks/99/appeals", new { reason = "x" })));
    }

    [Fact]
    public async Task A_word_that_was_not_overdue_cannot_be_contested()
    {
        await _hub.As("TRW").AcceptedAsync(Say.That("u2", _reference, "TRACING"));

        Assert.Equal("CLOCK_NOT_OVERDUE", await CodeAsync(await PostAsync("TRW", $"/api/v1/incidents/{_reference}/clocks/{_number + 1}/appeals", new { reason = "x" })));
        Assert.Equal("CLOCK_NOT_OVERDUE", await CodeAsync(await PostAsync("XB", $"/api/v1/incidents/{_reference}/clocks/1/appeals", new { reason = "x" })));
        Assert.Equal(HttpStatusCode.Created, (await PostAsync("TRW", _clock + "/appeals", new { reason = "x" })).StatusCode);
    }

    private async Task<string> AppealAsync(string by, string reason)
    {
        var answer = await PostAsync(by, _clock + "/appeals", new { reason });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private Task<HttpResponseMessage> DecideAsync(string by, string id, string verdict) => PostAsync(by, $"{_clock}/appeals/{id}/decisions", new { verdict, reason = "We have looked into it." });

    private async Task<HttpResponseMessage> PostAsync(string by, string path, object body)
    {
        using var client = As(_hub, by);
        return await client.PostAsJsonAsync(path, body);
    }

    private async Task<JsonElement> CardAsync()
    {
        using var trw = As(_hub, "TRW");
        return await trw.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/TRW?from=2026-07-01&to=2026-08-01");
    }

    private static string Text(JsonElement card) => card.ToString();

    private static async Task<string> CodeAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()!;
}
