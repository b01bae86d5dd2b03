using System.Collections.Concurrent;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Alerts;

/// <summary>An alert that still stands, with the case and the clock it is about.</summary>
internal sealed record StandingAlert(AlertRow Row, Reference Reference, CaseFacts Facts, CaseState State, DutyClock Clock)
{
    public OwedCase Owed => new(Reference, State.Owner, new(Row.IncidentId.Value, Row.Clock));
}

/// <summary>A case in which a word is owed, whoever supervises it.</summary>
internal sealed record OwedCase(Reference Reference, OrganizationId? Owner, OwedWord Word);

/// <summary>Looks up what is still owed. A case that cannot be read is named and passed by, so that it silences no other.</summary>
internal sealed partial class StandingAlerts(ILogger<StandingAlerts> log)
{
    private readonly ConcurrentDictionary<IncidentId, bool> _named = [];

    /// <summary>Those alerts whose word is still owed; a step that was overtaken by a later one is left to that.</summary>
    public async Task<List<StandingAlert>> OfAsync(HubDb db, IReadOnlyList<AlertRow> alerts, CancellationToken stop)
    {
        var rows = await LoadAsync(db, [.. alerts.Select(alert => alert.IncidentId).Distinct()], stop);
        var standing = new List<StandingAlert>();
        foreach (var alert in alerts)
            if (Read(rows, alert.IncidentId) is ReadRow(var reference, var facts, var state, var watch) && watch.Running.FirstOrDefault(clock => clock.Number == alert.Clock) is { } clock && clock.Stage <= alert.Stage)
                standing.Add(new(alert, reference, facts, state, clock));
        return standing;
    }

    /// <summary>The words that a party owes in these cases.</summary>
    public async Task<List<OwedCase>> OwedByAsync(HubDb db, OrganizationId party, IReadOnlyList<IncidentId> incidents, CancellationToken stop)
    {
        var rows = await LoadAsync(db, incidents, stop);
        return [.. incidents.Select(id => (Id: id, Case: Read(rows, id))).Where(one => one.Case is not null)
            .SelectMany(one => one.Case!.Watch.Running.Where(clock => clock.Party == party).Select(clock => new OwedCase(one.Case.Reference, one.Case.State.Owner, new(one.Id.Value, clock.Number))))];
    }

    /// <summary>Says, once, that nobody can be told of a case.</summary>
    public void GiveUp(IncidentId incident, Exception failure)
    {
        if (_named.TryAdd(incident, true)) LogUnreadable(incident, failure);
    }

    private static Task<Dictionary<IncidentId, IncidentRow>> LoadAsync(HubDb db, IReadOnlyList<IncidentId> ids, CancellationToken stop) =>
        db.Incidents.AsNoTracking().Where(incident => ids.Contains(incident.Id)).ToDictionaryAsync(incident => incident.Id, stop);

    private ReadRow? Read(Dictionary<IncidentId, IncidentRow> rows, IncidentId id)
    {
        try
        {
            var row = rows[id];
            var (state, watch) = CaseCodec.ReadStateAndWatch(row.State);
            return Reference.TryParse(row.Reference, out var reference) ? new(reference, CaseCodec.ReadFacts(row.Facts), state, watch) : null;
        }
        catch (Exception failure)
        {
            GiveUp(id, failure);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is stored of {Incident} cannot be told; nobody hears of its silence, and the others are told")]
    private partial void LogUnreadable(IncidentId incident, Exception failure);

    private sealed record ReadRow(Reference Reference, CaseFacts Facts, CaseState State, CaseWatch Watch);
}
