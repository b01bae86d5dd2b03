using System.Globalization;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Updates;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Tasks;

/// <summary>Clocks as the tasks of those who owe a word.</summary>
internal sealed class TaskViews(SlaBooks books)
{
    /// <summary>What a party, and those it acts for, owe on a case: what is due first comes first.</summary>
    public IEnumerable<Wire.PartnerTask> Owed(Reporter party, Reference reference, CaseWatch watch, Instant now) => Clocks.GiveBack(books.Current, watch, now).Running
        .Where(clock => party.Covers(clock.Party)).OrderBy(clock => clock.DueAt).ThenBy(clock => clock.Number).Select(clock => AsTask(reference, clock, now));

    /// <summary>The clock that a task means, if the party still owes it.</summary>
    public static DutyClock? Find(Reporter party, CaseWatch watch, int number) => watch.Running.FirstOrDefault(clock => clock.Number == number && party.Covers(clock.Party));

    /// <summary>"K7Q-4M2-XDC/7": the case and the number of the clock.</summary>
    public static (Reference Reference, int Clock)? Parse(string taskId) =>
        taskId.Split('/') is [var text, var number] && Reference.TryParse(text, out var reference) && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var clock)
            ? (reference, clock) : null;

    private static Wire.PartnerTask AsTask(Reference reference, DutyClock clock, Instant now)
    {
        var isPaused = clock.PausedUntil > now;
        return new()
        {
            TaskId = string.Create(CultureInfo.InvariantCulture, $"{reference}/{clock.Number}"),
            Kind = clock.Track switch
            {
                Track.Question => Wire.TaskKind.Question,
                Track.Handover => Wire.TaskKind.Handover,
                _ => Wire.TaskKind.NextWord,
            },
            IncidentReference = reference.ToString(),
            ItemId = clock.ItemId,
            PartyId = clock.Party.Value,
            StatusCode = clock.Track is Track.Question or Track.Handover ? "" : clock.Status,
            AskedBy = clock.AskedBy?.Value ?? "",
            StartTime = clock.StartedAt.ToTimestamp(),
            DueTime = isPaused ? null : clock.DueAt.ToTimestamp(),
            PausedUntilTime = isPaused ? clock.PausedUntil!.Value.ToTimestamp() : null,
            // By the moment and not by what the hub has said so far: both must agree to the second.
            Stage = clock.Stage > ClockStage.Breached ? Wire.TaskStage.Escalated : now > clock.DueAt ? Wire.TaskStage.Overdue
                : !isPaused && now > clock.WarnAt ? Wire.TaskStage.DueSoon : Wire.TaskStage.Running,
        };
    }
}
