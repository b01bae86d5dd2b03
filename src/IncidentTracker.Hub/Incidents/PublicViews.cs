using System.ComponentModel;
using IncidentTracker.Access;
using IncidentTracker.Domain;

namespace IncidentTracker.Incidents;

/// <summary>A case as everybody on it reads it, the traveller included.</summary>
internal sealed record IncidentView
{
    [Description("Public reference, for example K7Q-4M2-XDC.")]
    public required string Reference { get; init; }

    [Description("What kind of case: DELAYED_BAG, DAMAGED_BAG, PILFERED_BAG, ON_HAND_BAG, LEFT_BEHIND_ITEM or SERVICE_INCIDENT. More may come.")]
    public required string Kind { get; init; }

    [Description("Version of the timeline. Grows with every change.")]
    public required long TimelineVersion { get; init; }

    [Description("The sentence of now: the same on the page, on the phone and here.")]
    public required string Sentence { get; init; }

    [Description("REPORTED, SEARCHING, FOUND, ON_THE_WAY, DELIVERY, RETURNED or CLOSED: that of the item that stands worst.")]
    public required string Phase { get; init; }

    [Description("Who has the bag as far as is known: a name, \"You\", or absent. Absent too while two parties say different things.")]
    public string? WhoHasIt { get; init; }

    [Description("When anybody on the case was last heard, by the hub's clock, UTC.")]
    public DateTimeOffset? LastHeardTime { get; init; }

    [Description("From whom.")]
    public string? LastHeardFrom { get; init; }

    [Description("Who owes the next word on the case: a name. Absent while nobody does, or while it is the traveller.")]
    public string? NextWordFrom { get; init; }

    [Description("By when, UTC. Once it has passed, the word is overdue. Absent while the case waits for a reason that was given.")]
    public DateTimeOffset? NextWordDueTime { get; init; }

    [Description("While the case waits for a reason that was given: until when, UTC. After that the next word has a due time again.")]
    public DateTimeOffset? NextWordPausedUntilTime { get; init; }

    [Description("When the party that owes an overdue word was last asked for it by mail, UTC. Only what a mail server has taken counts.")]
    public DateTimeOffset? AskedAgainTime { get; init; }

    [Description("With whom an overdue word was raised, and when. Absent while it was with nobody.")]
    public IReadOnlyList<RaisedView>? Raised { get; init; }

    [Description("When the hub looks at an overdue word again, UTC. Absent when nothing is overdue, and after the last step.")]
    public DateTimeOffset? NextCheckTime { get; init; }

    [Description("When the bag is expected, on the clock of the place, if somebody said so and it has not passed.")]
    public string? Expected { get; init; }

    [Description("The same as a moment, on the clock of the place (RFC 3339 with offset).")]
    public DateTimeOffset? ExpectedFrom { get; init; }

    [Description("When the bag is expected at the latest, if a window was stated.")]
    public DateTimeOffset? ExpectedUntil { get; init; }

    [Description("What was expected and has passed without anybody confirming it, on the clock of the place. Absent while something is still expected.")]
    public string? WasExpected { get; init; }

    [Description("Who is in charge of the case: a name.")]
    public string? InCharge { get; init; }

    [Description("Where the case was reported, as people call the place.")]
    public string? ReportPlace { get; init; }

    [Description("The clock at that place, an IANA time zone or an offset. Times without a place of their own are read on it.")]
    public string? TimeZone { get; init; }

    [Description("Last day to complain of damage in writing: 7 days from receipt (Montreal Convention, article 31). A guide, not legal advice.")]
    public string? DamageComplaintBy { get; init; }

    [Description("When the case was opened, UTC.")]
    public required DateTimeOffset CreateTime { get; init; }

    [Description("The bags or objects.")]
    public required IReadOnlyList<ItemView> Items { get; init; }

    [Description("What only parties to the case read. Absent for the traveller.")]
    public PartyView? Party { get; init; }
}

/// <summary>A bag or object as everybody reads it.</summary>
internal sealed record ItemView(
    [property: Description("\"1\", \"2\", ...")] string ItemId,
    [property: Description("Ten-digit bag tag, if it has one.")] string? BagTag,
    [property: Description("Its phase.")] string Phase,
    [property: Description("Who has it, or absent.")] string? WhoHasIt,
    [property: Description("The sentence of now for this item alone.")] string Sentence);

/// <summary>What a party to the case reads besides.</summary>
internal sealed record PartyView
{
    [Description("Status code of the item that stands worst.")]
    public required string StatusCode { get; init; }

    [Description("The organization that owns the case.")]
    public string? OwnerId { get; init; }

    [Description("Everyone on the case.")]
    public required IReadOnlyList<string> PartyIds { get; init; }

    [Description("Who holds each item: organization identifier, \"CUSTOMER\", or absent.")]
    public required IReadOnlyDictionary<string, string?> Custodians { get; init; }

    [Description("Other identifiers of the case.")]
    public required IReadOnlyList<ReferenceView> ExternalReferences { get; init; }

    [Description("When damage arose as far as is known, and whose hands are not excluded. Not a judgement. Never for the traveller.")]
    public DamageView? Damage { get; init; }
}

/// <summary>An identifier that another system gave.</summary>
internal sealed record ReferenceView(
    [property: Description("BAG_TAG, WORLDTRACER, PNR, COURIER, PARTNER_CASE or CLAIM.")] string Scheme,
    [property: Description("The identifier.")] string Value,
    [property: Description("Day it was given out, YYYY-MM-DD, if it matters.")] string? Date);

/// <summary>The window in which damage arose.</summary>
internal sealed record DamageView(
    [property: Description("Last check that found nothing; absent: never checked.")] DateTimeOffset? From,
    [property: Description("First sight of it.")] DateTimeOffset Until,
    [property: Description("Who saw it first.")] string SeenBy,
    [property: Description("Parties through whose hands the bag went in between.")] IReadOnlyList<string> NotExcluded);

/// <summary>The timeline of a case.</summary>
internal sealed record TimelineView(
    [property: Description("The case.")] IncidentView Incident,
    [property: Description("What happened, in order of when it happened.")] IReadOnlyList<LineView> Entries);

/// <summary>One line of a timeline.</summary>
internal sealed record LineView
{
    [Description("When it happened, on the clock of the place (RFC 3339 with offset). Absent: nobody knows.")]
    public DateTimeOffset? EventTime { get; init; }

    [Description("SECOND, MINUTE or DATE: how exactly that is known. DATE means that only the day is.")]
    public string? EventTimePrecision { get; init; }

    [Description("When the hub was told, UTC.")]
    public required DateTimeOffset RecordTime { get; init; }

    [Description("What happened, in plain words.")]
    public required string Text { get; init; }

    [Description("Who said so.")]
    public required string By { get; init; }

    [Description("Where, as people call the place.")]
    public string? Place { get; init; }

    [Description("The time zone of that place (IANA), if it is known.")]
    public string? TimeZone { get; init; }

    [Description("\"reported 4 h 36 late\"; absent when it was reported in time.")]
    public string? ReportedLate { get; init; }

    [Description("When it was taken back or replaced. The line stays, struck through.")]
    public DateTimeOffset? WithdrawnTime { get; init; }

    [Description("True when a later line says it right; absent otherwise.")]
    public bool? Corrected { get; init; }

    [Description("The item it is about; absent: all of them.")]
    public string? ItemId { get; init; }

    [Description("Status code as sent. Only for parties to the case.")]
    public string? StatusCode { get; init; }

    [Description("What the hub notes on it. Only for parties to the case.")]
    public IReadOnlyList<string>? Marks { get; init; }
}

/// <summary>A page of cases.</summary>
internal sealed record IncidentPage(
    [property: Description("The cases, newest first.")] IReadOnlyList<ListedIncident> Items,
    [property: Description("Send it back as pageToken for the next page; empty at the end.")] string NextPageToken);

/// <summary>A case in a list.</summary>
internal sealed record ListedIncident(
    [property: Description("Public reference.")] string Reference,
    [property: Description("What kind of case.")] string Kind,
    [property: Description("Its phase.")] string Phase,
    [property: Description("Status code of the item that stands worst.")] string StatusCode,
    [property: Description("The sentence of now.")] string Sentence,
    [property: Description("The organization that owns it.")] string? OwnerId,
    [property: Description("Version of the timeline.")] long TimelineVersion,
    [property: Description("When it was opened, UTC.")] DateTimeOffset CreateTime,
    [property: Description("When it last changed, UTC.")] DateTimeOffset UpdateTime,
    [property: Description("A link that lets the traveller in, valid for 30 days. Give it to nobody else.")] string CustomerLink);

/// <summary>Makes the views that REST and the pages share. What is not put in here is not shown.</summary>
internal sealed class PublicViews(Register register, CaseViews shared, OwedWords owed, TimeProvider time)
{
    public IncidentView Incident(ReadCase read, PartnerIdentity? reader, Chase? chase = null)
    {
        var state = read.Story.State;
        var worst = state.Worst;
        var now = time.Now();
        var nextWord = owed.NextWord(read, now);
        var expected = worst.Eta is { } eta && eta.End >= now ? eta : null;
        var report = read.Story.Entries.FirstOrDefault(entry => entry.Counts && CaseViews.IsForTraveller(entry) && entry.Claim.StatusCode is ("REPORTED" or "SVC_OPENED"))?.Claim;
        return new()
        {
            Reference = read.Reference.ToString(),
            Kind = Named.Of(read.Facts.Kind),
            TimelineVersion = read.Version,
            Sentence = shared.SentenceOfNow(read.Facts, state),
            Phase = CaseViews.PhaseName(worst.Phase),
            WhoHasIt = WhoHas(worst),
            LastHeardTime = state.HeardAt?.ToDateTimeOffset(),
            LastHeardFrom = state.HeardFrom is { } from ? NameFor(reader, from) : null,
            NextWordFrom = nextWord is { } next ? register.NameOf(next.Party) : null,
            NextWordDueTime = nextWord?.DueAtAsOf(now)?.ToDateTimeOffset(),
            NextWordPausedUntilTime = nextWord?.PausedUntil > now ? nextWord.PausedUntil.Value.ToDateTimeOffset() : null,
            AskedAgainTime = chase?.AskedAgainAt?.ToDateTimeOffset(),
            Raised = chase is { Raised.IsEmpty: false } ? [.. chase.Raised.Select(step => new RaisedView(Sentences.Level(step.To), step.At.ToDateTimeOffset()))] : null,
            NextCheckTime = chase?.NextCheckAt?.ToDateTimeOffset(),
            Expected = NullIfEmpty(Sentences.Expected(expected)),
            ExpectedFrom = expected is null ? null : OnClock(expected.From, expected.Zone),
            ExpectedUntil = expected?.To is { } until ? OnClock(until, expected.Zone) : null,
            WasExpected = expected is null && worst.Phase is (Phase.Searching or Phase.OnTheWay or Phase.Delivery) ? NullIfEmpty(Sentences.Expected(worst.Eta)) : null,
            InCharge = state.Owner is { } owner ? register.NameOf(owner) : null,
            ReportPlace = PlaceName(report?.Place),
            TimeZone = ZoneOf(report?.Place) ?? report?.Happened?.Zone,
            DamageComplaintBy = DamageComplaint.LastDay(read.Story) is { } day ? NodaTime.Text.LocalDatePattern.Iso.Format(day) : null,
            CreateTime = read.OpenedAt.ToDateTimeOffset(),
            Items = [.. read.Facts.Items.Zip(state.Items, (item, stands) => new ItemView(item.Id, NullIfEmpty(item.BagTag), CaseViews.PhaseName(stands.Phase), WhoHas(stands),
                shared.SentenceOfNow(read.Facts, state with { Items = [stands] })))],
            Party = reader is null ? null : Party(read),
        };
    }

    public TimelineView Timeline(ReadCase read, PartnerIdentity? reader, Chase? chase = null) => new(Incident(read, reader, chase),
        [.. read.Story.Entries.Where(entry => reader is null ? CaseViews.IsForTraveller(entry) : CaseViews.MayRead(entry, reader)).Select(entry => Line(entry, read.Story, reader))]);

    public ListedIncident Listed(CaseSummary summary, string customerLink) => new(
        summary.Reference.ToString(), Named.Of(summary.Facts.Kind), CaseViews.PhaseName(summary.State.Worst.Phase), summary.State.Worst.StatusCode,
        shared.SentenceOfNow(summary.Facts, summary.State), summary.State.Owner?.Value, summary.Version,
        summary.OpenedAt.ToDateTimeOffset(), summary.ChangedAt.ToDateTimeOffset(), customerLink);

    private LineView Line(TimelineEntry entry, Story story, PartnerIdentity? reader)
    {
        var claim = entry.Claim;
        return new()
        {
            EventTime = claim.Happened?.Local.ToDateTimeOffset(),
            EventTimePrecision = claim.Happened?.Precision.ToString().ToUpperInvariant(),
            RecordTime = claim.ReceivedAt.ToDateTimeOffset(),
            Text = Sentences.Line(entry, register.NameOf, story),
            By = NameFor(reader, claim.By),
            Place = PlaceName(claim.Place),
            TimeZone = ZoneOf(claim.Place),
            ReportedLate = NullIfEmpty(Sentences.ReportedLate(claim)),
            WithdrawnTime = entry.WithdrawnAt?.ToDateTimeOffset(),
            Corrected = entry.Is(Marks.Replaced) ? true : null,
            ItemId = NullIfEmpty(claim.ItemId),
            StatusCode = reader is null ? null : NullIfEmpty(claim.StatusCode),
            Marks = reader is null ? null : [.. Updates.UpdateResults.Names(entry.Marks)],
        };
    }

    private static PartyView Party(ReadCase read)
    {
        var state = read.Story.State;
        return new()
        {
            StatusCode = state.Worst.StatusCode,
            OwnerId = state.Owner?.Value,
            PartyIds = [.. state.Parties.Select(party => party.Value)],
            Custodians = state.Items.ToDictionary(item => item.Id, item => item.Holding?.By.Value),
            ExternalReferences = [.. read.References.Select(known => new ReferenceView(Named.Of(known.Scheme), known.Value, NullIfEmpty(Data.ReferenceDays.Text(known.Date))))],
            Damage = DamageWindow.Of(read.Story) is { } window
                ? new(window.From?.ToDateTimeOffset(), window.Until.ToDateTimeOffset(), window.SeenBy.Value, [.. window.NotExcluded.Select(party => party.Value)])
                : null,
        };
    }

    // The traveller reads "You" and not the name of the door through which they spoke.
    private string NameFor(PartnerIdentity? reader, OrganizationId id) =>
        reader is null && register.Find(id)?.Kind == OrganizationKind.Customer ? "You" : register.NameOf(id);

    private static string? PlaceName(Place? place) => place is { Station.Length: > 0 } ? CodeLists.FindStation(place.Station)?.City ?? place.Station : null;

    private static string? ZoneOf(Place? place) => place is { Station.Length: > 0 } ? CodeLists.FindStation(place.Station)?.Zone : null;

    private static DateTimeOffset OnClock(NodaTime.Instant at, string zone) => at.WithOffset(EventTime.OffsetAt(zone, at) ?? NodaTime.Offset.Zero).ToDateTimeOffset();

    private string? WhoHas(ItemState item) =>
        item.Holding is not { } held || item.InDispute is not null ? null : held.By == OrganizationId.Customer ? "You" : register.NameOf(held.By);

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
}
