using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using IncidentTracker.Access;
using IncidentTracker.Partner.V1;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IncidentTracker.HubTests;

/// <summary>The traveller's pages as they come over the wire.</summary>
public sealed partial class TrackTests : IAsyncLifetime
{
    private Hub _hub = null!;

    public async Task InitializeAsync() => _hub = await Stories.StartHubAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task The_page_says_the_same_as_rest_at_every_step_of_the_story()
    {
        foreach (var until in new[] { "05", "09", "15", "16", "23", "27", "32" })
        {
            await using var hub = await Stories.StartHubAsync();
            var reference = await hub.TellAsync("sc01", until);
            using var browser = hub.Browse();
            var rest = await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska");

            var page = WebUtility.HtmlDecode(await OpenAsync(browser, reference, "Kowalska"));

            Assert.Contains($"<h1>{rest.GetProperty("incident").GetProperty("sentence").GetString()}</h1>", page, StringComparison.Ordinal);
            var lines = Lines().Matches(page).Select(line => line.Groups[1].Value.Trim()).ToArray();
            Assert.Equal(rest.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("text").GetString()), lines);
        }
    }

    [Fact]
    public async Task What_happened_is_told_in_the_order_in_which_it_happened_and_marked_when_it_was_late()
    {
        var reference = await _hub.TellAsync("sc01", until: "16");
        using var browser = _hub.Browse();

        var page = WebUtility.HtmlDecode(await OpenAsync(browser, reference, "KOWALSKA"));

        var moments = Moments().Matches(page[page.IndexOf("<ol class=\"history\"", StringComparison.Ordinal)..]).Select(moment => DateTimeOffset.Parse(moment.Groups[1].Value, null)).ToArray();
        Assert.Equal(moments.Order(), moments);
        Assert.Contains("Monday 6 July, 18:05</time> <span class=\"clock\">local time in Frankfurt</span> <span class=\"mark\">reported 4 h 36 late</span>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task News_that_was_taken_back_stays_struck_through_and_says_so()
    {
        var reference = await _hub.TellAsync("sc04", until: "11");
        using var browser = _hub.Browse();

        var page = WebUtility.HtmlDecode(await OpenAsync(browser, reference, "Nowak"));

        Assert.Matches("<del datetime=\"2026-10-06T10:35:00\\+01:00\">Found at Funchal</del>", page);
        Assert.Matches("withdrawn <time [^>]+>Tuesday 6 October, 10:35</time>", page);
        Assert.Equal(["Found at Funchal", "Left Funchal", "Arrived at Lisbon"], Regex.Matches(page, "<del [^>]+>([^<]+)</del>").Select(gone => gone.Groups[1].Value));
    }

    [Fact]
    public async Task A_day_without_an_hour_is_shown_without_one()
    {
        var reference = await _hub.As("XB").OpenAsync("0900123456");
        await _hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING").But(update => update.EventTimePrecision = TimePrecision.Date));
        using var browser = _hub.Browse();

        Assert.Contains("<time datetime=\"2026-07-06\">Monday 6 July</time>", await OpenAsync(browser, reference, "Kowalska"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_of_several_bags_has_its_own_line()
    {
        var request = Say.Missing("0900123456");
        request.Items.Add(new NewItem { BagTag = "0900123457", BagTagDate = Say.Day });
        var reference = (await _hub.As("XB").OpenAsync(request)).Incident.IncidentReference;
        await _hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "MATCH_CONFIRMED").But(update => update.ItemId = "2"));
        using var browser = _hub.Browse();

        var page = await OpenAsync(browser, reference, "Kowalska");

        Assert.Contains("<strong>Reported.</strong> We have your report.", page, StringComparison.Ordinal);
        Assert.Contains("<strong>Found.</strong> Your bag has been found at Frankfurt.", page, StringComparison.Ordinal);
        Assert.Contains("<span>Bag 2: </span>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_name_and_a_wrong_reference_get_the_same_bytes()
    {
        var reference = await _hub.As("XB").OpenAsync("0900123456");
        const string other = "000-000-000";
        using var browser = _hub.Browse();
        var token = await TokenAsync(browser);

        var wrongName = await SendAsync(browser, token, reference, "Smith");
        var wrongReference = await SendAsync(browser, token, other, "Kowalska");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (wrongName.StatusCode, wrongReference.StatusCode));
        var one = await wrongName.Content.ReadAsStringAsync();
        Assert.Equal(one.Replace(reference, "", StringComparison.Ordinal), (await wrongReference.Content.ReadAsStringAsync()).Replace(other, "", StringComparison.Ordinal));
        Assert.DoesNotContain("Smith", one, StringComparison.Ordinal);
        Assert.Equal(Headers(wrongName), Headers(wrongReference));

        static string[] Headers(HttpResponseMessage answer) =>
            [.. answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key.ToUpperInvariant() is not ("DATE" or "X-REQUEST-ID" or "CONTENT-LENGTH")).Select(header => $"{header.Key}: {string.Join(',', header.Value)}")];
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", "reference=K7Q-4M2-XDC&family-name=Kowalska")]
    [InlineData("application/x-www-form-urlencoded", "__RequestVerificationToken=forged&reference=K7Q-4M2-XDC&family-name=Kowalska")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nnonsense")]
    [InlineData("application/json", "{}")]
    [InlineData("text/plain", "")]
    public async Task A_form_that_is_not_ours_is_refused_cleanly(string type, string body)
    {
        using var browser = _hub.Browse();
        using var content = new StringContent(body);
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);

        var answer = await browser.PostAsync("/track", content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        MustNotShowOurInside(await answer.Content.ReadAsStringAsync());
        _hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_form_that_is_too_large_is_refused_cleanly()
    {
        using var browser = _hub.Browse();
        var token = await TokenAsync(browser);

        var answer = await SendAsync(browser, token, new string('K', 20_000), "Kowalska");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        MustNotShowOurInside(await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_link_becomes_a_cookie_and_leaves_the_address()
    {
        var reference = await _hub.As("XB").OpenAsync("0900123456");
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = _hub.WebAddress };
        var pass = await PassAsync(reference);

        var answer = await browser.GetAsync($"/track/{reference}?pass={pass}");
        var page = await browser.GetAsync(answer.Headers.Location);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal($"/track/{reference}", answer.Headers.Location!.ToString());
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.Equal($"it-pass={pass}; max-age=86400; path=/track; samesite=lax; httponly", cookie);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("no-store", page.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_pass_for_another_case_opens_nothing_and_a_stranger_cannot_tell_what_exists()
    {
        var mine = await _hub.As("XB").OpenAsync("0900123456");
        var other = await _hub.As("XB").OpenAsync("0900123457");
        var pass = await PassAsync(mine);
        using var browser = _hub.Browse();

        foreach (var address in new[] { $"/track/{other}?pass={pass}", "/track/000-000-000?pass=" + pass, $"/track/{other}", "/track/nonsense", $"/track/{mine}?pass={pass[..^4]}AAAA" })
        {
            var answer = await browser.GetAsync(address);
            var page = await answer.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Contains("This page opens with your reference and your family name.", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_page_shows_codes_notes_for_staff_or_what_is_meant_for_partners_only()
    {
        var reference = await _hub.As("XB").OpenAsync("0900123456", "GO", "TRW");
        await _hub.As("GO").AcceptedAsync(Say.That("canary-id", reference, "ON_HAND").But(update =>
        {
            (update.StaffText, update.Place.Text) = ("canary-staff <script>alert(1)</script>", "canary-store");
            update.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.PartnerCase, Value = "canary-case" });
        }));
        await _hub.As("TRW").AcceptedAsync(Say.That("u-2", reference, "HELD", "LIS").But(update => (update.Visibility, update.StaffText) = (Visibility.Internal, "canary-internal")));
        await _hub.As("STRANGER").AcceptedAsync(Say.That("u-3", reference, "MATCH_CONFIRMED", "CDG").But(update => update.StaffText = "canary-stranger"));
        using var browser = _hub.Browse();

        // The page has one script, its own.
        var page = OwnScript().Replace(WebUtility.HtmlDecode(await OpenAsync(browser, reference, "Kowalska")), "");

        Assert.Contains("GroundOne", page, StringComparison.Ordinal);
        foreach (var secret in Domain.CodeLists.StatusCodes.Where(status => status.Code.Contains('_', StringComparison.Ordinal)).Select(status => status.Code)
            .Concat(["canary", "<script", "ON_HAND", "TRACING", "Kowalska", "Lisbon", "Paris", ">XB<", ">GO<", ">TRW<", "style=", "inc_"]))
            Assert.DoesNotContain(secret, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_are_small_and_the_style_sheet_is_kept_for_a_year()
    {
        var reference = await _hub.TellAsync("sc01");
        using var browser = _hub.Browse();

        var page = await OpenAsync(browser, reference, "Kowalska");
        var sheet = await browser.GetAsync(Sheet().Match(page).Groups[1].Value);

        Assert.InRange(Zipped(page), 1, 14 * 1024);
        Assert.InRange(Zipped(await sheet.Content.ReadAsStringAsync()), 1, 6 * 1024);
        Assert.Equal("public, max-age=31536000, immutable", sheet.Headers.CacheControl!.ToString().Replace("immutable, public, max-age=31536000", "public, max-age=31536000, immutable", StringComparison.Ordinal));
        Assert.NotNull(sheet.Headers.ETag);
        Assert.Equal("no-cache", (await browser.GetAsync("/assets/site.older.css")).Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task What_goes_wrong_is_a_page_for_people_and_a_problem_for_programs()
    {
        using var person = _hub.Browse();
        person.DefaultRequestHeaders.Accept.ParseAdd("text/html,application/xhtml+xml,*/*;q=0.8");
        using var program = _hub.Browse();

        var page = await person.GetAsync("/nowhere");
        var problem = await program.GetAsync("/nowhere");
        var api = await person.GetAsync("/api/v1/incidents/K7Q-4M2-XDC");

        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
        Assert.Contains("There is no such page", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (problem.StatusCode, problem.Content.Headers.ContentType!.MediaType));
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (api.StatusCode, api.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task A_fault_of_the_hub_is_a_page_without_a_stack()
    {
        using var person = _hub.Browse();
        person.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        var token = await TokenAsync(person);
        await _hub.WithDbAsync(db => db.Database.ExecuteSqlRawAsync("ALTER TABLE travellers RENAME TO travellers_gone"));

        var answer = await SendAsync(person, token, "K7Q-4M2-XDC", "Kowalska");

        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("Sorry, we cannot show this page right now", page, StringComparison.Ordinal);
        Assert.Contains(answer.Headers.GetValues("X-Request-Id").Single(), page, StringComparison.Ordinal);
        MustNotShowOurInside(page);
    }

    private static void MustNotShowOurInside(string page) =>
        Assert.All(new[] { "   at ", "Exception", "Microsoft.", "travellers", ".cs:line" }, inside => Assert.DoesNotContain(inside, page, StringComparison.Ordinal));

    private async Task<string> PassAsync(string reference)
    {
        var id = await _hub.WithDbAsync(db => db.Incidents.Where(incident => incident.Reference == reference.Replace("-", "", StringComparison.Ordinal)).Select(incident => incident.Id).SingleAsync());
        return _hub.Services.GetRequiredService<CustomerLinks>().PassFor(id);
    }

    private static async Task<string> TokenAsync(HttpClient browser) => Token().Match(await browser.GetStringAsync("/track")).Groups[1].Value;

    private static async Task<HttpResponseMessage> SendAsync(HttpClient browser, string token, string reference, string familyName)
    {
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", token), new("reference", reference), new("family-name", familyName)]);
        return await browser.PostAsync("/track", form);
    }

    internal static async Task<string> OpenAsync(HttpClient browser, string reference, string familyName)
    {
        var answer = await SendAsync(browser, await TokenAsync(browser), reference, familyName);
        Assert.Equal($"/track/{reference}", answer.RequestMessage!.RequestUri!.PathAndQuery);
        return await answer.Content.ReadAsStringAsync();
    }

    private static long Zipped(string text)
    {
        using var zipped = new MemoryStream();
        using (var zip = new System.IO.Compression.GZipStream(zipped, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true)) zip.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return zipped.Length;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("<p class=\"what\">(?:<del[^>]*>)?([^<]+)")]
    private static partial Regex Lines();

    [GeneratedRegex("<p class=\"when\"><time datetime=\"([^\"]+)\"")]
    private static partial Regex Moments();

    [GeneratedRegex("<script type=\"module\" src=\"/assets/site\\.[0-9a-f]+\\.js\"></script>")]
    private static partial Regex OwnScript();

    [GeneratedRegex("rel=\"stylesheet\" href=\"([^\"]+)\"")]
    private static partial Regex Sheet();
}
