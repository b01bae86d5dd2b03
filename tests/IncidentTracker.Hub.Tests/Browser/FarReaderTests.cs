using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NodaTime;

namespace IncidentTracker.HubTests.Browser;

/// <summary>The traveller's page on the other side of the world, and what it tells of people behind the scenes.</summary>
[Collection(ChromiumCollection.Name)]
[Trait("Category", "Browser")]
public sealed partial class FarReaderTests(Chromium chromium) : IAsyncLifetime
{
    private Hub _hub = null!;

    public async Task InitializeAsync() => _hub = await Hub.StartAsync([.. Links.People]);

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task On_a_clock_in_Asia_nothing_of_a_fresh_case_is_late_and_every_moment_has_its_offset()
    {
        var request = Say.Missing("0901000001", "GO").ReportedAt(_hub.Time);
        (request.Place, request.ReportTimeZone) = (null, "+03:00");
        var reference = (await _hub.As("XB").OpenAsync(request)).Incident.IncidentReference;
        _hub.Time.Advance(Duration.FromMinutes(1));
        await _hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED").But(update => (update.Place, update.EventTimeZone) = (null, "+03:00")));

        var page = await OpenAsync(reference);

        var text = await page.Locator("main, body").First.InnerTextAsync();
        Assert.DoesNotContain("It has not come", text, StringComparison.Ordinal);
        Assert.Contains("Monday 6 July, 19:01", text, StringComparison.Ordinal);         // four hours after 15:01 in the report's own zone
        var moments = await page.Locator("time").EvaluateAllAsync<string[]>("all => all.map(one => one.getAttribute('datetime'))");
        Assert.NotEmpty(moments);
        Assert.All(moments, moment => Assert.Matches(WithOffset(), moment));
    }

    [Fact]
    public async Task A_word_that_was_raised_says_with_whom_and_nobodys_name_or_address()
    {
        var reference = await _hub.AskAndWaitAsync(Duration.FromHours(10));

        var page = await OpenAsync(reference);

        Assert.Contains("We raised it with its headquarters on Monday 6 July, 19:00", await page.Locator("dl").First.InnerTextAsync(), StringComparison.Ordinal);
        var source = await page.Locator("body").InnerHTMLAsync();
        foreach (var hidden in (string[])["@", "example", "go-desk", "go-hq", "supervisor@", "mailto"]) Assert.DoesNotContain(hidden, source, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<IPage> OpenAsync(string reference)
    {
        var context = await chromium.Browser.NewContextAsync(new() { BaseURL = _hub.WebAddress.ToString(), TimezoneId = "Asia/Kolkata", Locale = "en-IN" });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/track");
        await page.GetByLabel("Reference").FillAsync(reference);
        await page.GetByLabel("Family name").FillAsync("Kowalska");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find my bag" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Uri(_hub.WebAddress, $"/track/{reference}").ToString());
        return page;
    }

    [GeneratedRegex(@"T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex WithOffset();
}
