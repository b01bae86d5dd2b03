using System.Collections.Frozen;
using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// How soon the next word is due after each status. A policy that was used never changes; a new version takes its place,
/// and clocks that run keep theirs.
/// </summary>
/// <param name="WarnAt">The share of the time after which the party is reminded.</param>
/// <param name="StillSearchingAtMost">How often in a row a word without any news may start the time anew.</param>
public sealed record SlaPolicy(string Id, int Version, double WarnAt, int StillSearchingAtMost, ImmutableArray<SlaRule> Rules)
{
    private FrozenDictionary<string, SlaRule> ByStatus => field ??= Rules.ToFrozenDictionary(rule => rule.Status);

    /// <summary>The rule for a status; null when nobody owes a word after it.</summary>
    public SlaRule? RuleFor(string statusCode) => ByStatus.GetValueOrDefault(statusCode);
}

/// <summary>How soon the next word is due after one status.</summary>
/// <param name="Steps">For cases that are younger; the first one that fits counts.</param>
/// <param name="AfterEta">Counted from the end of the expected time instead, where one is known that has not passed.</param>
public sealed record SlaRule(string Status, Duration Within, ImmutableArray<SlaStep> Steps, Duration? AfterEta, SlaHours Hours)
{
    public Duration WithinAt(Duration age) => Steps.FirstOrDefault(step => age < step.UntilAge)?.Within ?? Within;
}

/// <summary>The length for cases up to an age.</summary>
public sealed record SlaStep(Duration UntilAge, Duration Within);

/// <summary>What counts as time.</summary>
public enum SlaHours
{
    /// <summary>Every second.</summary>
    Elapsed,

    /// <summary>The working hours of the party that owes the word.</summary>
    Business,
}
