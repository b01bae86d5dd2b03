using System.Buffers.Text;
using System.Globalization;
using System.Text;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Tasks;

/// <summary>What a partner owes on all its cases, page by page in the order in which it is due.</summary>
internal sealed class TaskList(IDbContextFactory<HubDb> dbs, TaskViews views, TimeProvider time)
{
    public async Task<Wire.ListTasksResponse> PageAsync(Reporter party, int size, string pageToken, CancellationToken stop)
    {
        var after = pageToken.Length == 0 ? null : Place.TryParse(pageToken) ?? throw new RefusedException(Refusals.PageTokenMismatch.At("page_token"));
        var parties = party.ActsFor.Append(party.Id).Select(one => one.Value).Distinct().ToArray();
        await using var db = await dbs.CreateDbContextAsync(stop);
        var duties = db.Duties.AsNoTracking().Where(row => parties.Contains(row.Party));
        if (after is { } last)
            duties = duties.Where(row => row.DueAt > last.DueAt || (row.DueAt == last.DueAt && (row.IncidentId > last.Incident || (row.IncidentId == last.Incident && row.Clock > last.Clock))));
        var rows = await duties.OrderBy(row => row.DueAt).ThenBy(row => row.IncidentId).ThenBy(row => row.Clock).Take(size + 1).ToListAsync(stop);

        // The list follows the cases a moment behind; what is over by now is left out.
        var ids = rows.Select(row => row.IncidentId).Distinct().ToArray();
        var states = await db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id)).Select(incident => new { incident.Id, incident.Reference, incident.State }).ToDictionaryAsync(one => one.Id, stop);
        var now = time.Now();
        var owed = states.Values.SelectMany(one => Reference.TryParse(one.Reference, out var reference)
            ? views.Owed(party, reference, CaseCodec.ReadStateAndWatch(one.State).Watch, now).Select(task => (one.Id, Task: task)) : []).ToDictionary(one => (one.Id, one.Task.TaskId[(one.Task.TaskId.IndexOf('/', StringComparison.Ordinal) + 1)..]), one => one.Task);

        var response = new Wire.ListTasksResponse();
        foreach (var row in rows.Take(size))
            if (owed.GetValueOrDefault((row.IncidentId, row.Clock.ToString(CultureInfo.InvariantCulture))) is { } task) response.Tasks.Add(task);
        if (rows.Count > size) response.NextPageToken = new Place(rows[size - 1].DueAt, rows[size - 1].IncidentId, rows[size - 1].Clock).ToString();
        return response;
    }

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
