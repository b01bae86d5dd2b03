using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>How a try ended.</summary>
internal enum AttemptOutcome
{
    Delivered,
    /// <summary>Answered with a status that is no success.</summary>
    RefusedStatus,
    /// <summary>Answered with another address. The hub goes nowhere it was not asked to.</summary>
    Redirected,
    /// <summary>410: the receiver wants nothing more.</summary>
    Gone,
    /// <summary>Asked to be left alone for a while.</summary>
    Throttled,
    TimedOut,
    ConnectionFailed,
    AddressForbidden,
    /// <summary>A challenge was answered, but not with its word.</summary>
    NotEchoed,
    /// <summary>A mail server said "not now".</summary>
    Deferred,
    /// <summary>A mail server said "never".</summary>
    Rejected,
    /// <summary>Nothing was tried: too much has failed just now.</summary>
    NotTried,
    /// <summary>A mail whose words had all come before it could be sent.</summary>
    NotNeeded,
}

/// <summary>A try: how it ended, what was answered and how long to wait at least.</summary>
internal sealed record Attempt(AttemptOutcome Outcome, int? Status = null, Duration? Wait = null)
{
    public bool Succeeded => Outcome == AttemptOutcome.Delivered;

    public TimeSpan Took { get; init; }
}
