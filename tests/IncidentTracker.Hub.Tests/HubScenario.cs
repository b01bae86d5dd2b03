using Grpc.Core;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Simulator;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>A story of the simulator told to a hub: each step at its own time, each answer as the story says.</summary>
internal sealed class HubScenario
{
    private readonly Hub _hub;
    private readonly Simulator.Scenario _scenario;
    private readonly Dictionary<string, PartnerLine> _lines;
    private int _told;

    private HubScenario(Hub hub, Simulator.Scenario scenario)
    {
        (_hub, _scenario) = (hub, scenario);
        _lines = scenario.Speakers.ToDictionary(speaker => speaker, hub.As);
    }

    public static HubScenario Of(Hub hub, string name)
    {
        var (scenario, problems) = ScenarioReader.Read(Path.Combine(Outside.Root, "partners", "Simulator", "scenarios", name + ".json"));
        Assert.Empty(problems);
        return new(hub, scenario!);
    }

    /// <summary>What the hub answered to each step.</summary>
    public Dictionary<string, object> Answers { get; } = [];

    /// <summary>Tells the story up to and with a step; all of it without one.</summary>
    public async Task TellAsync(string upTo = "")
    {
        while (_told < _scenario.Steps.Length)
        {
            var step = _scenario.Steps[_told++];
            _hub.Time.Set(Instant.FromDateTimeOffset(step.At));
            var outcome = await SendAsync(step);
            Assert.True(outcome.Meets(step.Expect), $"Step {step.Id} ({step.By} {step.Note}): {outcome.Words}, expected {step.Expect}.");
            Assert.True(step.Expect != Simulator.Outcome.Accepted || outcome.Code == Simulator.Outcome.Accepted, $"Step {step.Id}: {outcome.Words}");
            if (step.Id == upTo) return;
        }
        Assert.Equal("", upTo);
    }

    public Partner.V1.Accepted Accepted(string step) => ((Partner.V1.UpdateResult)Answers[step]).Accepted;

    public string Reference(string openingStep) => ((Partner.V1.OpenIncidentResponse)Answers[openingStep]).Incident.IncidentReference;

    public PartnerLine As(string partner) => _lines[partner];

    /// <summary>The case as the domain tells it.</summary>
    public async Task<Story> StoryAsync(string openingStep)
    {
        Assert.True(Domain.Reference.TryParse(Reference(openingStep), out var reference));
        var reader = _hub.Services.GetRequiredService<CaseReader>();
        var found = await reader.FindAsync(reference, CancellationToken.None);
        return (await reader.ReadAsync(found!.Value.Id, CancellationToken.None))!.Story;
    }

    private async Task<Simulator.Outcome> SendAsync(ScenarioStep step)
    {
        try
        {
            if (step.Open is { } open)
            {
                var opened = await _lines[step.By].OpenAsync(open);
                Answers[step.Id] = opened;
                return Simulator.Outcome.Of(opened);
            }
            var result = await _lines[step.By].ReportAsync(step.Update!);
            Answers[step.Id] = result;
            return Simulator.Outcome.Of(result);
        }
        catch (RpcException refusal)
        {
            return Simulator.Outcome.Of(refusal);
        }
    }
}
