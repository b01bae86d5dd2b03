using System.Collections.Immutable;
using System.ComponentModel;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Incidents;

/// <summary>What was done about a word that has not come, and when the hub looks next. Nothing is in here that did not happen.</summary>
internal sealed record Chase(Instant? AskedAgainAt, ImmutableArray<(ClockStage To, Instant At)> Raised, Instant? NextCheckAt)
{
    public static readonly Chase None = new(null, [], null);
}

/// <summary>An overdue word that was taken to somebody else.</summary>
internal sealed record RaisedView(
    [property: Description("With whom, in plain words: \"its headquarters\".")] string With,
    [property: Description("When, UTC.")] DateTimeOffset Time);

/// <summary>Finds out what was done about overdue words.</summary>
internal sealed class Chases(IDbContextFactory<HubDb> dbs, SlaBooks books, OwedWords owed, TimeProvider time)
{
    public async Task<Chase> OfAsync(ReadCase read, CancellationToken stop)
    {
        var now = time.Now();
        if (owed.NextWord(read, now) is not { } clock || now <= clock.DueAt) return Chase.None;

        var raised = read.Story.Entries.Where(entry => entry.Claim is { StatusCode: HubWords.Escalated, Judgement: { } judged } && judged.Clock == clock.Number)
            .Select(entry => (entry.Claim.Judgement!.Stage, entry.Claim.HeardAt));
        return new(await AskedAgainAsync(read.Id, clock, stop), [.. raised], NextCheck(clock, now));
    }

    // What is queued has not been asked yet, and what a server refused has asked nobody.
    private async Task<Instant?> AskedAgainAsync(IncidentId incident, DutyClock clock, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var people = await db.Contacts.AsNoTracking().Where(contact => contact.OrganizationId == clock.Party.Value).ToListAsync(stop);
        var ids = people.SelectMany(person => StagesOf(person.Level).Select(stage => Outbox.IdOfMail(AlertMails.KeyOf(incident, clock.Number, stage, person.Mail)))).ToArray();
        return ids.Length == 0 ? null : await db.Deliveries.Where(delivery => ids.Contains(delivery.Id)).MaxAsync(delivery => delivery.DeliveredAt, stop);
    }

    // Those at which the party itself is asked, after the word was due. A reminder before is not asking again.
    private static IEnumerable<ClockStage> StagesOf(ContactLevel level) =>
        new[] { ClockStage.Breached, ClockStage.Headquarters }.Where(stage => ContactLevels.Of(stage) == level);

    private Instant? NextCheck(DutyClock clock, Instant now)
    {
        var book = books.Current;
        while (HubWords.NextStep(book, clock) is { } step)
        {
            if (step.At > now) return step.At;
            clock = clock with { Stage = step.Stage };      // the hub is about to take it
        }
        return null;
    }
}
