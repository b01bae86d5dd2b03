using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// A running duty to speak: this party owes the next word about this item by this moment. What it was judged by is pinned
/// on it.
/// </summary>
/// <param name="Number">Names it within its case: 1 for the first clock that ever ran there.</param>
/// <param name="ItemId">Empty for a question: it is about the case.</param>
/// <param name="Status">The status after which the word is owed, or <see cref="SlaRule.Question"/>.</param>
/// <param name="Cycle">1 for the first word that is owed after the status, 2 for the one after that, and so on.</param>
/// <param name="Length">How much time was given; the ladder counts in it.</param>
/// <param name="WithoutNews">How many words in a row said only that the work goes on.</param>
/// <param name="Policy">Identifier and version, for example default/1.</param>
/// <param name="Calendar">Identifier and version, for example always/1.</param>
public sealed record DutyClock(
    int Number, string ItemId, Track Track, string Status, OrganizationId Party, int Cycle, Instant StartedAt, Instant WarnAt, Instant DueAt, Duration Length, int WithoutNews,
    string Policy, string Calendar)
{
    /// <summary>Its time stands still until then, for a reason that was given.</summary>
    public Instant? PausedUntil { get; init; }

    /// <summary>For how long reasons have stopped the clocks of this item, this one included: it is bounded.</summary>
    public Duration Paused { get; init; }

    /// <summary>Up to there, time in which the party could not speak has been given back.</summary>
    public Instant? GivenBackUntil { get; init; }

    /// <summary>What was told while the work goes on, a line each: to tell it again is no news.</summary>
    public string Told { get; init; } = "";

    /// <summary>Who asked; only for a question.</summary>
    public OrganizationId? AskedBy { get; init; }

    /// <summary>The last step that the hub has taken about it.</summary>
    public ClockStage Stage { get; init; }

    /// <summary>When the word is due, as far as anybody may be told. Null while the time stands still: the moment may still move.</summary>
    public Instant? DueAtAsOf(Instant now) => PausedUntil > now ? null : DueAt;
}

/// <summary>What the hub does about a clock, step by step. Each step is taken once.</summary>
public enum ClockStage
{
    Running,

    /// <summary>The pause has ended.</summary>
    Resumed,

    /// <summary>The party is reminded.</summary>
    DueSoon,

    /// <summary>The word has not come. Its station is told.</summary>
    Breached,

    /// <summary>The headquarters of the party is told.</summary>
    Headquarters,

    /// <summary>Whoever supervises the case is told.</summary>
    Supervisor,

    /// <summary>Somebody who stands between the parties is told.</summary>
    Mediator,
}

/// <summary>How a clock ended.</summary>
public enum ClockEnd
{
    /// <summary>The party spoke in time.</summary>
    Met,

    /// <summary>The party spoke, but too late.</summary>
    Late,

    /// <summary>The duty went to another party, or to another word, before it was due.</summary>
    Moved,

    /// <summary>The duty went away when it was overdue already: the word never came.</summary>
    Missed,
}

/// <summary>A clock that runs no more.</summary>
public sealed record EndedClock(DutyClock Clock, Instant EndedAt, ClockEnd End);

/// <summary>
/// What the hub watches over in a case: an index over its claims in the order of receipt. It can always be told again
/// from them and comes out equal.
/// </summary>
public sealed record CaseWatch
{
    public static readonly CaseWatch Nothing = new();

    public ImmutableArray<DutyClock> Running { get; init; } = [];

    /// <summary>How many clocks have run so far.</summary>
    public int Started { get; init; }

    /// <summary>The last receipt. The next one is later, if only by a microsecond, so that receipts have one order.</summary>
    public Instant? HeardUpTo { get; init; }

    /// <summary>Since when a bag is missing, or an item that was left behind is kept: prompts are counted from there. Null where none are asked for.</summary>
    public Instant? MissingSince { get; init; }

    /// <summary>The prompts that were given.</summary>
    public ImmutableArray<string> Prompted { get; init; } = [];

    /// <summary>When a bulletin last counted as news.</summary>
    public Instant? BulletinAt { get; init; }

    /// <summary>Overdue words that have come, and nobody was told yet.</summary>
    public ImmutableArray<DutyClock> Cleared { get; init; } = [];

    /// <summary>Expected times that were found to have passed.</summary>
    public ImmutableArray<PassedEta> PassedEtas { get; init; } = [];

    /// <summary>When this party, or one that it acts for, must next speak. Null: it owes no word, or the time of all that it owes stands still.</summary>
    public Instant? NextDueOf(Reporter reporter, Instant now)
    {
        Instant? next = null;
        foreach (var clock in Running)
            if (reporter.Covers(clock.Party) && clock.DueAtAsOf(now) is { } due && !(next <= due)) next = due;
        return next;
    }
}

/// <summary>An expected time of an item that has passed.</summary>
public sealed record PassedEta(string ItemId, Instant At);

/// <summary>What the hub found when it looked: it goes with every word of the hub's own.</summary>
/// <param name="Clock">Number of the clock; 0 when it is about none.</param>
/// <param name="Party">Who owes the word; null when nobody in particular does.</param>
/// <param name="DueAt">When the word was due, or what was expected.</param>
public sealed record Judgement(int Clock, ClockStage Stage, OrganizationId? Party, Instant DueAt);
