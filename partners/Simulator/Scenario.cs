using System.Collections.Immutable;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.Simulator;

/// <summary>A story that partners tell a hub, step by step. The format is described in scenarios/README.md.</summary>
internal sealed record Scenario(string Name, string Title, ScenarioCase Case, ImmutableArray<ScenarioOrganization> Organizations, ImmutableArray<ScenarioStep> Steps)
{
    /// <summary>Who has something to say, in the order of their first word.</summary>
    public ImmutableArray<string> Speakers => [.. Steps.Select(step => step.By).Distinct()];
}

/// <summary>The bag the story is about, and how steps name its case: by "tag".</summary>
internal sealed record ScenarioCase(string Reference, string BagTag, string BagTagDate, string FamilyName);

/// <summary>A party of the story. <paramref name="Kind"/> is one of the hub's kinds of organizations.</summary>
internal sealed record ScenarioOrganization(string Id, string Name, string Kind, ImmutableArray<string> ActsFor)
{
    public static readonly ImmutableArray<string> Kinds =
        ["Airline", "Handler", "Tracing", "Courier", "ThirdParty", "Airport", "Authority", "ClaimsOffice", "Customer", "Agent"];
}

/// <summary>One thing one party tells the hub: either it opens a case or it reports an update.</summary>
internal sealed record ScenarioStep(
    string Id,
    DateTimeOffset At, // when the hub hears it, in the story's time
    string By,
    string Note,
    string Expect, // what the hub answers
    OpenIncidentRequest? Open,
    Update? Update)
{
    /// <summary>When it happened, in the story's time, where that is not when the hub hears it.</summary>
    public DateTimeOffset? HappenedAt => Update?.EventTime?.ToDateTimeOffset() is { } happened && happened != At ? happened : null;
}
