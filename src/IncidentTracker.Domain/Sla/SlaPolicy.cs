using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// How soon the next word is due after each status. A policy that was used never changes; a new version takes its place,
/// and clocks that run keep theirs.
/// </summary>
/// <param name="WarnAt">The share of the time after which the party is reminded.</param>
/// <param name="StillSearchingAtMost">How often in a row a word without any news may start the time anew.</param>
/// <param name="PauseAtMost">For how long in all a stated reason may stop the clocks of one item, and how far ahead an expected time may lie to be waited for.</param>
/// <param name="Question">How soon a party answers what it was asked on the case.</param>
/// <param name="Handover">How soon a party takes, or refuses, a bag that is offered to it.</param>
/// <param name="Escalation">When an overdue word goes to the next level, in lengths of the time that was given for it.</param>
/// <param name="Rules">One for each status.</param>
public sealed record SlaPolicy(
    string Id, int Version, double WarnAt, int StillSearchingAtMost, Duration PauseAtMost, SlaRule Question, SlaRule Handover, ImmutableArray<Escalation> Escalation, ImmutableArray<SlaRule> Rules)
{
    /// <summary>What the hub asks for when a bag has been missing for so long.</summary>
    public ImmutableArray<Prompt> Prompts { get; init; } = [];

    // Beside the policy and not in it: a copy with other rules must not inherit it.
    private static readonly ConditionalWeakTable<SlaPolicy, FrozenDictionary<string, SlaRule>> ByStatus = [];

    /// <summary>What is pinned on clocks: default/1.</summary>
    public string Name => $"{Id}/{Version}";

    /// <summary>The rule for a status; null when nobody owes a word after it.</summary>
    public SlaRule? RuleFor(string statusCode) =>
        ByStatus.GetValue(this, policy => policy.Rules.Concat([policy.Question, policy.Handover, policy.Question with { Status = SlaRule.Dispute }]).ToFrozenDictionary(rule => rule.Status)).GetValueOrDefault(statusCode);
}

/// <summary>How soon the next word is due after one status.</summary>
/// <param name="Steps">For cases that are younger; the first one that fits counts.</param>
/// <param name="AfterEta">Counted from the landing of the flight, or else from the end of the expected time, where one is known that has not passed.</param>
/// <param name="Pauses">The time until the expected end stands still, if a reason was given; without one the end does not count.</param>
/// <param name="Critical">For cases of critical priority, where it is not the same length.</param>
/// <param name="Then">For every later word while the status stays, where it is not the same length.</param>
public sealed record SlaRule(string Status, Duration Within, ImmutableArray<SlaStep> Steps, Duration? AfterEta, SlaHours Hours, bool Pauses, Duration? Then = null, Duration? Critical = null)
{
    /// <summary>The name of the rule for questions. It goes with no status, like the next one.</summary>
    public const string Question = "QUESTION";

    /// <summary>The name of the rule for bags that are offered.</summary>
    public const string Handover = "HANDOVER";

    /// <summary>The name of the rule for what the owner has to say while two disagree about who has a bag. It is as long as for a question.</summary>
    public const string Dispute = "DISPUTE";

    /// <param name="isLater">The first word after the status has come already.</param>
    public Duration WithinAt(Duration age, bool isLater, CasePriority priority) =>
        isLater && Then is { } then ? then : priority == CasePriority.Critical && Critical is { } critical ? critical : Steps.FirstOrDefault(step => age < step.UntilAge)?.Within ?? Within;
}

/// <summary>The length for cases up to an age.</summary>
public sealed record SlaStep(Duration UntilAge, Duration Within);

/// <summary>A step that the hub asks for, once, when its time has come and nobody has taken it.</summary>
/// <param name="Name">Names it within the policy: "secondary-tracing".</param>
/// <param name="After">Counted from when the bag ought to have arrived, or else from the opening; of an item that was left behind, from when it was found.</param>
/// <param name="Asks">Who has to take it.</param>
/// <param name="Text">What is asked, for staff.</param>
/// <param name="Unless">Statuses with which it is needless.</param>
/// <param name="When">Statuses with which alone it is asked; empty: with every one.</param>
/// <param name="Until">The phase in which it is asked no more: FOUND for steps of a search, RETURNED for what is owed until the bag is back.</param>
/// <param name="Owner">Only on cases of this organization; null: on all.</param>
public sealed record Prompt(
    string Name, Duration After, Role Asks, string Text, ImmutableArray<string> Unless, ImmutableArray<string> When, Phase Until = Phase.Found, OrganizationId? Owner = null)
{
    /// <summary>What is wrong with it, for whoever wrote it; null: nothing.</summary>
    public string? Problem => Name.Length == 0 ? "a prompt has no \"name\"."
        : After <= Duration.Zero ? $"\"after\" of the prompt {Name} is a length above zero, such as PT10H."
        : Until is Phase.Reported or > Phase.Returned ? $"\"until\" of the prompt {Name} is SEARCHING, FOUND, ON_THE_WAY, DELIVERY or RETURNED."
        : Owner is { Value.Length: 0 } ? $"\"owner\" of the prompt {Name} names an organization, or is left out."
        : Asks == Role.Customer ? $"\"asks\" of the prompt {Name} is a role other than CU: travellers owe nothing."
        : Unless.Concat(When).FirstOrDefault(code => CodeLists.Find(code) is null) is { } unknown ? $"the prompt {Name} names {unknown}, and there is no such status." : null;
}

/// <summary>A level of the ladder, and after how many lengths of the time that was given it is told.</summary>
public sealed record Escalation(ClockStage To, double After);

/// <summary>What counts as time.</summary>
public enum SlaHours
{
    /// <summary>Every second.</summary>
    Elapsed,

    /// <summary>The working hours of the party that owes the word.</summary>
    Business,
}
