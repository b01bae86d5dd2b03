using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Tasks;

/// <summary>What a partner owes on all its cases: page by page in the order in which it is due, or case by case.</summary>
internal sealed partial class TaskList(IDbContextFactory<HubDb> dbs, TaskViews views, CaseReader cases, ILogger<TaskList> log)
{
    private const int CasesAtOnce = 100;

    public async Task<Wire.ListTasksResponse> PageAsync(PartnerIdentity partner, int size, string pageToken, CancellationToken stop)
    {
        var after = pageToken.Length == 0 ? null : Place.TryParse(pageToken) ?? throw new RefusedException(Refusals.PageTokenMismatch.At("page_token"));
        await using var db = await dbs.CreateDbContextAsync(stop);
        var duties = DutiesOf(db, partner);
        if (after is { } last)
            duties = duties.Where(row => row.DueAt > last.DueAt || (row.DueAt == last.DueAt && (row.IncidentId > last.Incident || (row.IncidentId == last.Incident && row.Clock > last.Clock))));
        var rows = await duties.OrderBy(row => row.DueAt).ThenBy(row => row.IncidentId).ThenBy(row => row.Clock).Take(size + 1).ToListAsync(stop);

        // The list follows the cases a moment behind; what is over by now is left out.
        var owed = (await OwedOnAsync(db, partner, [.. rows.Select(row => row.IncidentId).Distinct()], stop)).ToDictionary(one => one.Id);
        var response = new Wire.ListTasksResponse();
        foreach (var row in rows.Take(size))
            if (owed.GetValueOrDefault(row.IncidentId) is { } one && one.Tasks.FirstOrDefault(task => task.TaskId == TaskViews.IdOf(one.Reference, row.Clock)) is { } task) response.Tasks.Add(task);
        if (rows.Count > size) response.NextPageToken = new Place(rows[size - 1].DueAt, rows[size - 1].IncidentId, rows[size - 1].Clock).ToString();
        return response;
    }

    /// <summary>Up to which change of cases the list is known to be complete.</summary>
    public async Task<ChangeCursor> CompleteUpToAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var cursor = await db.DutiesCursor.AsNoTracking().SingleAsync(stop);
        return new(cursor.TransactionId, cursor.Position);
    }

    /// <summary>Every case on which a partner owes something, as it stands when it is read.</summary>
    public async IAsyncEnumerable<CaseTasks> ByCaseAsync(PartnerIdentity partner, [EnumeratorCancellation] CancellationToken stop)
    {
        IncidentId? after = null;
        while (true)
        {
            await using var db = await dbs.CreateDbContextAsync(stop);
            var duties = DutiesOf(db, partner);
            if (after is { } last) duties = duties.Where(row => row.IncidentId > last);
            var ids = await duties.Select(row => row.IncidentId).Distinct().OrderBy(id => id).Take(CasesAtOnce).ToListAsync(stop);
            foreach (var one in await OwedOnAsync(db, partner, ids, stop))
                if (one.Tasks.Count > 0) yield return one;
            if (ids.Count < CasesAtOnce) yield break;
            after = ids[^1];
        }
    }

    private static IQueryable<DutyRow> DutiesOf(HubDb db, PartnerIdentity partner)
    {
        var parties = partner.Organization.ActsFor.Append(partner.Id).Select(one => one.Value).Distinct().ToArray();
        return db.Duties.AsNoTracking().Where(row => parties.Contains(row.Party));
    }

    private async Task<List<CaseTasks>> OwedOnAsync(HubDb db, PartnerIdentity partner, List<IncidentId> ids, CancellationToken stop)
    {
        var owed = new List<CaseTasks>(ids.Count);
        foreach (var row in await db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id)).Select(incident => new { incident.Id, incident.Reference, incident.State }).ToListAsync(stop))
        {
            if (!Reference.TryParse(row.Reference, out var reference)) continue;
            try
            {
                var (_, watch) = CaseCodec.ReadStateAndWatch(row.State);
                // What was asked stands in the updates, and only then are they needed.
                var read = TaskViews.IsAsked(partner, watch) ? await cases.TryTellAsync(row.Id, one => one, stop) : null;
                owed.Add(new(row.Id, reference, read is null ? views.Owed(partner, reference, watch, null) : views.Owed(partner, read)));
            }
            catch (Exception unreadable) when (unreadable is not OperationCanceledException)
            {
                LogUnread(row.Id, unreadable);
            }
        }
        return owed;
    }

    [LoggerMessage(LogLevel.Warning, "What is stored of {Incident} cannot be read; the tasks of its parties go on without it")]
    private partial void LogUnread(IncidentId incident, Exception failure);

    /// <summary>What is owed on one case.</summary>
    internal sealed record CaseTasks(IncidentId Id, Reference Reference, IReadOnlyList<Wire.PartnerTask> Tasks);

    /// <summary>Where a list goes on.</summary>
    private sealed record Place(Instant DueAt, IncidentId Incident, int Clock)
    {
        public static Place? TryParse(string token) =>
            token.Length < 200 && Base64Url.IsValid(token) && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ') is [var at, var id, var number]
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var moment) && IncidentId.TryParse(id, out var incident)
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var clock) ? new(Moments.FromMicroseconds(moment), incident, clock) : null;

        public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Moments.ToMicroseconds(DueAt)} {Incident} {Clock}")));
    }
}
