using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Tasks;

/// <summary>
/// Keeps the list of who owes what. It follows the changes of cases a moment behind, one hub at a time and at a measured
/// pace, so that taking in updates costs nothing more; whoever reads the list looks at the cases themselves.
/// </summary>
internal sealed partial class DutyBoard(IDbContextFactory<HubDb> dbs, Engine engine, Drain drain, ILogger<DutyBoard> log) : BackgroundService
{
    private const int Page = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Takes a page of changes, and says how many there were.</summary>
    public async Task<int> FollowAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var taken = 0;
        await engine.TryAloneAsync(db, AloneAt.Duties, async () => taken = await RoundAsync(db, stop), stop);
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
        var owed = (await db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id) && incident.MergedInto == null && incident.Reference != null)
            .Select(incident => new { incident.Id, incident.State }).ToListAsync(stop)).SelectMany(row => Owed(row.Id, row.State)).ToDictionary(row => (row.IncidentId, row.Clock));

        using var turn = await engine.EnterAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        var moved = await db.DutiesCursor.Where(row => row.TransactionId == cursor.TransactionId && row.Position == cursor.Position)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.TransactionId, changes[^1].TransactionId).SetProperty(row => row.Position, changes[^1].Position), CancellationToken.None);
        if (moved == 0) return 0;       // another hub was quicker

        foreach (var known in await db.Duties.Where(row => ids.Contains(row.IncidentId)).ToListAsync(CancellationToken.None))
        {
            if (!owed.Remove((known.IncidentId, known.Clock), out var still)) db.Remove(known);
            else known.DueAt = still.DueAt;
        }
        db.AddRange(owed.Values);
        await db.SaveChangesAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
        return changes.Count;
    }

    private IEnumerable<DutyRow> Owed(IncidentId id, byte[] state)
    {
        try
        {
            return [.. CaseCodec.ReadStateAndWatch(state).Watch.Running.Where(clock => clock.Party != OrganizationId.Customer)
                .Select(clock => new DutyRow { IncidentId = id, Clock = clock.Number, Party = clock.Party.Value, DueAt = clock.DueAt })];
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
