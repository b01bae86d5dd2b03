namespace IncidentTracker.Simulator;

/// <summary>One partner: waits for each of its steps by the story's clock, reports it, and says how the hub took it.</summary>
internal sealed class Player(Scenario scenario, string partner, StoryClock clock, HubLine hub, TimeProvider time, TextWriter output)
{
    public async Task<int> PlayAsync(CancellationToken stop)
    {
        await hub.WarmUpAsync(stop);
        var unexpected = new List<ScenarioStep>();
        foreach (var step in scenario.Steps.Where(step => step.By == partner))
        {
            await UntilAsync(step.At, stop);
            var outcome = await hub.SendAsync(step, stop);
            var asExpected = outcome.Meets(step.Expect);
            if (!asExpected) unexpected.Add(step);
            await output.WriteLineAsync(Line(step, outcome) + (asExpected ? "" : $"  [expected {step.Expect}]"));
        }
        if (unexpected.Count == 0) return 0;

        await output.WriteLineAsync($"{partner}: the hub did not answer as {scenario.Name} says in step {string.Join(", ", unexpected.Select(step => step.Id))}.");
        return 1;
    }

    private async Task UntilAsync(DateTimeOffset story, CancellationToken stop)
    {
        var due = clock.RealAt(story);
        // A timer may fire a little early.
        for (var now = time.GetUtcNow(); now < due; now = time.GetUtcNow()) await Task.Delay(due - now, time, stop);
    }

    private static string Line(ScenarioStep step, Outcome outcome)
    {
        var happened = step.HappenedAt is { } at ? $" (of {StoryTime.Text(at)})" : "";
        return $"{StoryTime.Text(step.At)}  {step.By,-4} {step.Note}{happened}: {outcome.Words}";
    }
}
