using System.Collections.Immutable;
using System.Security.Cryptography;
using IncidentTracker.Access;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Incidents;

/// <summary>
/// Opens a case: look, decide, write. The report itself becomes its first claim, and the sightings of its tags join it in
/// the same transaction, so that nothing seen before the report is missing from the timeline.
/// </summary>
internal sealed class OpenIncident(IDbContextFactory<HubDb> dbs, Engine engine, Register register, SlaBooks books, Pulse pulse, TimeProvider time)
{
    private const int Looks = 5;

    /// <summary>The case that was opened, now or by the same request before.</summary>
    public async Task<(IncidentId Id, bool Replayed)> RunAsync(Wire.OpenIncidentRequest request, PartnerIdentity opener, CancellationToken stop)
    {
        var now = time.Now();
        pulse.Heard(opener.Id);
        var opening = OpeningReader.Read(request, opener.Reporter, now, register);
        var hash = ClaimCodec.HashOf(ClaimCodec.Canonical(request));

        for (var look = 1; look <= Looks; look++)
        {
            using var turn = await engine.EnterAsync(stop);
            await using var db = await dbs.CreateDbContextAsync(stop);
            await using var transaction = await db.Database.BeginTransactionAsync(stop);

            foreach (var tag in opening.Tags.Select(tag => tag.Value).Distinct().Order(StringComparer.Ordinal))
                await engine.HoldTagAsync(db.Database.GetDbConnection(), transaction.GetDbTransaction(), tag, stop);

            if (await db.OpenRequests.FindAsync([opener.Id.Value, request.RequestId], stop) is { } before)
                return before.Hash.AsSpan().SequenceEqual(hash) ? (before.IncidentId, true) : throw new RefusedException(Refusals.RequestIdConflict.At("request_id"));

            await RefuseTwinAsync(db, opening, opener.Reporter, stop);
            var id = await WriteAsync(db, opening, opener, hash, now, stop);
            if (!await db.TrySaveAsync(engine, stop)) continue;

            await transaction.CommitAsync(stop);
            return (id, false);
        }
        throw new InvalidOperationException($"The request {request.RequestId} of {opener.Id} found its case changed {Looks} times running.");
    }

    // Two cases for one bag are how two airlines lose sight of it. Whoever is on the open one is told where it is.
    private static async Task RefuseTwinAsync(HubDb db, Opening opening, Reporter opener, CancellationToken stop)
    {
        foreach (var tag in opening.Tags)
        {
            var twins = await Addresses.CasesWith(db, tag).AsNoTracking().Where(incident => incident.Phase != nameof(Phase.Closed)).Take(5).ToListAsync(stop);
            foreach (var twin in twins.Where(incident => incident.MergedInto is null))
            {
                var known = Reference.TryParse(twin.Reference, out var reference) && CaseCodec.ReadState(twin.State).IsOpenTo(opener);
                throw new RefusedException(Refusals.IncidentExists.At("items"))
                {
                    Facts = known ? new Dictionary<string, string> { ["incident_reference"] = reference.ToString() } : [],
                };
            }
        }
    }

    private async Task<IncidentId> WriteAsync(HubDb db, Opening opening, PartnerIdentity opener, byte[] hash, Instant now, CancellationToken stop)
    {
        var id = new IncidentId(Guid.CreateVersion7(now.ToDateTimeOffset()));
        var reference = Reference.From(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var storedFacts = CaseCodec.Write(opening.Facts, opening.Legs);
        var update = opening.Report(reference);
        var content = ClaimCodec.Canonical(update);

        var sightings = await SightingsAsync(db, opening.Tags, stop);
        var files = sightings.Select(file => file.Id).ToArray();
        var claims = files.Length == 0 ? [] : await db.Claims.AsNoTracking().Where(claim => files.Contains(claim.IncidentId)).ToListAsync(stop);

        var file = CaseLoading.Open(new(id, reference.Value, null, now, 0, storedFacts, CaseCodec.Write(CaseState.Of(opening.Facts), CaseWatch.Nothing)),
            [.. sightings.Select(sighting => sighting.AsRow())]);
        // The report is what the hub heard last, even of sightings that come in at the same moment.
        var receivedAt = claims.Select(claim => claim.ReceivedAt + Duration.FromTicks(10)).Append(now).Max();
        var report = new ClaimRow(id, opener.Id.Value, update.UpdateId, receivedAt, ClaimCodec.HashOf(content), ClaimCodec.Write(content, opener.Reporter, ""));
        var told = CaseLoading.Claims(file, claims.Select(claim => claim.AsRow()).Append(report).ToLookup(claim => claim.Incident)).Select(one => one.Claim).ToArray();
        var state = Fold.All(opening.Facts, told).State;
        var (watch, _) = Clocks.All(books.Current, opening.Facts, now, told);

        foreach (var sighting in sightings) (sighting.MergedInto, sighting.Version) = (id, sighting.Version + 1);
        db.Add(new IncidentRow
        {
            Id = id,
            Reference = reference.Value,
            OpenedAt = now,
            Version = 1,
            ChangedAt = now,
            Phase = state.Worst.Phase.ToString(),
            Clocks = watch.Running.Length,
            Facts = storedFacts,
            State = CaseCodec.Write(state, watch),
        });
        db.Add(new ClaimEntity { IncidentId = id, PartnerId = report.PartnerId, UpdateId = report.UpdateId, ReceivedAt = receivedAt, Hash = report.Hash, Body = report.Body });
        db.AddRange(opening.References.Select(known => Addresses.Row(known, id)));
        if (opening.FamilyName.Length > 0) db.Add(new TravellerRow { IncidentId = id, FamilyName = opening.FamilyName });
        db.Add(new OpenRequestRow { PartnerId = opener.Id.Value, RequestId = opening.RequestId, Hash = hash, IncidentId = id });
        db.Add(new ChangeRow { IncidentId = id, Version = 1 });
        if (HubWords.NextLook(books.Current, state, watch, now) is { } lookAt) db.Add(new LookAgainRow { IncidentId = id, At = lookAt });
        return id;
    }

    private static async Task<List<IncidentRow>> SightingsAsync(HubDb db, ImmutableArray<ExternalReference> tags, CancellationToken stop)
    {
        var sightings = new List<IncidentRow>();
        foreach (var tag in tags)
        {
            var (first, last) = (ReferenceDays.Earliest(tag.Date!.Value), ReferenceDays.Latest(tag.Date.Value));
            var files = db.ExternalReferences.Where(row => row.Scheme == ReferenceScheme.BagTag && row.Value == tag.Value && string.Compare(row.Day, first) >= 0 && string.Compare(row.Day, last) <= 0);
            sightings.AddRange(await db.Incidents.Where(incident => incident.Reference == null && incident.MergedInto == null && files.Any(row => row.IncidentId == incident.Id)).ToListAsync(stop));
        }
        return [.. sightings.DistinctBy(sighting => sighting.Id)];
    }
}
