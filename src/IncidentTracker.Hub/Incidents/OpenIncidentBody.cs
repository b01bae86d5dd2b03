using System.ComponentModel;
using System.Globalization;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using NodaTime.Text;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>A request to open a case, as JSON. The same words and rules as OpenIncident on gRPC.</summary>
internal sealed record OpenIncidentBody
{
    [Description("DELAYED_BAG, DAMAGED_BAG, PILFERED_BAG, ON_HAND_BAG, LEFT_BEHIND_ITEM or SERVICE_INCIDENT.")]
    public string Kind { get; init; } = "";

    [Description("Family name of the traveller, at most 100 characters. Required for cases of a traveller.")]
    public string FamilyName { get; init; } = "";

    [Description("The bags or objects, 1 to 20; a service incident may have none.")]
    public IReadOnlyList<ItemBody> Items { get; init; } = [];

    [Description("The flights of the journey in order, at most 12.")]
    public IReadOnlyList<FlightBody> Legs { get; init; } = [];

    [Description("Other identifiers of the case, at most 16.")]
    public IReadOnlyList<ReferenceBody> ExternalReferences { get; init; } = [];

    [Description("The airline for which the report is taken; it becomes the owner. Empty: the sender.")]
    public string OnBehalfOf { get; init; } = "";

    [Description("Other organizations that take part, at most 16.")]
    public IReadOnlyList<string> PartyIds { get; init; } = [];

    [Description("When the report was taken, RFC 3339 with offset: 2026-07-06T13:57:00+01:00.")]
    public string ReportTime { get; init; } = "";

    [Description("IATA code of the station where it was taken.")]
    public string Station { get; init; } = "";

    [Description("How much it matters to the traveller: NORMAL, HIGH or CRITICAL. Empty: NORMAL.")]
    public string Priority { get; init; } = "";

    [Description("The traveller's tier in the owner's loyalty programme, in its own words, at most 32 characters.")]
    public string LoyaltyTier { get; init; } = "";

    /// <summary>The request in the words of the contract; the key takes the place of the request id.</summary>
    public Wire.OpenIncidentRequest ToRequest(string key)
    {
        if (Items.Contains(null!) || Legs.Contains(null!) || ExternalReferences.Contains(null!) || PartyIds.Contains(null!)) throw new RefusedException(Refusals.MalformedMessage);
        var request = new Wire.OpenIncidentRequest
        {
            RequestId = key,
            Kind = Kind.Length == 0 ? default : (Wire.IncidentKind)(int)Named.Read<IncidentKind>(Kind, "kind"),
            FamilyName = FamilyName,
            OnBehalfOf = OnBehalfOf,
            Priority = Priority.Length == 0 ? default : (Wire.IncidentPriority)(int)Named.Read<CasePriority>(Priority, "priority"),
            LoyaltyTier = LoyaltyTier,
            Place = Station.Length > 0 ? new() { Station = Station } : null,
        };
        if (ReportTime.Length > 0)
        {
            // Without an offset the pattern does not match, and there is no guessing.
            if (OffsetDateTimePattern.Rfc3339.Parse(ReportTime) is not { Success: true } time) throw new RefusedException(Refusals.EventTimeOffsetRequired.At("report_time", "RFC 3339 with offset, for example 2026-07-06T13:57:00+01:00."));
            if (time.Value.Year is < 1900 or >= 2200) throw new RefusedException(Refusals.FieldInvalid.At("report_time", "A moment between the years 1900 and 2200."));
            request.ReportTime = time.Value.ToInstant().ToTimestamp();
            request.ReportTimeZone = OffsetPattern.GeneralInvariantWithZ.Format(time.Value.Offset);
        }
        request.Items.Add(Items.Select(item => new Wire.NewItem { BagTag = item.BagTag, BagTagDate = item.BagTagDate, TypeCode = item.TypeCode, ColourCode = item.ColourCode, Description = item.Description }));
        request.Legs.Add(Legs.Select(leg => new Wire.Flight { Carrier = leg.Carrier, Number = leg.Number, Date = leg.Date, From = leg.From, To = leg.To }));
        request.ExternalReferences.Add(ExternalReferences.Select((known, i) => new Wire.ExternalReference
        {
            Scheme = known.Scheme.Length == 0 ? default : (Wire.ReferenceScheme)(int)Named.Read<ReferenceScheme>(known.Scheme, string.Create(CultureInfo.InvariantCulture, $"external_references[{i}].scheme")),
            Value = known.Value,
            Date = known.Date,
        }));
        request.PartyIds.Add(PartyIds);
        return request;
    }
}

/// <summary>An item of a new case.</summary>
internal sealed record ItemBody
{
    [Description("Ten-digit bag tag (IATA Resolution 740); empty for an object without one.")]
    public string BagTag { get; init; } = "";

    [Description("Local day the tag was issued, YYYY-MM-DD.")]
    public string BagTagDate { get; init; } = "";

    [Description("Bag type of IATA Resolution 743b, for example 22.")]
    public string TypeCode { get; init; } = "";

    [Description("Colour of IATA Resolution 743b, for example BK.")]
    public string ColourCode { get; init; } = "";

    [Description("Brand or short description without personal data, at most 200 characters.")]
    public string Description { get; init; } = "";
}

/// <summary>A flight.</summary>
internal sealed record FlightBody
{
    [Description("Two-character airline designator.")]
    public string Carrier { get; init; } = "";

    [Description("Flight number: up to four digits and an optional letter.")]
    public string Number { get; init; } = "";

    [Description("Local day of departure, YYYY-MM-DD.")]
    public string Date { get; init; } = "";

    [Description("Station it leaves from.")]
    public string From { get; init; } = "";

    [Description("Station it goes to.")]
    public string To { get; init; } = "";
}

/// <summary>An identifier of another system.</summary>
internal sealed record ReferenceBody
{
    [Description("BAG_TAG, WORLDTRACER, PNR, COURIER, PARTNER_CASE or CLAIM.")]
    public string Scheme { get; init; } = "";

    [Description("The identifier.")]
    public string Value { get; init; } = "";

    [Description("Day it was given out, YYYY-MM-DD.")]
    public string Date { get; init; } = "";
}
