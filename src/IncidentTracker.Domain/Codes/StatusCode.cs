using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// One thing a party can say about a bag or a case, and everything the hub derives from it. The codes are the hub's own, because every partner
/// system names these moments differently; the two journey scans follow the bag statuses of IATA RP 1745.
/// </summary>
public sealed record StatusCode(
    string Code,
    Phase Phase,
    Track Track,
    string Meaning,
    Role? NextWord, // who owes the next word after this one; null when the story ends here
    ImmutableArray<Role> AcceptedFrom, // whose word changes the state
    Otherwise Otherwise, // what becomes of the same word from anyone else
    ImmutableArray<string> Label, // for a history line; best first, the first one whose placeholders are all known is used
    ImmutableArray<string> Customer, // sentences, chosen like the label; none where the customer is told nothing
    Possession? Possession = null, // null when the code does not tell who has the bag
    ImmutableArray<string> Service = default, // sentences for a case that is about no bag, where the others would speak of one
    Turn? Then = null, // whose turn it is once the next word has come without a new status; null: it stays with the same party
    string? Why = null)
{
    /// <summary>Damage and claims run beside the bag's way home and never move the progress bar.</summary>
    public bool MovesProgress => Track == Track.Main;
}

/// <summary>A code that only the hub may write, because it is a judgement over everybody's words and not a word of one party.</summary>
/// <param name="Label">Like the label of a status; none while the hub never writes the code.</param>
public sealed record ReservedCode(string Code, string Meaning, ImmutableArray<string> Label = default);

/// <summary>The few steps of a customer's progress bar; many codes, one picture.</summary>
public enum Phase { Reported, Searching, Found, OnTheWay, Delivery, Returned, Closed }

/// <summary>Damage and money have their own course: a bag can be home while its claim has just begun.</summary>
public enum Track
{
    Main,
    Damage,
    Claim,

    /// <summary>What one party asked another. No status is on it.</summary>
    Question,

    /// <summary>A bag that is offered and not yet taken. No status is on it.</summary>
    Handover,
}

/// <summary>What the hub does with a word from a party whose word it is not. It is never thrown away.</summary>
public enum Otherwise
{
    /// <summary>It stands in the timeline and changes no state.</summary>
    Note,

    /// <summary>It waits until somebody who may has confirmed it.</summary>
    Quarantine,
}

/// <summary>Whose turn it is after an answer.</summary>
public enum Turn
{
    /// <summary>Whoever said the status, and so asked for the answer.</summary>
    Sender,

    /// <summary>The customer, who has to say that the bag is there.</summary>
    Customer,
}

/// <summary>Who has the bag after a code, seen from the message that carried it.</summary>
public enum Possession { Reporter, Customer, AskedParty }
