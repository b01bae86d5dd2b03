using System.Globalization;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Incidents;

/// <summary>
/// <c>rebuild</c>: tells every case again from its claims, and mends what is stored beside them where it differs: the state,
/// when to look again, and who owes what. Hubs may be at work meanwhile: what it writes, it writes only if the case is still
/// the one that was read, and as a change that every hub notices.
/// </summary>
internal sealed class Rebuilding(IDbContextFactory<HubDb> dbs, Engine engine, TimeProvider time)
{
    public const string Name = "rebuild";

    private const int PageSize = 100;
    private const int SayEvery = 10_000;
    private const int Tries = 10;

    private enum Found { Equal, Mended, Unread, Restless }

    /// <summary>Upgrades the database as a start would, and goes through it. Gives the exit code.</summary>
    public static async Task<int> RunAsync(IServiceProvider services, TextWriter say)
    {
        await ActivatorUtilities.CreateInstance<SchemaUpgrade>(services).StartAsync(CancellationToken.None);
        return await services.GetRequiredService<Rebuilding>().ThroughAsync(say, CancellationToken.None) ? 0 : 1;
    }

    /// <summary>Goes through all cases. False: some could not be told or mended; they have been named.</summary>
    public async Task<bool> ThroughAsync(TextWriter say, CancellationToken stop)
    {
        var counts = new Dictionary<Found, int>();
        var looked = 0;
        for (IncidentId? after = null; ;)
        {
            var page = await PageAsync(after, stop);
            foreach (var (id, stored) in page)
            {
                var found = await MendAsync(id, stored, stop);
                counts[found] = counts.GetValueOrDefault(found) + 1;
                if (found == Found.Unread) await say.WriteLineAsync($"{id} cannot be told: a claim or its facts cannot be read.");
                if (found == Found.Restless) await say.WriteLineAsync($"{id} changed again and again while it was looked at. Run {Name} once more.");
                if (++looked % SayEvery == 0) await say.WriteLineAsync(Sum());
            }
            if (page.Count < PageSize) break;
            after = page[^1].Id;
        }
        await say.WriteLineAsync(Sum());
        return counts.GetValueOrDefault(Found.Unread) + counts.GetValueOrDefault(Found.Restless) == 0;

        string Sum() => string.Create(CultureInfo.InvariantCulture, $"{looked} cases and files of sightings: {Of(Found.Equal)} equal, {Of(Found.Mended)} mended, {Of(Found.Unread) + Of(Found.Restless)} not")
            + (Of(Found.Unread) + Of(Found.Restless) == 0 ? "" : ", see above");

        int Of(Found found) => counts.GetValueOrDefault(found);
    }

    private async Task<Found> MendAsync(IncidentId id, Stored? stored, CancellationToken stop)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            if (stored is null) return Found.Equal;        // it has joined another case
            if (Tell(stored) is not { } told) return Found.Unread;
            if (!await DiffersAsync(stored, told, stop)) return Found.Equal;
            if (await TryWriteAsync(stored, told, stop)) return Found.Mended;
            stored = (await LoadAsync([id], stop)).SingleOrDefault().Stored;
        }
        return Found.Restless;
    }

    /// <summary>What should be stored. Null: it cannot be told.</summary>
    private static Told? Tell(Stored stored)
    {
        try
        {
            var row = stored.Row;
            var facts = CaseCodec.ReadFacts(row.Facts);
            // Where it stands is what is in question.
            var file = CaseLoading.Open(row.AsRow() with { State = CaseCodec.Write(CaseState.Of(facts), CaseWatch.Nothing) }, [.. stored.Joined.Select(one => one.AsRow())]);
            var claims = CaseLoading.Claims(file, stored.Claims).Select(one => one.Claim).ToArray();
            var state = Fold.All(facts, claims).State;
            var (watch, _) = Clocks.All(stored.Book, facts, row.OpenedAt, claims);
            return new(state, watch, CaseCodec.Write(state, watch), facts.IsSighting ? null : HubWords.NextLook(stored.Book, state, watch, stored.Now));
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            return null;
        }
    }

    private async Task<bool> DiffersAsync(Stored stored, Told told, CancellationToken stop) =>
        !IsState(stored.Row, told) || !IsLook(stored, told) || (!IsDuties(stored, told) && await IsFollowedAsync(stored.Row.Id, stop));

    private static bool IsState(IncidentRow row, Told told) =>
        row.State.AsSpan().SequenceEqual(told.Stored) && row.Phase == told.State.Worst.Phase.ToString();

    // A look that comes too soon finds nothing and does no harm; one that comes late, or never, does.
    private static bool IsLook(Stored stored, Told told) => told.LookAt is not { } at || stored.LookAt <= at;

    private static bool IsDuties(Stored stored, Told told) => stored.Duties.Select(row => (row.Clock, row.Party, row.DueAt)).Order().SequenceEqual(Duties(stored, told).Select(row => (row.Clock, row.Party, row.DueAt)).Order());

    private static IEnumerable<DutyRow> Duties(Stored stored, Told told) => stored.Row.Reference is null ? []
        : told.Watch.Running.Where(clock => clock.Party != OrganizationId.Customer).Select(clock => new DutyRow { IncidentId = stored.Row.Id, Clock = clock.Number, Party = clock.Party.Value, DueAt = clock.DueAt });

    // The list of duties is a moment behind by nature; what it has not followed yet is no fault.
    private async Task<bool> IsFollowedAsync(IncidentId id, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var cursor = await db.DutiesCursor.AsNoTracking().SingleAsync(stop);
        return !await db.ChangesAfter(cursor.TransactionId, cursor.Position, long.MaxValue).AnyAsync(change => change.IncidentId == id, stop);
    }

    private async Task<bool> TryWriteAsync(Stored stored, Told told, CancellationToken stop)
    {
        var (id, version) = (stored.Row.Id, stored.Row.Version);
        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var (phase, clocks, state) = (told.State.Worst.Phase.ToString(), told.Watch.Running.Length, told.Stored);
        var written = await db.Incidents.Where(row => row.Id == id && row.Version == version && row.MergedInto == null).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Version, version + 1).SetProperty(row => row.Phase, phase).SetProperty(row => row.Clocks, clocks).SetProperty(row => row.State, state), stop);
        if (written == 0) return false;

        db.Add(new ChangeRow { IncidentId = id, Version = version + 1 });
        if (!IsLook(stored, told))
        {
            if (await db.LookAgain.FindAsync([id], stop) is { } look) (look.At, look.LeasedUntil) = (told.LookAt!.Value, null);
            else db.Add(new LookAgainRow { IncidentId = id, At = told.LookAt!.Value });
        }
        await db.Duties.Where(row => row.IncidentId == id).ExecuteDeleteAsync(stop);
        db.AddRange(Duties(stored, told));
        if (!await db.TrySaveAsync(engine, stop)) return false;
        await transaction.CommitAsync(stop);
        return true;
    }

    private async Task<IReadOnlyList<(IncidentId Id, Stored? Stored)>> PageAsync(IncidentId? after, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var cases = db.Incidents.AsNoTracking().Where(row => row.MergedInto == null);
        if (after is { } last) cases = cases.Where(row => row.Id > last);
        return await LoadAsync(await cases.OrderBy(row => row.Id).Select(row => row.Id).Take(PageSize).ToArrayAsync(stop), stop);
    }

    // The case before its claims: what comes in between is noticed when the case is written.
    private async Task<IReadOnlyList<(IncidentId Id, Stored? Stored)>> LoadAsync(IncidentId[] ids, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var survivors = ids.Select(id => (IncidentId?)id).ToArray();
        var rows = await db.Incidents.AsNoTracking().Where(row => ids.Contains(row.Id) && row.MergedInto == null).ToDictionaryAsync(row => row.Id, stop);
        var looks = await db.LookAgain.AsNoTracking().Where(row => ids.Contains(row.IncidentId)).ToDictionaryAsync(row => row.IncidentId, row => row.At, stop);
        var duties = (await db.Duties.AsNoTracking().Where(row => ids.Contains(row.IncidentId)).ToListAsync(stop)).ToLookup(row => row.IncidentId);
        var joined = (await db.Incidents.AsNoTracking().Where(row => row.MergedInto != null && survivors.Contains(row.MergedInto)).ToListAsync(stop)).ToLookup(row => row.MergedInto!.Value);
        IncidentId[] files = [.. ids, .. joined.SelectMany(group => group).Select(row => row.Id)];
        var claims = (await db.Claims.AsNoTracking().Where(claim => files.Contains(claim.IncidentId)).ToListAsync(stop)).Select(claim => claim.AsRow()).ToLookup(claim => claim.Incident);
        var book = await SlaBooks.ReadAsync(db, stop);
        var now = time.Now();
        return [.. ids.Select(id => (id, rows.TryGetValue(id, out var row) ? new Stored(row, [.. joined[id]], claims, looks.TryGetValue(id, out var at) ? at : null, [.. duties[id]], book, now) : null))];
    }

    private sealed record Stored(IncidentRow Row, IReadOnlyList<IncidentRow> Joined, ILookup<IncidentId, ClaimRow> Claims, Instant? LookAt, IReadOnlyList<DutyRow> Duties, SlaBook Book, Instant Now);

    private sealed record Told(CaseState State, CaseWatch Watch, byte[] Stored, Instant? LookAt);
}
