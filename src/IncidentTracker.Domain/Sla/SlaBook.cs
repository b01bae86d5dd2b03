using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// Everything that clocks are judged by. Nothing in it changes once it holds: what is new holds from a later day, so
/// telling a case again always gives what was told before.
/// </summary>
public sealed record SlaBook
{
    /// <summary>What holds where nobody has agreed on anything else.</summary>
    public static SlaBook Default { get; } = new() { Policies = [new(Instant.MinValue, CodeLists.DefaultPolicy)] };

    /// <summary>The policies, each from its day on, in order.</summary>
    public required ImmutableArray<Dated<SlaPolicy>> Policies { get; init; }

    /// <summary>What was agreed on beside the policy, each from its day on, in order.</summary>
    public ImmutableArray<Dated<Agreement>> Agreements { get; init; } = [];

    /// <summary>Stretches in which nobody, or one party, could be expected to speak, by their beginning.</summary>
    public ImmutableArray<Closure> Closures { get; init; } = [];

    /// <summary>When each organization works, in all its places or in one.</summary>
    public ImmutableArray<Dated<WorkingHours>> Hours { get; init; } = [];

    /// <summary>The policy that holds at a moment.</summary>
    public SlaPolicy PolicyAt(Instant at)
    {
        for (var i = Policies.Length - 1; i > 0; i--)
            if (Policies[i].From <= at) return Policies[i].Value;
        return Policies[0].Value;
    }

    /// <summary>When a party works at a station; around the clock where nobody has said.</summary>
    public Calendar CalendarOf(OrganizationId party, string station, Instant at)
    {
        WorkingHours? known = null;
        foreach (var (from, hours) in Hours)
            if (hours.Organization == party && from <= at && (hours.Station == station || (hours.Station.Length == 0 && known?.Station != station))) known = hours;
        return known?.Calendar ?? Calendar.Always;
    }

    /// <summary>
    /// How soon a party must speak: what was agreed for most of what is known about the case, and of two such agreements the
    /// later one; or else the policy.
    /// </summary>
    public (SlaRule Rule, string Pinned) TermsFor(SlaRule usual, OrganizationId party, string station, CaseFacts facts, Instant at)
    {
        (SlaRule, string) terms = (usual, PolicyAt(at).Name);
        var best = 0;
        foreach (var (from, agreement) in Agreements)
            if (from <= at && agreement.Rules.FirstOrDefault(rule => rule.Status == usual.Status) is { } rule && agreement.For.Matches(party, station, facts) is var weight and > 0 && weight >= best)
                (terms, best) = ((rule, agreement.Name), weight);
        return terms;
    }

    /// <summary>
    /// The clock with the time given back in which its party could not be expected to speak. Giving back twice changes nothing.
    /// </summary>
    public DutyClock GiveBack(DutyClock clock, Instant now)
    {
        foreach (var closure in Closures)
        {
            var from = Instant.Max(closure.From, clock.GivenBackUntil ?? clock.PausedUntil ?? clock.StartedAt);
            if (closure.From > now || from >= closure.Until || closure.From >= clock.DueAt || closure.KnownFrom > now || (closure.Organization is { } only && only != clock.Party)) continue;

            var calendar = Pinned(clock.Calendar);
            var work = calendar.Work(from, closure.Until);
            clock = clock with { GivenBackUntil = closure.Until };
            // Nothing was lost at night; and no time after the end of a day would be the beginning of the next.
            if (work > Duration.Zero)
                clock = clock with { DueAt = calendar.After(clock.DueAt, work) ?? clock.DueAt + work, WarnAt = calendar.After(clock.WarnAt, work) ?? clock.WarnAt + work };
        }
        return clock;
    }

    /// <summary>The calendar that is pinned on a clock.</summary>
    public Calendar Pinned(string calendar)
    {
        foreach (var (_, hours) in Hours)
            if (hours.Calendar.Name == calendar) return hours.Calendar;
        return Calendar.Always;
    }

    /// <summary>The policy that is pinned on a clock; with the ladder of the agreement, where one with a ladder is.</summary>
    public SlaPolicy PinnedPolicy(DutyClock clock)
    {
        if (Policies.FirstOrDefault(dated => dated.Value.Name == clock.Policy) is { Value: { } pinned }) return pinned;
        var usual = PolicyAt(clock.StartedAt);
        return Agreements.FirstOrDefault(dated => dated.Value.Name == clock.Policy)?.Value is { Escalation.IsEmpty: false } agreed ? usual with { Escalation = agreed.Escalation } : usual;
    }
}

/// <summary>Something that holds from a moment on.</summary>
public sealed record Dated<T>(Instant From, T Value);

/// <summary>Other times than the policy's, for some cases.</summary>
/// <param name="Escalation">The ladder of the words that its rules are about. Empty: that of the policy.</param>
public sealed record Agreement(string Id, int Version, AgreementScope For, ImmutableArray<SlaRule> Rules, ImmutableArray<Escalation> Escalation)
{
    /// <summary>What is pinned on clocks: gold/2.</summary>
    public string Name => $"{Id}/{Version}";
}

/// <summary>The cases an agreement is about. What is not said matches everything; at least one thing is said.</summary>
public sealed record AgreementScope(OrganizationId? Organization, string Station, string Tier, CasePriority? Priority, IncidentKind? Kind)
{
    /// <summary>0: it does not match; otherwise the more the more is said, and who matters most.</summary>
    public int Matches(OrganizationId party, string station, CaseFacts facts)
    {
        var weight = 0;
        return Weigh(Organization is null, Organization == party, 16) && Weigh(Station.Length == 0, Station == station, 8) && Weigh(Tier.Length == 0, Tier == facts.Tier, 4)
            && Weigh(Priority is null, Priority == facts.Priority, 2) && Weigh(Kind is null, Kind == facts.Kind, 1) ? weight : 0;

        bool Weigh(bool isOpen, bool matches, int worth)
        {
            if (!isOpen) weight += worth;
            return isOpen || matches;
        }
    }
}

/// <summary>
/// A stretch in which a party could not be expected to speak: the hub was away, or maintenance that was announced before.
/// </summary>
/// <param name="Organization">Whose it is; null: everybody's.</param>
/// <param name="KnownFrom">From when on it counts; never before it was known, so that no judgement is taken back.</param>
public sealed record Closure(OrganizationId? Organization, Instant From, Instant Until, Instant KnownFrom, string Reason);

/// <summary>When an organization works: at one station, or everywhere else when the station is empty.</summary>
public sealed record WorkingHours(OrganizationId Organization, string Station, Calendar Calendar);
