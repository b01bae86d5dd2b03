using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using NodaTime;

namespace IncidentTracker.HubTests.Browser;

/// <summary>The page behind the link in a mail, as the people at the bag use it.</summary>
[Collection(ChromiumCollection.Name)]
[Trait("Category", "Browser")]
public sealed class ReplyPageTests(Chromium chromium) : IAsyncLifetime
{
    private Hub _hub = null!;
    private string _link = "";

    public async Task InitializeAsync()
    {
        _hub = await Hub.StartAsync([.. Links.People]);
        await _hub.AskAndWaitAsync(Duration.FromHours(2.5));
        _link = await _hub.NewestLinkAsync();
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task The_keyboard_alone_without_script_is_enough()
    {
        var page = await NewPageAsync(new() { JavaScriptEnabled = false });
        await page.GotoAsync(_link);

        await page.GetByRole(AriaRole.Button, new() { Name = "We are still looking" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Thank you");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("We are still looking.");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 320)]
    [InlineData(ColorScheme.Dark, 1280)]
    public async Task Nothing_keeps_anybody_out(ColorScheme scheme, int width)
    {
        var page = await NewPageAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 800 } });
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.Add(message.Text);

        await page.GotoAsync(_link);
        await MustBeOpenToAllAsync(page, width);
        await page.GetByRole(AriaRole.Button, new() { Name = "We have it in Frankfurt" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Thank you");
        await MustBeOpenToAllAsync(page, width);
        Assert.Empty(complaints);
        await page.GotoAsync("/reply?for=nonsense");
        await MustBeOpenToAllAsync(page, width);
    }

    private static async Task MustBeOpenToAllAsync(IPage page, int width)
    {
        var found = await page.RunAxe(new AxeRunOptions { RunOnly = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } });
        Assert.True(found.Violations.Length == 0, $"{page.Url}: {string.Join("; ", found.Violations.Select(rule => $"{rule.Id}: {rule.Help} ({rule.Nodes[0].Html})"))}");
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, width);
        Assert.Empty(await page.EvaluateAsync<string[]>("[...document.querySelectorAll('input:not([type=hidden]), button, a:not(p.quiet a)')].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"));
    }

    private async Task<IPage> NewPageAsync(BrowserNewContextOptions options)
    {
        options.BaseURL = _hub.WebAddress.ToString();
        return await (await chromium.Browser.NewContextAsync(options)).NewPageAsync();
    }
}
