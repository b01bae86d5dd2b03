using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Rpc;
using IncidentTracker.Sla;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Tasks;

/// <summary>
/// Keeps the list of who owes what. It follows the changes of cases a moment behind, one hub at a time and at a measured
/// pace, so that taking in updates costs nothing more; whoever reads the list looks at the cases themselves.
/// </summary>
internal sealed partial class DutyBoard(
    IDbContextFactory<HubDb> dbs, Engine engine, SlaBooks books, OwedWords words, Drain drain, TimeProvider time, ILogger<DutyBoard> log) : BackgroundService
{
    private const int Page = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    // What is paused has no due time, so it comes after all that has one. When the pause ends, the hub says so, and that is a change.
    private static readonly Duration PausedComesAfter = Duration.FromDays(36_500);

    private int _begun;

    /// <summary>Takes everything that has changed, page by page, and says how many changes there were.</summary>
    public async Task<int> FollowAsync(CancellationToken stop)
    {
        var taken = 0;
        int page;
        do
        {
            await using var db = await dbs.CreateDbContextAsync(stop);
            page = 0;
            await engine.TryAloneAsync(db, AloneAt.Duties, async () =>
            {
                await GiveBackAsync(db, stop);
                page = await RoundAsync(db, stop);
            }, stop);
            taken += page;
        } while (page == Page && !drain.Starting.IsCancellationRequested);
        return taken;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.EveryAsync(LookEvery, stop => drain.Starting.IsCancellationRequested ? Task.CompletedTask : FollowAsync(stop), LogFailed, stoppingToken);

    private async Task<int> RoundAsync(HubDb db, CancellationToken stop)
    {
        var cursor = await db.DutiesCursor.AsNoTracking().SingleAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var changes = await db.ChangesAfter(cursor.TransactionId, cursor.Position, horizon).Take(Page).ToListAsync(stop);
        if (changes.Count == 0) return 0;

        var ids = changes.Select(change => change.IncidentId).Distinct().ToArray();
        var owed = await OwedAsync(db, ids, stop);
        using var turn = await engine.EnterAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        var moved = await db.DutiesCursor.Where(row => row.TransactionId == cursor.TransactionId && row.Position == cursor.Position)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.TransactionId, changes[^1].TransactionId).SetProperty(row => row.Position, changes[^1].Position), CancellationToken.None);
        if (moved == 0) return 0;       // another hub was quicker

        await WriteAsync(db, ids, owed);
        await transaction.CommitAsync(CancellationToken.None);
        return changes.Count;
    }

    // When time is given back, no case changes; but what is due first may be another. It is looked for once, when the time begins.
    private async Task GiveBackAsync(HubDb db, CancellationToken stop)
    {
        var now = time.Now();
        var begun = books.Current.Closures.Count(closure => closure.From <= now && closure.KnownFrom <= now);
        if (begun == _begun) return;

        IncidentId? after = null;
        while (true)
        {
            var duties = db.Duties.AsNoTracking();
            if (after is { } last) duties = duties.Where(row => row.IncidentId > last);
            var ids = await duties.Select(row => row.IncidentId).Distinct().OrderBy(id => id).Take(Page).ToArrayAsync(stop);
            if (ids.Length == 0) break;

            var owed = await OwedAsync(db, ids, stop);
            using var turn = await engine.EnterAsync(CancellationToken.None);
            await WriteAsync(db, ids, owed);
            after = ids[^1];
        }
        _begun = begun;
    }

    private async Task<Dictionary<(IncidentId, int), DutyRow>> OwedAsync(HubDb db, IncidentId[] ids, CancellationToken stop) =>
        (await db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id) && incident.MergedInto == null && incident.Reference != null)
            .Select(incident => new { incident.Id, incident.State }).ToListAsync(stop)).SelectMany(row => Owed(row.Id, row.State, time.Now())).ToDictionary(row => (row.IncidentId, row.Clock));

    private static async Task WriteAsync(HubDb db, IncidentId[] ids, Dictionary<(IncidentId, int), DutyRow> owed)
    {
        foreach (var known in await db.Duties.Where(row => ids.Contains(row.IncidentId)).ToListAsync(CancellationToken.None))
        {
            if (!owed.Remove((known.IncidentId, known.Clock), out var still)) db.Remove(known);
            else known.DueAt = still.DueAt;
        }
        db.AddRange(owed.Values);
        await db.SaveChangesAsync(CancellationToken.None);
        db.ChangeTracker.Clear();
    }

    private IEnumerable<DutyRow> Owed(IncidentId id, byte[] state, Instant now)
    {
        try
        {
            return [.. words.At(now, CaseCodec.ReadStateAndWatch(state).Watch).Running.Where(clock => clock.Party != OrganizationId.Customer)
                .Select(clock => new DutyRow { IncidentId = id, Clock = clock.Number, Party = clock.Party.Value, DueAt = clock.DueAtAsOf(now) ?? clock.DueAt + PausedComesAfter })];
        }
        catch (Exception unreadable)
        {
            LogUnread(id, unreadable);
            return [];
        }
    }

    [LoggerMessage(LogLevel.Warning, "Who owes what could not be written down; the next round begins where this one did")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Warning, "What is stored of {Incident} cannot be read; the list of duties goes on without it")]
    private partial void LogUnread(IncidentId incident, Exception failure);
}
