using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Alerts;

/// <summary>
/// Partners that have gone silent altogether while they owe words. That is told once, when it is found, with all that
/// waits: to those who can mend the line, and to whoever supervises the cases.
/// </summary>
internal sealed partial class SilentLines(StandingAlerts cases, AlertMails mails, Pulse pulse, SlaBooks books, ILogger<SilentLines> log)
{
    /// <summary>The step of a storm that is a silent line.</summary>
    public const string Stage = "";

    /// <summary>A party of which one case alone waits is asked about that case: with one, nobody can tell a dead line from somebody who is busy.</summary>
    private const int FewestCases = 2;

    /// <summary>The silence of a party of which people were told and that lasts.</summary>
    public static Task<StormRow?> OpenAsync(HubDb db, OrganizationId party, CancellationToken stop) => Lasting(db).AsNoTracking().SingleOrDefaultAsync(storm => storm.Party == party.Value, stop);

    /// <summary>All silences of which people were told and that last.</summary>
    public static IQueryable<StormRow> Lasting(HubDb db) => db.Storms.Where(storm => storm.Stage == Stage && db.Pulses.Any(pulse => pulse.OrganizationId == storm.Party && pulse.HeardAt == storm.BeganAt));

    /// <summary>Whether there may be something to tell.</summary>
    public async Task<bool> AnyAsync(HubDb db, Instant now, CancellationToken stop)
    {
        if ((await FindAsync(db, now, stop)).Count == 0) return false;
        await pulse.NoteAsync(stop);        // it may have been heard a moment ago
        return true;
    }

    /// <summary>Tells what has to be told, and says of how many parties.</summary>
    public async Task<int> TellAsync(HubDb db, Instant now, CancellationToken stop)
    {
        var told = 0;
        foreach (var silent in await FindAsync(db, now, stop))
            if (await TellAsync(db, new(silent.OrganizationId), silent.HeardAt, now, stop)) told++;
        return told;
    }

    private async Task<List<PulseRow>> FindAsync(HubDb db, Instant now, CancellationToken stop)
    {
        var before = now - Pulse.ShortestSilence;
        var quiet = await db.Pulses.AsNoTracking().Where(row => row.HeardAt < before && !db.Storms.Any(storm => storm.Party == row.OrganizationId && storm.Stage == Stage && storm.BeganAt == row.HeardAt)
            && db.Duties.Where(duty => duty.Party == row.OrganizationId).Select(duty => duty.IncidentId).Distinct().Count() >= FewestCases).ToListAsync(stop);
        return quiet.FindAll(row => Pulse.IsSilent(row, books.Current.Closures, now));
    }

    private async Task<bool> TellAsync(HubDb db, OrganizationId party, Instant heardAt, Instant now, CancellationToken stop)
    {
        var ids = await db.Duties.Where(duty => duty.Party == party.Value).OrderBy(duty => duty.DueAt).Select(duty => duty.IncidentId).ToListAsync(stop);
        var owed = await cases.OwedByAsync(db, party, [.. ids.Distinct()], stop);
        var count = owed.Select(one => one.Reference).Distinct().Count();
        if (count < FewestCases) return false;

        LogSilent(party, heardAt, count);
        db.Add(new StormRow { Party = party.Value, Stage = Stage, Owner = "", BeganAt = heardAt, ToldAt = now, Cases = count });
        var people = await People.FindAsync(db, party, owed.Select(one => one.Owner), (_, _) => { }, stop);
        if (people.ForLine() is { } level) Tell(people.At(level, null), null, owed);
        foreach (var ofOwner in owed.GroupBy(one => one.Owner)) Tell(people.At(ContactLevel.Supervisor, ofOwner.Key), ofOwner.Key, [.. ofOwner]);
        return true;

        void Tell(IReadOnlyList<string> to, OrganizationId? owner, IReadOnlyList<OwedCase> which)
        {
            foreach (var address in to) Outbox.Add(db, mails.OfSilentLine(party, heardAt, owner, which, address), now);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Party} was last heard at {HeardAt}, much longer ago than usual; people are told once ({Count} cases wait for it)")]
    private partial void LogSilent(OrganizationId party, Instant heardAt, int count);
}
