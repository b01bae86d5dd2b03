using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

public enum Classifier { Planned = 1, Estimated = 2, Actual = 3 }

public enum Visibility { Public = 1, Partners = 2, Parties = 3, Internal = 4 }

public enum CustodyAction { Offered = 1, Accepted = 2, Refused = 3, Taken = 4, Released = 5 }

public enum BagCondition { NotChecked = 0, Ok = 1, DamageSeen = 2, DamagePrior = 3 }

public enum CorrectionKind { Void = 1, Replace = 2 }

public enum CorrectionReason { DidNotOccur = 1, IncorrectData = 2 }

public enum PartyRole { CaseOwner = 1, HoldingStation, ForwardingCarrier, Tracing, Courier, ThirdParty, Claims, Airport, Authority }

/// <summary>A place as exactly as it is known: IATA station, UN/LOCODE, or words for staff.</summary>
public sealed record Place(string Station, string Unlocode, string Text);

/// <summary>A flight, for example XB 1695 on a local day.</summary>
public sealed record Flight(string Carrier, string Number, LocalDate? Date, string From, string To)
{
    /// <summary>When it lands, if that is known.</summary>
    public Instant? ArrivesAt { get; init; }

    public string Designator => $"{Carrier} {Number}";
}

/// <summary>A word about who holds the bag (IATA Resolution 753). An empty party was not named.</summary>
public sealed record CustodyStatement(
    CustodyAction Action, OrganizationId? From, OrganizationId? To, BagCondition Condition, int Pieces, string SealNumber, int WeightGrams);

/// <summary>When the bag is expected: a moment, or a window when <paramref name="To"/> is set.</summary>
public sealed record Eta(Instant From, Instant? To, string Zone)
{
    /// <summary>After that moment nobody expects it any more.</summary>
    public Instant End => To ?? From;
}

/// <summary>Withdraws or replaces an earlier claim, which stays visible.</summary>
public sealed record Correction(CorrectionKind Kind, ClaimId Target, CorrectionReason Reason);

/// <summary>Moves a role to an organization.</summary>
public sealed record Assignment(PartyRole Role, OrganizationId Organization);

/// <summary>
/// What a party said: immutable, only ever added. Its times (when it happened, when the sender recorded it, when the
/// hub received it) are kept apart, because partners' clocks and queues cannot be trusted with the order of events.
/// </summary>
public sealed record Claim
{
    public required Reporter Reporter { get; init; }
    public required string UpdateId { get; init; }

    /// <summary>When it happened. Null: the sender does not know.</summary>
    public EventTime? Happened { get; init; }

    public Instant? SourceRecordedAt { get; init; }
    public required Instant ReceivedAt { get; init; }
    public Classifier Classifier { get; init; } = Classifier.Actual;

    /// <summary>The item it is about; empty: every item of the case.</summary>
    public string ItemId { get; init; } = "";

    public string StatusCode { get; init; } = "";
    public string SubCode { get; init; } = "";
    public Place? Place { get; init; }
    public CustodyStatement? Custody { get; init; }
    public Eta? Eta { get; init; }
    public Correction? Correction { get; init; }
    public OrganizationId? OnBehalfOf { get; init; }
    public OrganizationId? AskedParty { get; init; }
    public Visibility Visibility { get; init; } = Visibility.Public;
    public ImmutableArray<OrganizationId> VisibleTo { get; init; } = [];
    public long PartnerSequence { get; init; }
    public Flight? Flight { get; init; }
    public string ReasonCode { get; init; } = "";
    public string StaffText { get; init; } = "";
    public bool HasEvidence { get; init; }
    public ImmutableArray<Place> PlacesChecked { get; init; } = [];
    public Assignment? Assignment { get; init; }

    /// <summary>Names the text when the same is said about many cases, such as weather at an airport.</summary>
    public string Bulletin { get; init; } = "";

    /// <summary>Set on the hub's own words, and on those only.</summary>
    public Judgement? Judgement { get; init; }

    /// <summary>
    /// What the hub says about clocks: it changes nothing about the bag. Its one other word closes a delivery that was proven
    /// and that the customer has not denied.
    /// </summary>
    public bool IsRemark => Judgement is not null && CodeLists.Find(StatusCode) is null;

    public OrganizationId By => Reporter.Id;

    public ClaimId Id => new(By, UpdateId);

    /// <summary>Kept for its sender's own eyes: it stays on the timeline and moves nothing that others see.</summary>
    public bool IsInternal => Visibility == Visibility.Internal;

    public bool IsAbout(ItemState item) => ItemId.Length == 0 || ItemId == item.Id;

    /// <summary>Whether it is this party's own word: its own, said for it, or an agent's for the customer.</summary>
    public bool SpeaksFor(OrganizationId party) =>
        By == party || OnBehalfOf == party || (party == OrganizationId.Customer && Reporter.SpeaksForCustomer && OnBehalfOf is null);

    /// <summary>
    /// Whether it counts as this party's word: its own, or that of somebody who acts for it. What an agent writes down for
    /// the customer is no word of the agent's airline.
    /// </summary>
    public bool IsWordOf(OrganizationId party) => SpeaksFor(party) || (!Reporter.SpeaksForCustomer && Reporter.ActsFor.Contains(party));

    /// <summary>
    /// When the hub received it, as exactly as it matters to people: what is finer only tells in which order it took what
    /// came in together.
    /// </summary>
    public Instant HeardAt => ReceivedAt - Duration.FromTicks(((ReceivedAt.ToUnixTimeTicks() % NodaConstants.TicksPerMillisecond) + NodaConstants.TicksPerMillisecond) % NodaConstants.TicksPerMillisecond);

    /// <summary>
    /// The moment that places it on the timeline: when it happened, or when a plan or an estimate was made; of a day
    /// that was only named by its date, its end. Never after its receipt, so a fast clock cannot put its owner's word last.
    /// </summary>
    public Instant OrderAt => Happened?.Latest is { } at && at < HeardAt ? at : HeardAt;

    /// <summary>
    /// When a correction was declared, not later than the hub heard of it. A replacement carries the time of the event it
    /// corrects, so its own moment is its recording.
    /// </summary>
    public Instant DeclaredAt
    {
        get
        {
            var said = Correction?.Kind == CorrectionKind.Void ? Happened?.At ?? SourceRecordedAt : SourceRecordedAt;
            return said is { } at && at < HeardAt ? at : HeardAt;
        }
    }

    /// <summary>The moment from which it counts as word given: when it happened if the hub was told in time, otherwise when it was told.</summary>
    public Instant EffectiveAt => IsLate || IsAheadOfTime ? HeardAt : OrderAt;

    /// <summary>How long the hub was not told.</summary>
    public Duration Lag => Happened is { } happened && Classifier == Classifier.Actual ? HeardAt - happened.At : Duration.Zero;

    /// <summary>Reported more than an hour after it happened; a day that was only named by its date is late after its end.</summary>
    public bool IsLate => Lag > (Happened?.Precision == TimePrecision.Date ? Duration.FromDays(1) + LateAfter : LateAfter);

    /// <summary>Its happening lies too far in the hub's future to be believed.</summary>
    public bool IsAheadOfTime => Classifier == Classifier.Actual && Happened is { } happened && happened.At > HeardAt + ClockSkew;

    /// <summary>Reporting lag above which a claim is marked late.</summary>
    public static readonly Duration LateAfter = Duration.FromMinutes(60);

    /// <summary>How far a partner's clock may run ahead before it is noted.</summary>
    public static readonly Duration ClockSkew = Duration.FromMinutes(5);
}

/// <summary>
/// The order of the timeline: by moment, then by nearness to the bag, then by names that do not depend on arrival, so
/// that any order of arrival gives the same timeline.
/// </summary>
public sealed class TimelineOrder : IComparer<Claim>
{
    public static readonly TimelineOrder Instance = new();

    public int Compare(Claim? x, Claim? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);

        var order = x.OrderAt.CompareTo(y.OrderAt);
        if (order == 0) order = x.Reporter.Nearness.CompareTo(y.Reporter.Nearness);
        if (order == 0) order = string.CompareOrdinal(x.By.Value, y.By.Value);
        if (order == 0) order = x.PartnerSequence.CompareTo(y.PartnerSequence);
        if (order == 0) order = string.CompareOrdinal(x.UpdateId, y.UpdateId);
        return order;
    }
}
