using System.Net.Http.Json;
using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace IncidentTracker.HubTests.Browser;

/// <summary>The traveller's pages as travellers use them.</summary>
[Collection(ChromiumCollection.Name)]
[Trait("Category", "Browser")]
public sealed class CustomerPageTests(Chromium chromium) : IAsyncLifetime
{
    private static readonly string[] Rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

    private Hub _hub = null!;
    private string _reference = "";

    public async Task InitializeAsync()
    {
        _hub = await Stories.StartHubAsync();
        _reference = await _hub.TellAsync("sc01", until: "23");
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task The_form_opens_the_page_without_script()
    {
        var page = await NewPageAsync(new() { JavaScriptEnabled = false });

        await page.GotoAsync("/track");
        await SendFormAsync(page, _reference.ToLowerInvariant(), "kowalska");

        Assert.EndsWith($"/track/{_reference}", page.Url, StringComparison.Ordinal);
        Assert.Equal(await SentenceAsync(), await page.Locator("h1").InnerTextAsync());
        Assert.Equal("Delivery now", (await page.Locator("[aria-current=step]").InnerTextAsync()).ReplaceLineEndings(" "));
        Assert.Contains("Wednesday 8 July, 11:30 to 13:30", await page.Locator("dl").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_changes_by_itself_when_something_is_reported_and_keeps_focus_and_place()
    {
        var page = await OpenCaseAsync(new() { ViewportSize = new() { Width = 320, Height = 400 } });
        await page.WaitForLoadStateAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Check again" }).FocusAsync();
        await page.EvaluateAsync("scrollTo({ top: 200, behavior: 'instant' })");
        var (before, scrolled) = (await page.Locator("h1").InnerTextAsync(), await page.EvaluateAsync<int>("Math.round(scrollY)"));

        await _hub.As("CQ").AcceptedAsync(Say.That("u-1", _reference, "DELIVERY_ATTEMPTED", "FNC"));
        var after = await SentenceAsync() ?? "";

        Assert.NotEqual(before, after);
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(after, new() { Timeout = 15_000 });
        await Assertions.Expect(page.Locator("[role=status]").Last).ToHaveTextAsync($"There is news. {after}");
        Assert.Equal("Check again", await FocusedAsync(page));
        Assert.InRange(await page.EvaluateAsync<int>("Math.round(scrollY)") - scrolled, -2, 2);
        await MustBeOpenToAllAsync(page, 320);
    }

    [Fact]
    public async Task Without_script_the_link_shows_what_was_said_meanwhile()
    {
        var page = await OpenCaseAsync(new() { JavaScriptEnabled = false });

        await _hub.As("CQ").AcceptedAsync(Say.That("u-1", _reference, "DELIVERY_ATTEMPTED", "FNC"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Check again" }).ClickAsync();

        Assert.Equal(await SentenceAsync(), await page.Locator("h1").InnerTextAsync());
    }

    [Fact]
    public async Task A_page_that_is_loaded_again_shows_what_was_said_meanwhile()
    {
        var page = await OpenCaseAsync(new());

        await _hub.As("CQ").AcceptedAsync(Say.That("u-1", _reference, "DELIVERY_ATTEMPTED", "FNC"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Check again" }).ClickAsync();

        Assert.Equal(await SentenceAsync(), await page.Locator("h1").InnerTextAsync());
        Assert.Contains("Delivery tried", await page.Locator(".history li").Last.InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_is_told_first_and_leads_to_the_fields()
    {
        var page = await NewPageAsync(new());
        await page.GotoAsync("/track");

        await SendFormAsync(page, _reference, "Smith");

        Assert.StartsWith("Error:", await page.TitleAsync(), StringComparison.Ordinal);
        Assert.True(await page.Locator(".trouble").EvaluateAsync<bool>("box => box === document.activeElement"));
        Assert.Equal(_reference, await page.InputValueAsync("#reference"));
        Assert.Equal("", await page.InputValueAsync("#family-name"));
        foreach (var field in new[] { "reference", "family-name" })
        {
            await page.GetByRole(AriaRole.Link, new() { Name = $"Check the {field.Replace('-', ' ')}" }).ClickAsync();
            Assert.Equal(field, await FocusedAsync(page));
        }
    }

    [Fact]
    public async Task Everything_can_be_done_with_the_keyboard_alone()
    {
        var page = await NewPageAsync(new());
        await page.GotoAsync("/track");

        var visited = new List<string>();
        while (!visited.Contains("reference") && visited.Count < 10)
        {
            await page.Keyboard.PressAsync("Tab");
            visited.Add(await FocusedAsync(page));
        }
        await page.Keyboard.TypeAsync(_reference);
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("family-name", await FocusedAsync(page));
        await page.Keyboard.TypeAsync("Kowalska");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(await SentenceAsync() ?? "");

        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the content", await FocusedAsync(page));
        Assert.True(await page.Locator(".skip").EvaluateAsync<bool>("link => link.getBoundingClientRect().left >= 0"));
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Check again", await FocusedAsync(page));
    }

    [Theory]
    [InlineData(ColorScheme.Light, 320)]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 320)]
    [InlineData(ColorScheme.Dark, 1280)]
    public async Task Nothing_keeps_anybody_out(ColorScheme scheme, int width)
    {
        var page = await OpenCaseAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 800 } });
        await MustBeOpenToAllAsync(page, width);

        foreach (var address in new[] { "/", "/track", "/track/000-000-000", "/nowhere" })
        {
            await page.GotoAsync(address);
            await MustBeOpenToAllAsync(page, width);
        }
        await page.GotoAsync("/track");
        await SendFormAsync(page, _reference, "Smith");
        await MustBeOpenToAllAsync(page, width);
    }

    [Fact]
    public async Task Nothing_is_blocked_or_fetched_from_elsewhere_and_the_only_script_is_the_one_that_follows_the_case()
    {
        var page = await NewPageAsync(new());
        var asked = new List<string>();
        var complaints = new List<string>();
        page.Context.Request += (_, request) => asked.Add(request.Url);
        page.Console += (_, message) => complaints.Add(message.Text);

        await page.GotoAsync("/track");
        await SendFormAsync(page, _reference, "Kowalska");
        await page.WaitForLoadStateAsync();
        await Assertions.Expect(page.Locator("[role=status].unseen")).ToHaveCountAsync(1);      // it runs

        Assert.All(asked, address => Assert.StartsWith(_hub.WebAddress.ToString(), address, StringComparison.Ordinal));
        Assert.Equal(0, await page.Locator("[style], style, img, iframe, script:not([src])").CountAsync());
        Assert.Matches("^/assets/site\\.[0-9a-f]{10}\\.js$", await page.Locator("script").GetAttributeAsync("src"));
        Assert.Empty(complaints);
        Assert.InRange(asked.Count, 1, 10);
    }

    [Fact]
    public async Task Withdrawn_news_looks_struck_through_and_says_so()
    {
        var reference = await _hub.TellAsync("sc04", until: "11");
        var page = await OpenCaseAsync(new(), reference, "Nowak");

        var withdrawn = page.Locator(".history li.withdrawn");

        Assert.Equal(["Found at Funchal", "Left Funchal", "Arrived at Lisbon"], await withdrawn.Locator("del").AllInnerTextsAsync());
        Assert.Contains("line-through", await withdrawn.First.Locator("del").EvaluateAsync<string>("gone => getComputedStyle(gone).textDecorationLine"), StringComparison.Ordinal);
        Assert.Contains("withdrawn Tuesday 6 October, 10:35", await withdrawn.First.InnerTextAsync(), StringComparison.Ordinal);
    }

    private static async Task MustBeOpenToAllAsync(IPage page, int width)
    {
        var found = await page.RunAxe(new AxeRunOptions { RunOnly = new() { Type = "tag", Values = [.. Rules] } });
        Assert.True(found.Violations.Length == 0, $"{page.Url}: {string.Join("; ", found.Violations.Select(rule => $"{rule.Id}: {rule.Help} ({rule.Nodes[0].Html})"))}");
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, width);
        // Links inside sentences may be as low as their line.
        var small = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('input:not([type=hidden]), button, a:not(p.quiet a)')].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)");
        Assert.Empty(small);
    }

    private async Task<IPage> OpenCaseAsync(BrowserNewContextOptions options, string? reference = null, string familyName = "Kowalska")
    {
        var page = await NewPageAsync(options);
        await page.GotoAsync("/track");
        await SendFormAsync(page, reference ?? _reference, familyName);
        await Assertions.Expect(page).ToHaveURLAsync(new Uri(_hub.WebAddress, $"/track/{reference ?? _reference}").ToString());
        return page;
    }

    private async Task<IPage> NewPageAsync(BrowserNewContextOptions options)
    {
        options.BaseURL = _hub.WebAddress.ToString();
        var context = await chromium.Browser.NewContextAsync(options);
        return await context.NewPageAsync();
    }

    private static async Task SendFormAsync(IPage page, string reference, string familyName)
    {
        await page.GetByLabel("Reference").FillAsync(reference);
        await page.GetByLabel("Family name").FillAsync(familyName);
        await page.RunAndWaitForResponseAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Find my bag" }).ClickAsync(),
            answer => answer.Request.IsNavigationRequest && answer.Status != 303);
        await page.WaitForLoadStateAsync();
    }

    private static Task<string> FocusedAsync(IPage page) => page.EvaluateAsync<string>("document.activeElement.id || document.activeElement.textContent");

    private async Task<string?> SentenceAsync()
    {
        using var client = _hub.Browse();
        return (await client.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{_reference}?familyName=Kowalska")).GetProperty("sentence").GetString();
    }
}
