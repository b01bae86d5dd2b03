using System.Text.Json.Nodes;

namespace IncidentTracker.HubTests;

/// <summary>The REST promise: what the hub describes is what is committed.</summary>
public sealed class OpenApiTests : HubTest
{
    private static readonly string Committed = Path.Combine(Outside.Root, "src", "IncidentTracker.Hub", "openapi.json");

    [Fact]
    public async Task The_description_is_the_one_that_was_promised()
    {
        using var anybody = Hub.Browse();
        var described = (await anybody.GetStringAsync("/swagger/v1/swagger.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";

        // How to change the promise on purpose; then review the difference like any other.
        if (Environment.GetEnvironmentVariable("ACCEPT_OPENAPI") == "1") await File.WriteAllTextAsync(Committed, described);

        Assert.True(described == (await File.ReadAllTextAsync(Committed)).ReplaceLineEndings("\n"),
            "The REST description changed. If that is intended: ACCEPT_OPENAPI=1 dotnet test tests/IncidentTracker.Hub.Tests --filter OpenApiTests, and review the difference of openapi.json.");
    }

    [Fact]
    public async Task Every_operation_and_every_field_says_what_it_means()
    {
        using var anybody = Hub.Browse();
        var api = JsonNode.Parse(await anybody.GetStringAsync("/swagger/v1/swagger.json"))!;

        foreach (var (path, operations) in api["paths"]!.AsObject())
            foreach (var (method, operation) in operations!.AsObject())
            {
                Assert.True(operation!["operationId"] is not null && operation["summary"] is not null && operation["description"] is not null, $"{method} {path} is not described.");
                foreach (var parameter in operation["parameters"]?.AsArray() ?? []) Assert.True(parameter!["description"] is not null, $"{method} {path}: {parameter["name"]} is not described.");
            }
        foreach (var (name, schema) in api["components"]!["schemas"]!.AsObject().Where(schema => schema.Key != "ProblemDetails"))
            foreach (var (property, shown) in schema!["properties"]?.AsObject() ?? [])
                Assert.True(shown!["description"] is not null || shown["$ref"] is not null || shown["allOf"] is not null, $"{name}.{property} is not described.");
    }

    [Fact]
    public async Task The_browser_page_of_the_description_opens()
    {
        using var anybody = Hub.Browse();

        Assert.Contains("swagger-ui", await anybody.GetStringAsync("/swagger/index.html"), StringComparison.Ordinal);
    }
}
