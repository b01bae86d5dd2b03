using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Moments over REST mean the same everywhere in the world.</summary>
public sealed partial class JsonTimeTests
{
    [Fact]
    public async Task Every_time_in_the_JSON_says_its_offset()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "23");
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromDays(2));
        using var party = hub.Browse();
        party.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf("XB"));
        string[] addresses =
        [
            $"incidents/{reference}", $"incidents/{reference}/timeline", $"incidents/{reference}/clocks", $"incidents/{reference}/clocks/1/explanation", $"incidents/{reference}/ledger",
            "incidents", "scorecards/XB?from=2026-07-01&to=2026-08-01",
        ];

        var times = 0;
        foreach (var address in addresses)
            foreach (var (name, value) in Times(await party.GetFromJsonAsync<JsonElement>($"/api/v1/{address}")))
            {
                Assert.True(Offset().IsMatch(value), $"{address}: {name} is {value}");
                times++;
            }
        Assert.True(times > 50, $"Only {times} times were found.");
    }

    private static IEnumerable<(string Name, string Value)> Times(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => property.Value.ValueKind == JsonValueKind.String && property.Name.EndsWith("Time", StringComparison.Ordinal)
            ? [(property.Name, property.Value.GetString()!)] : Times(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Times),
        _ => [],
    };

    [GeneratedRegex(@"T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Offset();
}
