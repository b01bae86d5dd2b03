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

    /// <summary>The calendar that is pinned on a clock.</summary>
    public Calendar Pinned(string calendar)
    {
        foreach (var (_, hours) in Hours)
            if (hours.Calendar.Name == calendar) return hours.Calendar;
        return Calendar.Always;
    }

    /// <summary>The policy that is pinned on a clock.</summary>
    public SlaPolicy PinnedPolicy(DutyClock clock) => Policies.FirstOrDefault(dated => dated.Value.Name == clock.Policy)?.Value ?? PolicyAt(clock.StartedAt);
}

/// <summary>Something that holds from a moment on.</summary>
public sealed record Dated<T>(Instant From, T Value);

/// <summary>When an organization works: at one station, or everywhere else when the station is empty.</summary>
public sealed record WorkingHours(OrganizationId Organization, string Station, Calendar Calendar);
