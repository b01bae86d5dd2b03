using System.Globalization;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Updates;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Tasks;

/// <summary>Clocks as the tasks of those who owe a word.</summary>
internal sealed class TaskViews(OwedWords words, TimeProvider time)
{
    /// <summary>What a partner, and those it acts for, owe on a case: what is due first comes first, and what is paused last.</summary>
    public IReadOnlyList<Wire.PartnerTask> Owed(PartnerIdentity partner, ReadCase read) => Owed(partner, read.Reference, read.StoredWatch, read.Story);

    /// <param name="story">Says what was asked; null where nobody knows it.</param>
    public IReadOnlyList<Wire.PartnerTask> Owed(PartnerIdentity partner, Reference reference, CaseWatch stored, Story? story)
    {
        var now = time.Now();
        return [.. words.At(now, stored).Running.Where(clock => partner.Reporter.Covers(clock.Party))
            .OrderBy(clock => clock.DueAtAsOf(now) ?? Instant.MaxValue).ThenBy(clock => clock.Number).Select(clock => AsTask(partner, reference, clock, now, story))];
    }

    /// <summary>Whether one of them was asked something.</summary>
    public static bool IsAsked(PartnerIdentity partner, CaseWatch watch) =>
        watch.Running.Any(clock => clock.Track == Track.Question && partner.Reporter.Covers(clock.Party));

    /// <summary>The clock that a task means, if the party still owes it.</summary>
    public static DutyClock? Find(Reporter party, CaseWatch watch, int number) => watch.Running.FirstOrDefault(clock => clock.Number == number && party.Covers(clock.Party));

    /// <summary>"K7Q-4M2-XDC/7": the case and the number of the clock.</summary>
    public static string IdOf(Reference reference, int clock) => string.Create(CultureInfo.InvariantCulture, $"{reference}/{clock}");

    public static (Reference Reference, int Clock)? Parse(string taskId) =>
        taskId.Split('/') is [var text, var number] && Reference.TryParse(text, out var reference) && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var clock)
            ? (reference, clock) : null;

    private static Wire.PartnerTask AsTask(PartnerIdentity partner, Reference reference, DutyClock clock, Instant now, Story? story)
    {
        var due = clock.DueAtAsOf(now);
        return new()
        {
            TaskId = IdOf(reference, clock.Number),
            Kind = clock.Track switch
            {
                Track.Question => Wire.TaskKind.Question,
                Track.Handover => Wire.TaskKind.Handover,
                _ => Wire.TaskKind.NextWord,
            },
            IncidentReference = reference.ToString(),
            ItemId = clock.ItemId,
            PartyId = clock.Party.Value,
            StatusCode = CodeLists.Find(clock.Status)?.Code ?? "",
            AskedBy = clock.AskedBy?.Value ?? "",
            StartTime = clock.StartedAt.ToTimestamp(),
            DueTime = due?.ToTimestamp(),
            PausedUntilTime = due is null ? clock.PausedUntil!.Value.ToTimestamp() : null,
            // By the moment and not by what the hub has said so far: both must agree to the second.
            Stage = clock.Stage > ClockStage.Breached ? Wire.TaskStage.Escalated : now > clock.DueAt ? Wire.TaskStage.Overdue
                : due is not null && now > clock.WarnAt ? Wire.TaskStage.DueSoon : Wire.TaskStage.Running,
            QuestionText = story is null ? "" : AskedQuestion.TextOf(story, clock, partner),
            AskedUpdateId = story is null ? "" : AskedQuestion.Of(story, clock, partner)?.UpdateId ?? "",
        };
    }
}
