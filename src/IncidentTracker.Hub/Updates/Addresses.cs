using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>
/// Finds the case that an update names. A reference means one case for ever; a bag tag means the open case that has it
/// within three days, or else a file of sightings, whose identifier follows from tag and day so that every hub agrees.
/// </summary>
internal sealed partial class Addresses(IDbContextFactory<HubDb> dbs, ILogger<Addresses> log)
{
    private const int MostRemembered = 500_000;
    private const int MostTwins = 50;

    // A reference never changes its case, so this cannot become wrong, only large.
    private readonly ConcurrentDictionary<string, IncidentId> _byReference = new(StringComparer.Ordinal);

    private readonly Lock _door = new();
    private HashSet<string> _wanted = new(StringComparer.Ordinal);
    private Task<Dictionary<string, IncidentId>> _lookUp = Task.FromResult(new Dictionary<string, IncidentId>());

    /// <summary>Sets the case of each submission, or its outcome when there is none.</summary>
    public async Task ResolveAsync(IReadOnlyList<Submission> submissions, CancellationToken stop)
    {
        var unknown = new List<(Submission Submission, string Reference)>();
        List<Submission>? external = null;
        foreach (var submission in submissions)
        {
            if (submission.Outcome is not null) continue;
            if (submission.Address.AddressCase == Wire.IncidentAddress.AddressOneofCase.ExternalReference) (external ??= []).Add(submission);
            else if (!Reference.TryParse(submission.Address.IncidentReference, out var reference)) submission.Decided(NotFound("incident.incident_reference"));
            else if (_byReference.TryGetValue(reference.Value, out var known)) submission.Case = known;
            else unknown.Add((submission, reference.Value));
        }
        if (unknown.Count > 0) await ResolveReferencesAsync(unknown, stop);
        if (external is not null) await ResolveExternalAsync(external, stop);
    }

    /// <summary>The cases that have an identifier, newest first; sightings are not cases.</summary>
    public static IQueryable<IncidentRow> CasesWith(HubDb db, ExternalReference reference)
    {
        var references = db.ExternalReferences.Where(row => row.Scheme == reference.Scheme && row.Value == reference.Value);
        if (reference.Date is { } day && reference.Scheme == ReferenceScheme.BagTag)
        {
            var (first, last) = (ReferenceDays.Earliest(day), ReferenceDays.Latest(day));
            references = references.Where(row => string.Compare(row.Day, first) >= 0 && string.Compare(row.Day, last) <= 0);
        }
        else if (reference.Date is { } exact)
        {
            var text = ReferenceDays.Text(exact);
            references = references.Where(row => row.Day == text || row.Day == "");
        }
        return db.Incidents.Where(incident => incident.Reference != null && references.Any(row => row.IncidentId == incident.Id)).OrderByDescending(incident => incident.Id);
    }

    public static ExternalReferenceRow Row(Wire.ExternalReference reference, IncidentId id) =>
        Row(new ExternalReference((ReferenceScheme)(int)reference.Scheme, reference.Value, ReferenceDays.Day(reference.Date)), id);

    public static ExternalReferenceRow Row(ExternalReference reference, IncidentId id) =>
        new() { Scheme = reference.Scheme, Value = reference.Value, Day = ReferenceDays.Text(reference.Date), IncidentId = id };

    /// <summary>The file for sightings of a tag on a day: the same on every hub.</summary>
    public static SightingFile SightingOf(string tag, LocalDate day)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes($"BAG_TAG {tag} {ReferenceDays.Text(day)}"));
        return new(new(new Guid(hash.AsSpan(0, 16), bigEndian: true)), tag, day);
    }

    private async Task ResolveReferencesAsync(List<(Submission Submission, string Reference)> unknown, CancellationToken stop)
    {
        var found = await LookUp(unknown).WaitAsync(stop);
        foreach (var (submission, reference) in unknown)
        {
            if (found.TryGetValue(reference, out var id)) submission.Case = id;
            else submission.Decided(NotFound("incident.incident_reference"));
        }
    }

    // One look-up is on its way at a time, and whoever comes meanwhile shares the next one: a hub that has just started
    // knows no reference yet, and a question for each would be far more than the updates themselves.
    private Task<Dictionary<string, IncidentId>> LookUp(List<(Submission Submission, string Reference)> unknown)
    {
        lock (_door)
        {
            if (_wanted.Count == 0) _lookUp = LookUpAsync(_lookUp);
            foreach (var (_, reference) in unknown) _wanted.Add(reference);
            return _lookUp;
        }
    }

    private async Task<Dictionary<string, IncidentId>> LookUpAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        HashSet<string> wanted;
        lock (_door) (wanted, _wanted) = (_wanted, new(StringComparer.Ordinal));

        await using var db = await dbs.CreateDbContextAsync();
        var found = await db.Incidents.AsNoTracking().Where(incident => wanted.Contains(incident.Reference!))
            .Select(incident => new { incident.Reference, incident.Id }).ToDictionaryAsync(incident => incident.Reference!, incident => incident.Id);

        if (_byReference.Count > MostRemembered) _byReference.Clear();
        foreach (var (reference, id) in found) _byReference[reference] = id;
        return found;
    }

    private async Task ResolveExternalAsync(List<Submission> submissions, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        foreach (var group in submissions.GroupBy(ReferenceOf))
        {
            var cases = await CasesWith(db, group.Key).AsNoTracking().OrderBy(incident => incident.Phase == nameof(Phase.Closed)).Take(MostTwins)
                .Select(incident => new Twin(incident.MergedInto ?? incident.Id, incident.Phase != nameof(Phase.Closed), incident.State)).ToListAsync(stop);

            // Cases come and go, and a guessed day moves on: a repetition must go where its first copy went.
            var firstCopies = cases.Count > 1 || group.Any(IsDayGuessed) ? await FirstCopiesAsync(db, group.Key, group, stop) : [];
            foreach (var submission in group)
            {
                if (firstCopies.TryGetValue(Copy(submission.Claim.By.Value, submission.Claim.UpdateId, submission.Hash), out var first)) submission.Case = first;
                else if (Meant(cases, submission.Claim.Reporter) is { } meant) submission.Case = meant;
                else if (cases.Count > 0) submission.Decided(new Outcome.Refused(Refusals.ReferenceAmbiguous.At("incident.external_reference")));
                else if (group.Key.Scheme != ReferenceScheme.BagTag) submission.Decided(NotFound("incident.external_reference"));
                else
                {
                    submission.Sighting = SightingOf(group.Key.Value, group.Key.Date!.Value);
                    submission.Case = submission.Sighting.Id;
                }
            }
        }
    }

    /// <summary>
    /// The case a sender means by an identifier that several have: its own before others', an open one before a closed
    /// one. Nobody can take an identifier from a case by opening another with it. Null: it cannot be told.
    /// </summary>
    private IncidentId? Meant(IReadOnlyList<Twin> cases, Reporter sender)
    {
        if (cases.Count == 1) return cases[0].Id;
        var told = cases.Select(one => (one.Id, one.IsOpen, State: TryReadState(one))).ToArray();
        return told.Where(one => one.State?.Owner is { } owner && (owner == sender.Id || sender.ActsFor.Contains(owner))).ToArray() is { Length: > 0 } owned ? Only(owned)
            : told.Where(one => one.State?.IsOpenTo(sender) == true).ToArray() is { Length: > 0 } shared ? Only(shared)
            : Only(told);

        static IncidentId? Only((IncidentId Id, bool IsOpen, CaseState? State)[] some)
        {
            var open = some.Where(one => one.IsOpen).Select(one => one.Id).Distinct().ToArray();
            var left = open.Length > 0 ? open : some.Select(one => one.Id).Distinct().ToArray();
            return left.Length == 1 ? left[0] : null;
        }
    }

    // Then nobody knows whose it is, and the others of its name are still found by their own parties.
    private CaseState? TryReadState(Twin one)
    {
        try { return CaseCodec.ReadState(one.State); }
        catch (Exception unreadable)
        {
            LogUnreadable(one.Id, unreadable);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is stored of {Incident} cannot be read; an identifier that it shares with other cases is taken to mean one of those")]
    private partial void LogUnreadable(IncidentId incident, Exception failure);

    private sealed record Twin(IncidentId Id, bool IsOpen, byte[] State);

    private static async Task<Dictionary<(string, string, string), IncidentId>> FirstCopiesAsync(HubDb db, ExternalReference reference, IEnumerable<Submission> submissions, CancellationToken stop)
    {
        var files = await db.ExternalReferences.AsNoTracking().Where(row => row.Scheme == reference.Scheme && row.Value == reference.Value)
            .Select(row => row.IncidentId).Distinct().ToListAsync(stop);
        var names = submissions.Select(submission => submission.Claim.UpdateId).Distinct().ToArray();
        var claims = await db.Claims.AsNoTracking().Where(claim => files.Contains(claim.IncidentId) && names.Contains(claim.UpdateId))
            .OrderBy(claim => claim.ReceivedAt).Select(claim => new { claim.PartnerId, claim.UpdateId, claim.Hash, claim.IncidentId }).ToListAsync(stop);

        var first = new Dictionary<(string, string, string), IncidentId>();
        foreach (var claim in claims) first.TryAdd(Copy(claim.PartnerId, claim.UpdateId, claim.Hash), claim.IncidentId);
        return first;
    }

    private static (string, string, string) Copy(string partner, string updateId, byte[] hash) => (partner, updateId, Convert.ToHexString(hash));

    private static bool IsDayGuessed(Submission submission) =>
        submission.Address.ExternalReference is { Scheme: Wire.ReferenceScheme.BagTag, Date: "" } && submission.Claim.Happened is null;

    // A tag without a day means the day on which the thing happened, at the place where it happened.
    private static ExternalReference ReferenceOf(Submission submission)
    {
        var sent = submission.Address.ExternalReference;
        var day = ReferenceDays.Day(sent.Date);
        if (day is null && sent.Scheme == Wire.ReferenceScheme.BagTag)
            day = submission.Claim.Happened?.Local.Date ?? submission.Claim.ReceivedAt.InUtc().Date;
        return new((ReferenceScheme)(int)sent.Scheme, sent.Value, day);
    }

    private static Outcome.Refused NotFound(string field) => new(Refusals.IncidentNotFound.At(field));
}
