using IncidentTracker.Access;
using IncidentTracker.Domain;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>
/// Turns an update of the contract into a claim, and names everything that is wrong with it: every field at once, in the
/// words of the contract. What it lets pass, the domain can trust.
/// </summary>
internal sealed class UpdateReader : FieldReader
{
    private readonly Register? _register;

    private UpdateReader(string path, Register? register = null) : base(path) => _register = register;

    /// <summary>Reads an update as it was sent now. With a register, whom it names must be in there.</summary>
    public static (Claim? Claim, IReadOnlyList<Violation> Violations) Read(
        Wire.Update? update, Reporter sender, Instant receivedAt, Register? register = null, string path = "update.")
    {
        var reader = new UpdateReader(path, register);
        if (update is null) return (null, [Refusals.FieldRequired.At(path.TrimEnd('.'))]);

        reader.CheckAddress(update.Incident);
        var claim = reader.ReadClaim(update, sender, receivedAt, update.ItemId);
        foreach (var violation in Domain.Updates.Check(claim)) reader.Violations.Add(violation with { Field = path + violation.Field });
        return reader.Violations.Count == 0 ? (claim, []) : (null, reader.Violations);
    }

    /// <summary>Reads an update that was stored: it passed once and is trusted.</summary>
    public static Claim Recall(Wire.Update update, Reporter sender, Instant receivedAt, string itemId) => new UpdateReader("").ReadClaim(update, sender, receivedAt, itemId);

    private Claim ReadClaim(Wire.Update update, Reporter sender, Instant receivedAt, string itemId)
    {
        Identifier(update.UpdateId, "update_id", 128);
        return new()
        {
            Reporter = sender,
            UpdateId = update.UpdateId,
            ReceivedAt = receivedAt,
            Happened = Happened(update),
            SourceRecordedAt = Moment(update.SourceRecordedTime, "source_recorded_time"),
            Classifier = OneOf((int)update.Classifier, Classifier.Actual, "classifier"),
            ItemId = Text(itemId, "item_id", 16),
            StatusCode = Code(update.StatusCode, "status_code", 64),
            SubCode = Text(update.SubCode, "sub_code", 64),
            Place = update.Place is { } place ? ReadPlace(place, "place") : null,
            Custody = update.Custody is { } custody ? ReadCustody(custody) : null,
            Eta = update.Eta is { } eta ? ReadEta(eta) : null,
            Correction = update.Correction is { } correction ? ReadCorrection(correction, sender) : null,
            OnBehalfOf = Party(update.OnBehalfOf, "on_behalf_of"),
            AskedParty = Known(update.AskedParty, "asked_party"),
            Visibility = OneOf((int)update.Visibility, Visibility.Public, "visibility"),
            VisibleTo = update.VisibleTo.Count == 0 ? [] : [.. Limited(update.VisibleTo, "visible_to", 16).Select((party, i) => Known(party, $"visible_to[{i}]")).OfType<OrganizationId>()],
            PartnerSequence = update.PartnerSequence < 0 ? Bad(update.PartnerSequence, "partner_sequence") : update.PartnerSequence,
            Flight = update.Flight is { } flight ? ReadFlight(flight, "flight") : null,
            ReasonCode = Text(update.ReasonCode, "reason_code", 32),
            StaffText = Text(update.StaffText, "staff_text", 2_000),
            Bulletin = Text(update.Bulletin, "bulletin", 64),
            HasEvidence = ReadEvidence(update),
            PlacesChecked = update.PlacesChecked.Count == 0 ? [] : [.. Limited(update.PlacesChecked, "places_checked", 16).Select((place, i) => ReadPlace(place, $"places_checked[{i}]"))],
            Assignment = update.Assignment is { } assignment ? ReadAssignment(assignment) : null,
        };
    }

    // Whom nobody knows can neither be asked, nor hold a bag, nor do any work.
    private OrganizationId? Known(string value, string field)
    {
        var party = Party(value, field);
        if (_register is not null && party is { } one && one != OrganizationId.Customer && _register.Find(one) is null && OrganizationId.IsWellFormed(value)) Add(Refusals.OrganizationUnknown, field);
        return party;
    }

    private void CheckAddress(Wire.IncidentAddress? address)
    {
        switch (address?.AddressCase)
        {
            case Wire.IncidentAddress.AddressOneofCase.IncidentReference when !Reference.TryParse(address.IncidentReference, out _):
                Add(Refusals.FieldInvalid, "incident.incident_reference", "No such reference can exist: nine characters such as K7Q-4M2-XDC, the last one checks the others.");
                break;
            case Wire.IncidentAddress.AddressOneofCase.IncidentReference:
                break;
            case Wire.IncidentAddress.AddressOneofCase.ExternalReference:
                ReferenceIn(address.ExternalReference, "incident.external_reference");
                break;
            default:
                Add(Refusals.AddressRequired, "incident");
                break;
        }
    }

    /// <summary>Reads an external reference; null and a violation when it is none.</summary>
    public static (ExternalReference? Reference, IReadOnlyList<Violation> Violations) ReadReference(Wire.ExternalReference? sent, string path)
    {
        var reader = new UpdateReader("");
        var reference = reader.ReferenceIn(sent ?? new(), path);
        return (reader.Violations.Count == 0 ? reference : null, reader.Violations);
    }

    private ExternalReference ReferenceIn(Wire.ExternalReference sent, string field)
    {
        if (!System.Enum.IsDefined(sent.Scheme) || sent.Scheme == Wire.ReferenceScheme.Unspecified) Add(Refusals.FieldRequired, field + ".scheme");
        if (sent.Value.Length == 0) Add(Refusals.FieldRequired, field + ".value");
        Identifier(sent.Value, field + ".value", 64, required: false);
        if (sent.Scheme == Wire.ReferenceScheme.BagTag && sent.Value.Length > 0)
        {
            if (sent.Value.Length != 10 || !sent.Value.All(char.IsAsciiDigit)) Add(Refusals.FieldInvalid, field + ".value", "A bag tag has ten digits.");
            else if (sent.Value == ExternalReference.UnreadTag) Add(Refusals.BagTagUnreadable, field + ".value");
        }
        return new((ReferenceScheme)(int)sent.Scheme, sent.Value, Day(sent.Date, field + ".date"));
    }

    private EventTime? Happened(Wire.Update update)
    {
        if (update.EventTimePrecision == Wire.TimePrecision.Unknown) return null;
        if (!System.Enum.IsDefined(update.EventTimePrecision)) Add(Refusals.FieldInvalid, "event_time_precision");
        if (update.EventTime is null)
        {
            Add(Refusals.EventTimeRequired, "event_time");
            return null;
        }
        if (Moment(update.EventTime, "event_time") is not { } at) return null;
        if (Zone(update.EventTimeZone, at, "event_time_zone") is not { } offset) return null;
        return new(at, Words.Shared(update.EventTimeZone), offset, update.EventTimePrecision switch
        {
            Wire.TimePrecision.Minute => TimePrecision.Minute,
            Wire.TimePrecision.Date => TimePrecision.Date,
            _ => TimePrecision.Second,
        });
    }

    private CustodyStatement ReadCustody(Wire.CustodyStatement sent)
    {
        Required(sent.Action, "custody.action");
        if (sent.Pieces is < 0 or > 1_000) Add(Refusals.FieldInvalid, "custody.pieces", "Between 0 and 1,000 pieces.");
        if (sent.WeightGrams is < 0 or > 1_000_000) Add(Refusals.FieldInvalid, "custody.weight_grams", "Between 0 and 1,000,000 g.");
        return new((CustodyAction)(int)sent.Action, Known(sent.From, "custody.from"), Known(sent.To, "custody.to"), sent.Condition switch
        {
            Wire.BagCondition.Ok => BagCondition.Ok,
            Wire.BagCondition.DamageSeen => BagCondition.DamageSeen,
            Wire.BagCondition.DamagePrior => BagCondition.DamagePrior,
            _ => BagCondition.NotChecked,      // also what a later contract knows and this hub does not
        }, sent.Pieces, Text(sent.SealNumber, "custody.seal_number", 32), sent.WeightGrams);
    }

    private Eta? ReadEta(Wire.Eta sent)
    {
        if (sent.From is null) Add(Refusals.FieldRequired, "eta.from");
        if (Moment(sent.From, "eta.from") is not { } from) return null;
        var to = Moment(sent.To, "eta.to");
        if (to < from) Add(Refusals.FieldInvalid, "eta.to", "The window ends before it begins.");
        Zone(sent.TimeZone, from, "eta.time_zone");
        return new(from, to, sent.TimeZone);
    }

    private Correction ReadCorrection(Wire.Correction sent, Reporter sender)
    {
        Required(sent.Kind, "correction.kind");
        Required(sent.Reason, "correction.reason");
        Identifier(sent.UpdateId, "correction.update_id", 128);
        var by = Known(sent.PartnerId, "correction.partner_id") ?? sender.Id;
        return new((CorrectionKind)(int)sent.Kind, new(by, sent.UpdateId), (CorrectionReason)(int)sent.Reason);
    }

    private Assignment? ReadAssignment(Wire.Assignment sent)
    {
        Required(sent.Role, "assignment.role");
        if (Known(sent.OrganizationId, "assignment.organization_id") is { } organization) return new((PartyRole)(int)sent.Role, organization);
        if (sent.OrganizationId.Length == 0) Add(Refusals.FieldRequired, "assignment.organization_id");
        return null;
    }

    /// <summary>Reads a flight; violations are added under the field.</summary>
    public static (Flight Flight, IReadOnlyList<Violation> Violations) ReadFlightAlone(Wire.Flight sent, string path)
    {
        var reader = new UpdateReader("");
        return (reader.ReadFlight(sent, path), reader.Violations);
    }

    private Flight ReadFlight(Wire.Flight sent, string field)
    {
        if (sent.Carrier.Length != 2 || !OrganizationId.IsWellFormed(sent.Carrier)) Add(Refusals.FieldInvalid, field + ".carrier", "A two-character airline designator such as XB.");
        if (sent.Number.Length is 0 or > 5 || !sent.Number.All(char.IsAsciiLetterOrDigit)) Add(Refusals.FieldInvalid, field + ".number", "Up to four digits and an optional letter.");
        return new(Words.Shared(sent.Carrier), Words.Shared(sent.Number), Day(sent.Date, field + ".date"), Station(sent.From, field + ".from"), Station(sent.To, field + ".to")) { ArrivesAt = Moment(sent.ArrivalTime, field + ".arrival_time") };
    }

    private Place ReadPlace(Wire.Place sent, string field)
    {
        if (sent.Station.Length + sent.Unlocode.Length + sent.Text.Length == 0) Add(Refusals.FieldRequired, field, "Name the place: station, unlocode or text.");
        if (sent.Unlocode.Length > 0 && (sent.Unlocode.Length != 5 || !sent.Unlocode.All(char.IsAsciiLetterOrDigit))) Add(Refusals.FieldInvalid, field + ".unlocode", "Five characters such as DEFRA.");
        return new(Station(sent.Station, field + ".station"), sent.Unlocode, Text(sent.Text, field + ".text", 200));
    }

    private bool ReadEvidence(Wire.Update update)
    {
        for (var i = 0; i < update.Evidence.Count; i++)
        {
            // A kind of proof that a later contract knows is still proof.
            if (update.Evidence[i].Kind == Wire.EvidenceKind.Unspecified) Add(Refusals.FieldRequired, $"evidence[{i}].kind");
            Text(update.Evidence[i].Reference, $"evidence[{i}].reference", 200);
        }
        Limited(update.Evidence, "evidence", 16);
        var references = Limited(update.ExternalReferences, "external_references", 16);
        for (var i = 0; i < references.Count; i++) ReferenceIn(references[i], $"external_references[{i}]");
        if (update.Raw is { } raw)
        {
            Text(raw.Format, "raw.format", 64);
            if (raw.Content.Length > 64 * 1024) Add(Refusals.FieldTooLong, "raw.content", "At most 64 KiB.");
        }
        return update.Evidence.Count > 0;
    }
}
