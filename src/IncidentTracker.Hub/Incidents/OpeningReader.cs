using System.Collections.Immutable;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>A request to open a case, found good.</summary>
internal sealed record Opening(
    string RequestId, string FamilyName, CaseFacts Facts, IReadOnlyList<Wire.Flight> Legs,
    ImmutableArray<ExternalReference> References, ImmutableArray<ExternalReference> Tags, Wire.Update ReportTemplate)
{
    /// <summary>The first word on the timeline: the report itself.</summary>
    public Wire.Update Report(Reference reference)
    {
        var report = ReportTemplate.Clone();
        report.Incident = new() { IncidentReference = reference.ToString() };
        return report;
    }
}

/// <summary>Reads a request to open a case and names everything that is wrong with it at once.</summary>
internal static class OpeningReader
{
    public static Opening Read(Wire.OpenIncidentRequest request, Reporter opener, Instant now, Register register)
    {
        var violations = new List<Violation>();
        var report = new Wire.Update
        {
            UpdateId = request.RequestId,
            Incident = new() { ExternalReference = new() { Scheme = Wire.ReferenceScheme.PartnerCase, Value = "opening" } },
            EventTime = request.ReportTime,
            EventTimeZone = request.ReportTimeZone,
            StatusCode = request.Kind == Wire.IncidentKind.ServiceIncident ? "SVC_OPENED" : "REPORTED",
            OnBehalfOf = request.OnBehalfOf,
            Place = request.Place,
        };
        var (claim, wrong) = UpdateReader.Read(report, opener, now, path: "");
        violations.AddRange(wrong.Select(violation => violation with { Field = InRequestWords(violation.Field) }));

        if (request.Kind == Wire.IncidentKind.Unspecified || !Enum.IsDefined(request.Kind)) violations.Add(Refusals.FieldRequired.At("kind"));
        var isOfTraveller = request.Kind is not (Wire.IncidentKind.OnHandBag or Wire.IncidentKind.ServiceIncident);
        if (request.FamilyName.Trim().Length == 0 && isOfTraveller) violations.Add(Refusals.FieldRequired.At("family_name"));
        if (request.FamilyName.Length > 100) violations.Add(Refusals.FieldTooLong.At("family_name", "At most 100 characters."));
        if (request.FamilyName.Contains('\uFFFD')) violations.Add(Refusals.TextNotUtf8.At("family_name"));
        if (request.FamilyName.Any(char.IsControl)) violations.Add(Refusals.FieldInvalid.At("family_name", "Control characters are not part of a name."));
        else if (request.FamilyName.Trim().Length > 0 && FamilyName.Fold(request.FamilyName).Length == 0) violations.Add(Refusals.FieldInvalid.At("family_name", "A name has letters."));

        if (!Enum.IsDefined(request.Priority)) violations.Add(Refusals.FieldInvalid.At("priority"));
        if (request.LoyaltyTier.Length > 32) violations.Add(Refusals.FieldTooLong.At("loyalty_tier", "At most 32 characters."));
        if (request.LoyaltyTier.Any(c => char.IsControl(c) || c == '\uFFFD')) violations.Add(Refusals.FieldInvalid.At("loyalty_tier", "Control characters are not part of a tier's name."));

        var legs = Legs(request, violations);
        var items = Items(request, legs, claim, violations);
        var references = References(request, violations);
        var parties = PartyIds(request, opener, legs, register, violations);
        if (violations.Count > 0) throw new RefusedException(violations[0].Why, violations);

        var owner = request.OnBehalfOf.Length > 0 ? new OrganizationId(request.OnBehalfOf) : opener.Id;
        var tags = items.Where(item => item.BagTag.Length > 0).Select(item => new ExternalReference(ReferenceScheme.BagTag, item.BagTag, item.BagTagDate)).ToImmutableArray();
        var facts = new CaseFacts((IncidentKind)(int)request.Kind, owner, items, parties)
        {
            Priority = request.Priority == Wire.IncidentPriority.Unspecified ? CasePriority.Normal : (CasePriority)(int)request.Priority,
            Tier = request.LoyaltyTier.Trim(),
            AwaitedAt = legs.Select(leg => leg.ArrivesAt).Max(),
        };
        return new(request.RequestId, request.FamilyName.Trim(), facts, request.Legs, [.. references.Concat(tags).Distinct()], tags, report);
    }

    private static ImmutableArray<Flight> Legs(Wire.OpenIncidentRequest request, List<Violation> violations)
    {
        if (request.Legs.Count > 12) violations.Add(Refusals.FieldTooLong.At("legs", "At most 12."));
        var legs = ImmutableArray.CreateBuilder<Flight>();
        for (var i = 0; i < Math.Min(request.Legs.Count, 12); i++)
        {
            var (leg, wrong) = UpdateReader.ReadFlightAlone(request.Legs[i], $"legs[{i}]");
            legs.Add(leg);
            violations.AddRange(wrong);
        }
        return legs.ToImmutable();
    }

    private static ImmutableArray<CaseItem> Items(Wire.OpenIncidentRequest request, ImmutableArray<Flight> legs, Claim? report, List<Violation> violations)
    {
        if (request.Items.Count > 20) violations.Add(Refusals.FieldTooLong.At("items", "At most 20."));
        if (request.Items.Count == 0)
        {
            if (request.Kind != Wire.IncidentKind.ServiceIncident) violations.Add(Refusals.FieldRequired.At("items"));
            return [new("1", "", null, "", "", "")];
        }

        var items = ImmutableArray.CreateBuilder<CaseItem>();
        for (var i = 0; i < Math.Min(request.Items.Count, 20); i++)
        {
            var (item, field) = (request.Items[i], $"items[{i}]");
            LocalDate? day = null;
            if (item.BagTag.Length > 0)
            {
                var (tag, wrong) = UpdateReader.ReadReference(new() { Scheme = Wire.ReferenceScheme.BagTag, Value = item.BagTag, Date = item.BagTagDate }, field);
                violations.AddRange(wrong.Select(violation => violation with { Field = violation.Field.Replace(field + ".value", field + ".bag_tag", StringComparison.Ordinal).Replace(field + ".date", field + ".bag_tag_date", StringComparison.Ordinal) }));
                day = tag?.Date ?? legs.FirstOrDefault()?.Date ?? report?.Happened?.Local.Date;
            }
            if (request.Items.Take(i).Any(other => other.BagTag.Length > 0 && other.BagTag == item.BagTag)) violations.Add(Refusals.FieldInvalid.At(field + ".bag_tag", "Two items have the same tag."));
            Short(item.TypeCode, 8, field + ".type_code");
            Short(item.ColourCode, 8, field + ".colour_code");
            Short(item.Description, 200, field + ".description");
            items.Add(new($"{i + 1}", item.BagTag, day, item.TypeCode, item.ColourCode, item.Description));
        }
        return items.ToImmutable();

        void Short(string value, int longest, string field)
        {
            if (value.Length > longest) violations.Add(Refusals.FieldTooLong.At(field, $"At most {longest} characters."));
            if (value.Contains('\uFFFD')) violations.Add(Refusals.TextNotUtf8.At(field));
            else if (value.Any(char.IsControl)) violations.Add(Refusals.FieldInvalid.At(field, "Control characters are not text."));
        }
    }

    private static ImmutableArray<ExternalReference> References(Wire.OpenIncidentRequest request, List<Violation> violations)
    {
        if (request.ExternalReferences.Count > 16) violations.Add(Refusals.FieldTooLong.At("external_references", "At most 16."));
        var references = ImmutableArray.CreateBuilder<ExternalReference>();
        for (var i = 0; i < Math.Min(request.ExternalReferences.Count, 16); i++)
        {
            var (reference, wrong) = UpdateReader.ReadReference(request.ExternalReferences[i], $"external_references[{i}]");
            violations.AddRange(wrong);
            if (reference is not null) references.Add(reference);
        }
        return references.ToImmutable();
    }

    // The carriers of the journey are on the case as soon as they take part in the hub at all.
    private static ImmutableArray<OrganizationId> PartyIds(Wire.OpenIncidentRequest request, Reporter opener, ImmutableArray<Flight> legs, Register register, List<Violation> violations)
    {
        if (request.PartyIds.Count > 16) violations.Add(Refusals.FieldTooLong.At("party_ids", "At most 16."));
        for (var i = 0; i < request.PartyIds.Count; i++)
            if (register.Find(new(request.PartyIds[i])) is null) violations.Add(Refusals.OrganizationUnknown.At($"party_ids[{i}]"));

        var named = request.PartyIds.Select(party => new OrganizationId(party));
        var carriers = legs.Select(leg => new OrganizationId(leg.Carrier)).Where(carrier => register.Find(carrier) is not null);
        var principal = request.OnBehalfOf.Length > 0 ? [new OrganizationId(request.OnBehalfOf)] : Array.Empty<OrganizationId>();
        return [.. named.Concat(carriers).Concat(principal).Append(opener.Id).Distinct()];
    }

    private static string InRequestWords(string field) => field switch
    {
        "update_id" => "request_id",
        "event_time" => "report_time",
        "event_time_zone" => "report_time_zone",
        _ => field,
    };
}
