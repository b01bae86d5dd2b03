namespace IncidentTracker.HubTests;

/// <summary>The description of REST is a promise: it changes when somebody means it, never by accident.</summary>
public sealed class OpenApiTests : HubTest
{
    [Fact]
    public async Task The_description_for_programs_is_the_one_that_was_promised()
    {
        using var browser = Hub.Browse();

        var described = await browser.GetStringAsync("/swagger/v1/swagger.json");

        // How to take a change that is meant: CONTRIBUTING.md, "Changing REST".
        var promised = await File.ReadAllTextAsync(Path.Combine(Outside.Root, "src", "IncidentTracker.Hub", "openapi.json"));
        Assert.Equal(promised, described, ignoreLineEndingDifferences: true);
    }
}
