using IncidentTracker.Simulator;

namespace IncidentTracker.Partners.Tests;

/// <summary>The stories that ship with the simulator, and small ones for tests.</summary>
internal static class Stories
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "scenarios", $"{name}.json");

    public static Scenario Read(string name) => ScenarioReader.Read(PathOf(name)).Scenario!;

    public static Scenario Of(string steps, string name) => ScenarioReader.Parse(Json(steps, name)).Scenario!;

    public static string Json(string steps, string name = "test") => $$"""
        {
          "name": "{{name}}", "title": "A test",
          "case": { "reference": "tag", "bagTag": "0900123456", "bagTagDate": "2026-07-06", "familyName": "Kowalska" },
          "organizations": [{ "id": "XB", "name": "Air Beta", "kind": "Airline", "actsFor": [] }],
          "steps": [{{steps}}]
        }
        """;
}
