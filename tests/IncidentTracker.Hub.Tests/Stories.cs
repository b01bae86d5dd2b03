using IncidentTracker.Simulator;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Tells the stories of the simulator to a hub, at the moments at which they happen.</summary>
internal static class Stories
{
    /// <summary>A hub on which the parties have the names that travellers read.</summary>
    public static Task<Hub> StartHubAsync(params (string Key, string Value)[] settings) => Hub.StartAsync(
        [.. settings, .. DevelopmentPartners.All.Select((partner, i) => ($"Development:Partners:{i}:Name", Names.GetValueOrDefault(partner.Id, partner.Id)))]);

    /// <summary>Tells a story up to a step and gives the reference of its first case.</summary>
    /// <param name="live">The hub looks at its clocks in between.</param>
    public static async Task<string> TellAsync(this Hub hub, string name, string? until = null, bool live = false)
    {
        var story = Read(name);
        var lines = story.Speakers.ToDictionary(speaker => speaker, hub.As);
        var reference = "";
        foreach (var step in story.Steps)
        {
            if (live) await hub.LiveUntilAsync(Instant.FromDateTimeOffset(step.At));
            else hub.Time.Set(Instant.FromDateTimeOffset(step.At));
            if (step.Open is { } open)
            {
                var opened = await lines[step.By].OpenAsync(open);
                if (reference.Length == 0) reference = opened.Incident.IncidentReference;
            }
            if (step.Update is { } update) await lines[step.By].BatchAsync(update);        // a story may tell how somebody is refused
            if (step.Id == until) break;
        }
        return reference;
    }

    private static Dictionary<string, string> Names { get; } = Read("sc01").Organizations.ToDictionary(party => party.Id, party => party.Name);

    private static Scenario Read(string name)
    {
        var (story, problems) = ScenarioReader.Read(Path.Combine(Outside.Root, "partners", "Simulator", "scenarios", name + ".json"));
        Assert.Empty(problems);
        return story!;
    }
}
