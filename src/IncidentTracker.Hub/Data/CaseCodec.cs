using Google.Protobuf;
using IncidentTracker.Domain;
using IncidentTracker.Storage.V1;
using IncidentTracker.Updates;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Data;

/// <summary>How the facts and the state of a case lie in the database, and back.</summary>
internal static class CaseCodec
{
    public static byte[] Write(CaseFacts facts, IEnumerable<Wire.Flight> legs)
    {
        var record = new FactsRecord { Kind = (int)facts.Kind, Owner = facts.Owner?.Value ?? "", Priority = facts.Priority == CasePriority.Normal ? 0 : (int)facts.Priority, Tier = facts.Tier };
        if (facts.AwaitedAt is { } awaited) record.AwaitedAt = Moments.ToMicroseconds(awaited);
        record.Parties.Add(facts.Parties.Select(party => party.Value));
        record.Legs.Add(legs.Select(leg => leg.ToByteString()));
        record.Items.Add(facts.Items.Select(item => new ItemRecord
        {
            Id = item.Id,
            BagTag = item.BagTag,
            BagTagDate = ReferenceDays.Text(item.BagTagDate),
            TypeCode = item.TypeCode,
            ColourCode = item.ColourCode,
            Description = item.Description,
        }));
        return record.ToByteArray();
    }

    public static CaseFacts ReadFacts(byte[] stored)
    {
        var record = FactsRecord.Parser.ParseFrom(stored);
        return new((IncidentKind)record.Kind, Party(record.Owner),
            [.. record.Items.Select(item => new CaseItem(item.Id, item.BagTag, ReferenceDays.Day(item.BagTagDate), item.TypeCode, item.ColourCode, item.Description))],
            [.. record.Parties.Select(party => new OrganizationId(party))])
        {
            Priority = record.Priority == 0 ? CasePriority.Normal : (CasePriority)record.Priority,
            Tier = record.Tier,
            AwaitedAt = record.HasAwaitedAt ? Moments.FromMicroseconds(record.AwaitedAt) : null,
        };
    }

    public static IReadOnlyList<Wire.Flight> ReadLegs(byte[] stored) =>
        [.. FactsRecord.Parser.ParseFrom(stored).Legs.Select(leg => Wire.Flight.Parser.ParseFrom(leg))];

    public static byte[] Write(CaseState state, CaseWatch watch)
    {
        var record = new StateRecord { Watch = WatchCodec.Write(watch), Owner = state.Owner?.Value ?? "", HeardFrom = state.HeardFrom?.Value ?? "", Searching = state.Searching?.Value ?? "", ClaimCount = state.ClaimCount };
        if (state.LastOrderAt is { } last) record.LastOrderAt = Moments.ToMicroseconds(last);
        if (state.HeardAt is { } heard) record.HeardAt = Moments.ToMicroseconds(heard);
        foreach (var party in state.Parties) record.Parties.Add(party.Value);
        foreach (var party in state.Waiting) record.Waiting.Add(party.Value);
        foreach (var claim in state.AwaitedCorrections) record.AwaitedCorrections.Add([claim.By.Value, claim.UpdateId]);
        foreach (var assignment in state.Assignments) record.Assignments.Add([assignment.Role.ToString(), assignment.Organization.Value]);
        foreach (var item in state.Items) record.Items.Add(Write(item));
        return record.ToByteArray();
    }

    public static CaseState ReadState(byte[] stored) => Read(StateRecord.Parser.ParseFrom(stored));

    public static (CaseState State, CaseWatch Watch) ReadStateAndWatch(byte[] stored)
    {
        var record = StateRecord.Parser.ParseFrom(stored);
        return (Read(record), WatchCodec.Read(record.Watch));
    }

    private static CaseState Read(StateRecord record)
    {
        return new()
        {
            Items = [.. record.Items.Select(Read)],
            Owner = Party(record.Owner),
            Parties = [.. record.Parties.Select(party => new OrganizationId(party))],
            Waiting = [.. record.Waiting.Select(party => new OrganizationId(party))],
            AwaitedCorrections = [.. record.AwaitedCorrections.Chunk(2).Select(pair => new ClaimId(new(pair[0]), pair[1]))],
            Assignments = [.. record.Assignments.Chunk(2).Select(pair => new Assignment(Enum.Parse<PartyRole>(pair[0]), new(pair[1])))],
            LastOrderAt = record.HasLastOrderAt ? Moments.FromMicroseconds(record.LastOrderAt) : null,
            HeardAt = record.HasHeardAt ? Moments.FromMicroseconds(record.HeardAt) : null,
            HeardFrom = Party(record.HeardFrom),
            Searching = Party(record.Searching),
            ClaimCount = record.ClaimCount,
        };
    }

    private static ItemStateRecord Write(ItemState item)
    {
        var record = new ItemStateRecord
        {
            Id = item.Id,
            StatusCode = item.StatusCode,
            Phase = (int)item.Phase,
            StatusBy = item.StatusBy?.Value ?? "",
            Station = item.Station,
            OfferedTo = item.OfferedTo?.Value ?? "",
            Asked = item.Asked?.Value ?? "",
            ReasonCode = item.ReasonCode,
            DamageCode = item.DamageCode,
            ClaimCode = item.ClaimCode,
            IsDisputed = item.IsDisputed,
            Courier = item.Courier?.Value ?? "",
            IsAnswered = item.IsAnswered,
            DamageBy = item.DamageBy?.Value ?? "",
            ClaimBy = item.ClaimBy?.Value ?? "",
            IsClaimAnswered = item.IsClaimAnswered,
            DisputeBy = item.InDispute?.By.Value ?? "",
            DisputeWith = item.InDispute?.With.Value ?? "",
            DisputeIsDenied = item.InDispute?.IsDenied ?? false,
            HasProof = item.HasProof,
        };
        if (item.StatusAt is { } statusAt) record.StatusAt = Moments.ToMicroseconds(statusAt);
        if (item.ClosedAt is { } closedAt) record.ClosedAt = Moments.ToMicroseconds(closedAt);
        if (item.Holding is { } held)
        {
            record.Holder = held.By.Value;
            record.HeldSince = Moments.ToMicroseconds(held.Since);
            record.HeldProven = held.Proven;
            record.HeldBefore = held.Before?.Value ?? "";
            record.HeldBeforeProven = held.BeforeProven;
            record.MovedOn = held.MovedOn;
        }
        if (item.Eta is { } eta)
        {
            record.EtaFrom = Moments.ToMicroseconds(eta.From);
            if (eta.To is { } to) record.EtaTo = Moments.ToMicroseconds(to);
            record.EtaZone = eta.Zone;
        }
        if (item.Flight is { } flight)
            record.Flight = new Wire.Flight { Carrier = flight.Carrier, Number = flight.Number, Date = ReferenceDays.Text(flight.Date), From = flight.From, To = flight.To, ArrivalTime = flight.ArrivesAt?.ToTimestamp() }.ToByteString();
        return record;
    }

    private static ItemState Read(ItemStateRecord record) => new(record.Id)
    {
        StatusCode = record.StatusCode,
        Phase = (Phase)record.Phase,
        StatusAt = record.HasStatusAt ? Moments.FromMicroseconds(record.StatusAt) : null,
        StatusBy = Party(record.StatusBy),
        Station = record.Station,
        Holding = Party(record.Holder) is { } holder
            ? new(holder, Moments.FromMicroseconds(record.HeldSince), record.HeldProven, Party(record.HeldBefore), record.HeldBeforeProven, record.MovedOn)
            : null,
        OfferedTo = Party(record.OfferedTo),
        Eta = record.HasEtaFrom
            ? new(Moments.FromMicroseconds(record.EtaFrom), record.HasEtaTo ? Moments.FromMicroseconds(record.EtaTo) : null, record.EtaZone)
            : null,
        Flight = record.Flight.IsEmpty ? null : ReadFlight(Wire.Flight.Parser.ParseFrom(record.Flight)),
        Asked = Party(record.Asked),
        ReasonCode = record.ReasonCode,
        DamageCode = record.DamageCode,
        ClaimCode = record.ClaimCode,
        IsDisputed = record.IsDisputed,
        Courier = Party(record.Courier),
        IsAnswered = record.IsAnswered,
        DamageBy = Party(record.DamageBy),
        ClaimBy = Party(record.ClaimBy),
        IsClaimAnswered = record.IsClaimAnswered,
        HasProof = record.HasProof,
        InDispute = Party(record.DisputeBy) is { } by ? new(by, new(record.DisputeWith), record.DisputeIsDenied) : null,
        ClosedAt = record.HasClosedAt ? Moments.FromMicroseconds(record.ClosedAt) : null,
    };

    private static Flight ReadFlight(Wire.Flight flight) => new(flight.Carrier, flight.Number, ReferenceDays.Day(flight.Date), flight.From, flight.To)
    {
        ArrivesAt = flight.ArrivalTime is { } lands ? Instant.FromDateTimeOffset(lands.ToDateTimeOffset()) : null,
    };

    private static OrganizationId? Party(string stored) => stored.Length > 0 ? new(stored) : null;
}
