using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>What went wrong.</summary>
public enum IncidentKind { DelayedBag = 1, DamagedBag = 2, PilferedBag = 3, OnHandBag = 4, LeftBehindItem = 5, ServiceIncident = 6 }

/// <summary>How much it matters to the traveller. A wheelchair is critical; agreements may give less time then.</summary>
public enum CasePriority { Normal = 1, High = 2, Critical = 3 }

/// <summary>Kinds of identifiers that other systems give.</summary>
public enum ReferenceScheme { BagTag = 1, Worldtracer = 2, Pnr = 3, Courier = 4, PartnerCase = 5, Claim = 6 }

/// <summary>An identifier that some system gave to a case or a bag. Tags and file numbers are used again, hence the day.</summary>
public sealed record ExternalReference(ReferenceScheme Scheme, string Value, LocalDate? Date)
{
    /// <summary>How many days apart two days of the same tag may lie and still mean the same bag.</summary>
    public const int TagWindowDays = 3;

    /// <summary>What a scanner writes that saw a tag and could not read it. It must never join two bags.</summary>
    public const string UnreadTag = "0000000000";
}

/// <summary>A bag or an object of a case.</summary>
public sealed record CaseItem(string Id, string BagTag, LocalDate? BagTagDate, string TypeCode, string ColourCode, string Description);

/// <summary>What was settled when a case was opened. The rest is folded from claims.</summary>
/// <param name="Owner">Who owns the case; null for a file of sightings, which no case knows yet.</param>
/// <param name="Parties">Who was on it from the start: the opener, for whom it was opened, the carriers of the journey.</param>
public sealed record CaseFacts(IncidentKind Kind, OrganizationId? Owner, ImmutableArray<CaseItem> Items, ImmutableArray<OrganizationId> Parties)
{
    /// <summary>A file for scans of a tag before anybody reported the bag missing. Everyone may add to it.</summary>
    public static readonly CaseFacts Sighting = new(IncidentKind.DelayedBag, null, [new("1", "", null, "", "", "")], []);

    public CasePriority Priority { get; init; } = CasePriority.Normal;

    /// <summary>The traveller's tier in the owner's loyalty programme, in its own words; empty: none.</summary>
    public string Tier { get; init; } = "";

    /// <summary>When the journey was to end, and the bag with it. Null: nobody said.</summary>
    public Instant? AwaitedAt { get; init; }

    public bool IsSighting => Owner is null;
}

/// <summary>Who holds a bag, and how sure that is.</summary>
/// <param name="Proven">Both sides of the change said so.</param>
/// <param name="Before">Who held it before, to fall back on when the change turns out wrong.</param>
/// <param name="MovedOn">The holder itself said that it gave the bag away.</param>
public sealed record Holding(OrganizationId By, Instant Since, bool Proven, OrganizationId? Before, bool BeforeProven, bool MovedOn);

/// <summary>Two parties that disagree about who has a bag.</summary>
/// <param name="By">Whose word does not fit.</param>
/// <param name="With">Whose word it does not fit.</param>
/// <param name="IsDenied">The first says that it never got what the other gave it; otherwise both say that they have it.</param>
public sealed record Dispute(OrganizationId By, OrganizationId With, bool IsDenied);

/// <summary>Where one item stands: the outcome of every claim about it.</summary>
public sealed record ItemState(string Id)
{
    public string StatusCode { get; init; } = "";
    public Phase Phase { get; init; } = Phase.Reported;
    public Instant? StatusAt { get; init; }

    /// <summary>The reason that was stated with the status; empty: none.</summary>
    public string ReasonCode { get; init; } = "";

    public OrganizationId? StatusBy { get; init; }
    public string Station { get; init; } = "";
    public Holding? Holding { get; init; }

    /// <summary>To whom the bag is offered and not yet taken.</summary>
    public OrganizationId? OfferedTo { get; init; }

    public Eta? Eta { get; init; }
    public Flight? Flight { get; init; }
    public OrganizationId? Asked { get; init; }

    /// <summary>Two parties say different things about who has it, and nobody has settled it yet.</summary>
    public Dispute? InDispute { get; init; }

    /// <summary>Who brings it to the customer: whoever was asked to, or says so.</summary>
    public OrganizationId? Courier { get; init; }

    /// <summary>Whoever owed the word after the status has given it, and the status is still the same.</summary>
    public bool IsAnswered { get; init; }

    public string DamageCode { get; init; } = "";
    public OrganizationId? DamageBy { get; init; }
    public string ClaimCode { get; init; } = "";
    public OrganizationId? ClaimBy { get; init; }

    /// <summary>The customer has answered about the claim, and nobody has said anything about it since.</summary>
    public bool IsClaimAnswered { get; init; }

    public Instant? ClosedAt { get; init; }

    /// <summary>The customer has said that a delivery did not happen, and nothing has proven since that one did.</summary>
    public bool IsDisputed { get; init; }

    /// <summary>A partner has proven the delivery.</summary>
    public bool HasProof { get; init; }
}

/// <summary>
/// Where a case stands. An index over its claims: it can always be folded again from them and comes out equal.
/// </summary>
public sealed record CaseState
{
    public required ImmutableArray<ItemState> Items { get; init; }
    public OrganizationId? Owner { get; init; }

    /// <summary>Everyone who may speak, by name.</summary>
    public ImmutableArray<OrganizationId> Parties { get; init; } = [];

    /// <summary>Who spoke without being on the case. An invitation makes their words count.</summary>
    public ImmutableArray<OrganizationId> Waiting { get; init; } = [];

    /// <summary>Claims that were corrected before they arrived.</summary>
    public ImmutableArray<ClaimId> AwaitedCorrections { get; init; } = [];

    public ImmutableArray<Assignment> Assignments { get; init; } = [];

    /// <summary>Who searched last; it goes on when a match turns out wrong.</summary>
    public OrganizationId? Searching { get; init; }

    /// <summary>The latest moment anybody but the hub has named so far: a claim after it can be added without looking back, because the hub's own remarks change nothing.</summary>
    public Instant? LastOrderAt { get; init; }

    /// <summary>When anybody on the case was last heard, by the hub's clock.</summary>
    public Instant? HeardAt { get; init; }

    public OrganizationId? HeardFrom { get; init; }
    public int ClaimCount { get; init; }

    /// <summary>The item that stands worst; the case shows it.</summary>
    public ItemState Worst => Items.MinBy(item => item.Phase)!;

    /// <summary>Whether somebody speaks who is on the case.</summary>
    public bool IsHeard(Claim claim) => Domain.Parties.Include(Parties, claim);

    /// <summary>Whether the owner of the case cannot read it: then nobody has been told anything, and it counts as no word.</summary>
    public bool IsKeptBack(Claim claim) => claim.IsInternal
        || (claim.Visibility == Visibility.Parties && !claim.Reporter.SpeaksForCustomer && Owner is { } owner && claim.By != owner && !claim.VisibleTo.Contains(owner));

    /// <summary>Who may read the case: those on it, and those who act for one that is.</summary>
    public bool IsOpenTo(Reporter reporter) => Parties.Contains(reporter.Id) || reporter.ActsFor.Any(principal => Parties.Contains(principal));

    /// <summary>The state before anybody said anything.</summary>
    public static CaseState Of(CaseFacts facts) => new()
    {
        Items = [.. facts.Items.Select(item => new ItemState(item.Id))],
        Owner = facts.Owner,
        Parties = Domain.Parties.From(facts),
    };
}

/// <summary>What the hub notes on a claim.</summary>
[Flags]
public enum Marks
{
    None = 0,
    Late = 1 << 0,
    Withdrawn = 1 << 1,
    Replaced = 1 << 2,
    ProbableDuplicate = 1 << 3,
    Quarantined = 1 << 4,
    NotAuthorised = 1 << 5,
    CustodyGap = 1 << 6,
    Contradiction = 1 << 7,
    ClockSkew = 1 << 8,
    PossibleWrongBag = 1 << 9,
    TimeUnknown = 1 << 10,
    AfterEnd = 1 << 11,
    EvidenceMissing = 1 << 12,
    StatusCodeUnknown = 1 << 13,
    CorrectionRefused = 1 << 14,
    EtaNotAuthorised = 1 << 15,
}

/// <summary>One line of the timeline: a claim, what the hub notes on it, and when it was taken back.</summary>
public sealed record TimelineEntry(Claim Claim, Marks Marks, Instant? WithdrawnAt)
{
    public bool Is(Marks mark) => (Marks & mark) != 0;

    /// <summary>Whether it has any say in where the case stands.</summary>
    public bool Counts => !Claim.IsInternal && !Is(Marks.Withdrawn | Marks.Replaced | Marks.Quarantined | Marks.ProbableDuplicate);
}

/// <summary>A case told from its beginning: where it stands, how it came there, and through whose hands the bag went.</summary>
public sealed record Story(Course Course, ImmutableArray<TimelineEntry> Entries, ImmutableArray<CustodySpan> Custody)
{
    public CaseState State => Course.State;
}

/// <summary>A stretch of time in which one party held an item.</summary>
public sealed record CustodySpan(string ItemId, OrganizationId By, Instant From, Instant? Until, BagCondition Condition, bool Proven);
