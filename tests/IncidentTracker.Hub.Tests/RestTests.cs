using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace IncidentTracker.HubTests;

/// <summary>The REST door: opening, reading, finding, and how it says no.</summary>
public sealed class RestTests : HubTest
{
    private const string Tag = "0900123456";

    [Fact]
    public async Task A_case_is_opened_and_read_by_its_traveller_and_by_a_party()
    {
        using var partner = As("XB");
        using var traveller = Hub.Browse();

        var opened = await PostAsync(partner, "desk-1", Body());
        var reference = (await JsonAsync(opened)).GetProperty("reference").GetString()!;

        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        Assert.Equal($"/api/v1/incidents/{reference}", opened.Headers.Location!.ToString());
        var seen = await traveller.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference.ToLowerInvariant()}?familyName=KOWALSKA");
        Assert.Equal(reference, seen.GetProperty("reference").GetString());
        Assert.False(seen.TryGetProperty("party", out _));
        var asParty = await partner.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}");
        Assert.Equal("XB", asParty.GetProperty("party").GetProperty("ownerId").GetString());
        Assert.Equal(seen.GetProperty("sentence").GetString(), asParty.GetProperty("sentence").GetString());
    }

    [Fact]
    public async Task The_same_key_and_body_give_the_same_case_and_another_body_is_refused()
    {
        using var partner = As("XB");

        var first = await JsonAsync(await PostAsync(partner, "desk-1", Body()));
        var again = await PostAsync(partner, "desk-1", Body());
        var other = await PostAsync(partner, "desk-1", Body(familyName: "Nowak"));

        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(first.GetProperty("reference").GetString(), (await JsonAsync(again)).GetProperty("reference").GetString());
        await MustSayAsync(other, HttpStatusCode.Conflict, "REQUEST_ID_CONFLICT");
    }

    [Fact]
    public async Task A_timeline_that_is_known_is_not_sent_again_until_something_is_said()
    {
        using var traveller = Hub.Browse();
        var reference = await Hub.As("XB").OpenAsync(Tag);
        var address = $"/api/v1/incidents/{reference}/timeline?familyName=Kowalska";

        var first = await traveller.GetAsync(address);
        var unchanged = await AskAgainAsync(traveller, address, first.Headers.ETag!);
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        var changed = await AskAgainAsync(traveller, address, first.Headers.ETag!);

        Assert.StartsWith("\"v1-", first.Headers.ETag!.Tag, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.StartsWith("\"v2-", changed.Headers.ETag!.Tag, StringComparison.Ordinal);
        Assert.Equal(2, (await JsonAsync(changed)).GetProperty("entries").GetArrayLength());
    }

    [Fact]
    public async Task A_wrong_name_a_wrong_reference_and_a_foreign_key_hear_the_same()
    {
        using var stranger = As("STRANGER");
        using var traveller = Hub.Browse();
        var reference = await Hub.As("XB").OpenAsync(Tag);

        var wrongName = await MustSayAsync(await traveller.GetAsync($"/api/v1/incidents/{reference}?familyName=Smith"), HttpStatusCode.NotFound, "INCIDENT_NOT_FOUND");
        var wrongReference = await MustSayAsync(await traveller.GetAsync("/api/v1/incidents/000-000-000?familyName=Kowalska"), HttpStatusCode.NotFound, "INCIDENT_NOT_FOUND");
        var noName = await MustSayAsync(await traveller.GetAsync($"/api/v1/incidents/{reference}"), HttpStatusCode.NotFound, "INCIDENT_NOT_FOUND");
        var foreign = await MustSayAsync(await stranger.GetAsync($"/api/v1/incidents/{reference}"), HttpStatusCode.NotFound, "INCIDENT_NOT_FOUND");

        Assert.Single(new[] { wrongName, wrongReference, noName, foreign }.Select(problem => problem.GetProperty("detail").GetString()).Distinct());
    }

    [Fact]
    public async Task A_system_finds_its_cases_by_any_identifier_and_only_its_own()
    {
        using var partner = As("XB");
        using var stranger = As("STRANGER");
        await Hub.As("XA").OpenAsync("0900000001");
        var reference = (await JsonAsync(await PostAsync(partner, "desk-1", Body()))).GetProperty("reference").GetString()!;

        foreach (var question in new[] { $"bagTag={Tag}", $"bagTag={Tag}&date=2026-07-09", "scheme=WORLDTRACER&value=FNCXB10457", "phase=REPORTED", "" })
            Assert.Equal(new[] { reference }, await ReferencesAsync(partner, question));
        Assert.Empty(await ReferencesAsync(partner, $"bagTag={Tag}&date=2026-07-10"));
        Assert.Empty(await ReferencesAsync(partner, "phase=CLOSED"));
        Assert.Empty(await ReferencesAsync(stranger, $"bagTag={Tag}"));
    }

    [Fact]
    public async Task Pages_of_a_list_name_every_case_once_and_a_token_belongs_to_its_question()
    {
        using var partner = As("XB");
        for (var i = 0; i < 7; i++) await Hub.As("XB").OpenAsync($"090000000{i}");

        var seen = new List<string>();
        var token = "";
        do
        {
            var page = await partner.GetFromJsonAsync<JsonElement>($"/api/v1/incidents?pageSize=3&pageToken={token}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("reference").GetString()!));
            token = page.GetProperty("nextPageToken").GetString()!;
            if (token.Length > 0) await MustSayAsync(await partner.GetAsync($"/api/v1/incidents?phase=CLOSED&pageToken={token}"), HttpStatusCode.BadRequest, "PAGE_TOKEN_MISMATCH");
        }
        while (token.Length > 0);

        Assert.Equal(7, seen.Distinct().Count());
        Assert.Equal(7, seen.Count);
    }

    [Theory]
    [InlineData("phase=1", "/phase")]
    [InlineData("phase=searching", "/phase")]
    [InlineData("phase=FOUND,CLOSED", "/phase")]
    [InlineData("phase=FOUND&phase=2", "/phase")]
    [InlineData("scheme=1&value=0900123456", "/scheme")]
    [InlineData("scheme=BAG_TAG,PNR&value=0900123456", "/scheme")]
    [InlineData("scheme=BAG_TAG&scheme=PNR&value=0900123456", "/scheme")]
    [InlineData("scheme=BAGTAG&value=0900123456", "/scheme")]
    [InlineData("scheme=PNR", "/value")]
    [InlineData("value=0900123456", "/scheme")]
    [InlineData("bagTag=12", "/bagTag")]
    [InlineData("bagTag=0900123456&date=yesterday", "/date")]
    public async Task A_question_in_words_that_are_not_documented_is_refused(string question, string where)
    {
        using var partner = As("XB");

        var problem = await JsonAsync(await partner.GetAsync($"/api/v1/incidents?{question}"));

        Assert.Equal(400, problem.GetProperty("status").GetInt32());
        Assert.Equal(where, problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    [Theory]
    [InlineData("/api/v1/incidents", "application/json; charset=klingon")]
    [InlineData("/api/v1/incidents", "application/json; charset=utf-7")]
    [InlineData("/track", "application/x-www-form-urlencoded; charset=utf-7")]
    public async Task A_body_in_letters_that_nobody_knows_is_refused(string path, string type)
    {
        using var partner = As("XB");
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(Body()) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        request.Headers.Add("Idempotency-Key", "desk-1");

        await MustSayAsync(await partner.SendAsync(request), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/track")]
    [InlineData("/healthz/ready")]
    [InlineData("/swagger/v1/swagger.json")]
    [InlineData("/problems/internal")]
    [InlineData("/nowhere")]
    [InlineData("/api/v1/incidents/CASE/timeline?familyName=Kowalska")]
    [InlineData("/api/v1/incidents/CASE/timeline?familyName=Smith")]
    public async Task Whatever_can_be_read_can_be_asked_about(string address)
    {
        using var traveller = Hub.Browse();
        address = address.Replace("CASE", await Hub.As("XB").OpenAsync(Tag), StringComparison.Ordinal);

        var whole = await traveller.GetAsync(address);
        using var question = new HttpRequestMessage(HttpMethod.Head, address);
        var head = await traveller.SendAsync(question);

        Assert.Equal((whole.StatusCode, whole.Headers.ETag, whole.Content.Headers.ContentType), (head.StatusCode, head.Headers.ETag, head.Content.Headers.ContentType));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("""{"kind":"DELAYED_BAG","familyName":"K","items":[{"bagTag":"12"}],"reportTime":"2026-07-06T12:00:00+01:00"}""", "FIELD_INVALID", "/items/0/bagTag")]
    [InlineData("""{"kind":"DELAYED_BAG","familyName":"K","items":[{"bagTag":"0000000000"}],"reportTime":"2026-07-06T12:00:00+01:00"}""", "BAG_TAG_UNREADABLE", "/items/0/bagTag")]
    [InlineData("""{"kind":"DELAYED_BAG","familyName":"K","items":[{}],"reportTime":"2026-07-06T12:00:00"}""", "EVENT_TIME_OFFSET_REQUIRED", "/reportTime")]
    [InlineData("""{"kind":"DELAYED_BAG","familyName":"K","items":[{}]}""", "EVENT_TIME_REQUIRED", "/reportTime")]
    [InlineData("""{"kind":"DELAYED_BAG","items":[{}],"reportTime":"2026-07-06T12:00:00+01:00"}""", "FIELD_REQUIRED", "/familyName")]
    [InlineData("""{"kind":"FLYING_BAG","familyName":"K","items":[{}],"reportTime":"2026-07-06T12:00:00+01:00"}""", "FIELD_INVALID", "/kind")]
    [InlineData("""{"kind":"DELAYED_BAG,DAMAGED_BAG","familyName":"K","items":[{}],"reportTime":"2026-07-06T12:00:00+01:00"}""", "FIELD_INVALID", "/kind")]
    [InlineData("""{"kind":"DELAYED_BAG","familyName":"K","items":[{}],"externalReferences":[{"scheme":"+3","value":"x"}],"reportTime":"2026-07-06T12:00:00+01:00"}""", "FIELD_INVALID", "/externalReferences/0/scheme")]
    [InlineData("""{"kind":"DELAYED_BAG","familyName":"K","items":[{}],"partyIds":["NOBODY"],"reportTime":"2026-07-06T12:00:00+01:00"}""", "ORGANIZATION_UNKNOWN", "/partyIds/0")]
    public async Task A_bad_field_is_named(string body, string code, string where)
    {
        using var partner = As("XB");

        var problem = await MustSayAsync(await PostAsync(partner, "desk-1", body), HttpStatusCode.BadRequest, code);

        Assert.Contains(problem.GetProperty("errors").EnumerateArray(), error => error.GetProperty("pointer").GetString() == where && error.GetProperty("code").GetString() == code);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"familyName":null}""")]
    [InlineData("""{"items":"one"}""")]
    [InlineData("[]")]
    public async Task What_is_no_request_is_a_malformed_message(string body)
    {
        using var partner = As("XB");

        await MustSayAsync(await PostAsync(partner, "desk-1", body), HttpStatusCode.BadRequest, "MALFORMED_MESSAGE");
    }

    [Fact]
    public async Task Without_a_key_or_without_a_name_for_the_request_nothing_is_opened()
    {
        using var nobody = Hub.Browse();
        using var partner = As("XB");
        using var wrongKey = Hub.Browse();
        wrongKey.DefaultRequestHeaders.Authorization = new("Bearer", "guess");

        await MustSayAsync(await PostAsync(nobody, "desk-1", Body()), HttpStatusCode.Unauthorized, "CREDENTIAL_REQUIRED");
        await MustSayAsync(await PostAsync(wrongKey, "desk-1", Body()), HttpStatusCode.Unauthorized, "CREDENTIAL_REQUIRED");
        await MustSayAsync(await PostAsync(partner, null, Body()), HttpStatusCode.BadRequest, "IDEMPOTENCY_KEY_REQUIRED");
    }

    [Fact]
    public async Task Every_problem_leads_to_a_page_that_explains_it()
    {
        using var anybody = Hub.Browse();

        foreach (var refusal in Domain.Refusals.All)
        {
            var page = await anybody.GetAsync("/problems/" + refusal.Code.ToLowerInvariant().Replace('_', '-'));
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Contains(refusal.Message, await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        Assert.Contains("a fault of its own", await anybody.GetStringAsync("/problems/internal"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hub_says_whether_it_lives_and_whether_it_is_ready()
    {
        using var anybody = Hub.Browse();

        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/healthz/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync("/healthz/ready")).StatusCode);
    }

    private HttpClient As(string partner)
    {
        var client = Hub.Browse();
        client.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf(partner));
        return client;
    }

    private static string Body(string familyName = "Kowalska") => $$"""
        {
          "kind": "DELAYED_BAG", "familyName": "{{familyName}}", "reportTime": "2026-07-06T12:57:00+01:00", "station": "FNC",
          "items": [{ "bagTag": "{{Tag}}", "bagTagDate": "2026-07-06", "typeCode": "22", "colourCode": "BK" }],
          "legs": [{ "carrier": "XB", "number": "1687", "date": "2026-07-06", "from": "LIS", "to": "FNC" }],
          "externalReferences": [{ "scheme": "WORLDTRACER", "value": "FNCXB10457" }]
        }
        """;

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string? key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/incidents") { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await client.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> AskAgainAsync(HttpClient client, string address, EntityTagHeaderValue known)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.IfNoneMatch.Add(known);
        return await client.SendAsync(request);
    }

    private static async Task<string[]> ReferencesAsync(HttpClient client, string question) =>
        [.. (await client.GetFromJsonAsync<JsonElement>($"/api/v1/incidents?{question}")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("reference").GetString()!)];

    private static async Task<JsonElement> MustSayAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var problem = await JsonAsync(answer);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(answer.Headers.GetValues("X-Request-Id").Single(), problem.GetProperty("requestId").GetString());
        return problem;
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
}
