using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Sla;

/// <summary>
/// What clocks are judged by at present, the same for all hubs on a database. New entries come from a file at the start;
/// none ever changes. It also notes that a hub is at work, so that the time in which none was is given back to the parties.
/// </summary>
internal sealed partial class SlaBooks(IDbContextFactory<HubDb> dbs, Engine engine, Register register, TimeProvider time, IOptions<SlaOptions> options, ILogger<SlaBooks> log) : BackgroundService
{
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(10);

    // Every hub must have read an entry before it comes into force.
    private static readonly Duration KnownBefore = Duration.FromMinutes(1);

    // A restart is no outage.
    private static readonly Duration OutageAfter = Duration.FromMinutes(1);

    private readonly SemaphoreSlim _oneReturns = new(1, 1);
    private volatile bool _wasPresent;
    private long _presentAt;
    private int _entries;

    public SlaBook Current { get; private set; } = SlaBook.Default;

    /// <summary>The same and the present moment, for whoever judges by it. A hub that was away finds out first whether anybody was there meanwhile.</summary>
    public async ValueTask<(SlaBook Book, Instant Now)> AtWorkAsync(CancellationToken stop)
    {
        var now = time.Now();       // before asking: whoever is stopped in between judges by the moment before
        if (!WasAway) return (Current, now);
        await _oneReturns.WaitAsync(stop);
        try { if (WasAway) await BeAtWorkAsync(stop); }
        finally { _oneReturns.Release(); }
        return (Current, time.Now());
    }

    // By the machine's stopwatch: in a demo days pass in a moment, and nobody was away.
    private bool WasAway => !_wasPresent || time.GetElapsedTime(Volatile.Read(ref _presentAt)) > OutageAfter.ToTimeSpan();

    /// <summary>The book as a database has it.</summary>
    public static async Task<SlaBook> ReadAsync(HubDb db, CancellationToken stop)
    {
        var (editions, outages) = await EntriesAsync(db, stop);
        return SlaFile.Book(editions, outages);
    }

    /// <summary>What the book is made of.</summary>
    public static async Task<(IReadOnlyList<Edition> Editions, IReadOnlyList<Closure> Outages)> EntriesAsync(HubDb db, CancellationToken stop)
    {
        var editions = await db.SlaEditions.AsNoTracking().ToListAsync(stop);
        var outages = await db.Outages.AsNoTracking().ToListAsync(stop);
        return (editions.ConvertAll(row => new Edition(row.Kind, row.Name, row.ActiveFrom, row.Body)), outages.ConvertAll(row => new Closure(null, row.FromAt, row.UntilAt, row.UntilAt, "The hub was away.")));
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.File.Length > 0) await TakeAsync(SlaFile.Read(await File.ReadAllTextAsync(options.Value.File, cancellationToken)), cancellationToken);
        await BeAtWorkAsync(cancellationToken);
        await RefreshAsync(cancellationToken);      // a book that cannot be read stops the start
        NameStrangers();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Rounds.EveryAsync(RefreshEvery, BeAtWorkAsync, LogNotRefreshed, stoppingToken);

        try { await BePresentAsync(CancellationToken.None); }
        catch (Exception failure) when (engine.IsOutage(failure)) { }       // the next start finds an outage that began a few seconds earlier
    }

    private async Task BeAtWorkAsync(CancellationToken stop)
    {
        var at = time.GetTimestamp();
        try
        {
            await BePresentAsync(stop);
            await RefreshAsync(stop);
        }
        catch (Exception failure) when (failure is not OperationCanceledException && !engine.IsOutage(failure)) { LogNotRefreshed(failure); }     // updates are taken in all the same
        Volatile.Write(ref _presentAt, at);
        _wasPresent = true;
    }

    private async Task RefreshAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        // Nothing is ever changed or taken away, so as many as before are the same. What was told by a book is kept as long as it lasts.
        var entries = await db.SlaEditions.CountAsync(stop) + await db.Outages.CountAsync(stop);
        if (entries == _entries) return;
        (Current, _entries) = (await ReadAsync(db, stop), entries);
    }

    private async Task TakeAsync(IReadOnlyList<Edition> editions, CancellationToken stop)
    {
        // Another hub may be taking a file of its own at the same time. What it has written is compared, too.
        while (!await TryTakeAsync(editions, stop)) { }
    }

    private async Task<bool> TryTakeAsync(IReadOnlyList<Edition> editions, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        var (known, _) = await EntriesAsync(db, stop);
        var isInUse = await db.Incidents.AnyAsync(stop);
        foreach (var edition in SlaFile.NotKnown(known, editions))
        {
            // A calendar holds from when working hours name it.
            if (isInUse && edition.Kind != EditionKind.Calendar && edition.From < time.Now() + KnownBefore) throw new SlaFileException($"{edition.Name} would hold from {edition.From}, which is past or within a minute. Clocks that ran are not judged again: let it begin later.");
            db.Add(new SlaEditionRow { Kind = edition.Kind, Name = edition.Name, ActiveFrom = edition.From, Body = edition.Body });
        }
        return await db.TrySaveAsync(engine, stop);
    }

    // It may join later, or it is a slip of the pen: nobody but the operator knows.
    private void NameStrangers()
    {
        var agreed = Current.Agreements.Select(dated => (dated.Value.Name, dated.Value.For.Organization, dated.Value.For.Station));
        var hours = Current.Hours.Select(dated => (Name: $"hours {dated.Value.Calendar.Name}", Organization: (OrganizationId?)dated.Value.Organization, dated.Value.Station));
        var closures = Current.Closures.Select(closure => (Name: "maintenance", closure.Organization, Station: ""));
        foreach (var (name, organization, station) in agreed.Concat(hours).Concat(closures).Distinct())
        {
            if (organization is { } party && register.Find(party) is null) LogStranger(name, party);
            if (station.Length > 0 && CodeLists.FindStation(station) is null) LogUnknownStation(name, station);
        }
    }

    // If nobody was there for a while, nobody could be heard.
    private async Task BePresentAsync(CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        await using var transaction = await db.Database.BeginTransactionAsync(stop);
        var now = time.Now();
        if (await db.Presence.AsNoTracking().SingleOrDefaultAsync(stop) is not { } last) db.Add(new PresenceRow { Id = 1, SeenAt = now });
        // Otherwise another hub is there too, and has seen what there was to see.
        else if (last.SeenAt < now && await db.Presence.Where(row => row.SeenAt == last.SeenAt).ExecuteUpdateAsync(set => set.SetProperty(row => row.SeenAt, now), stop) > 0
            && WasAway && last.SeenAt + OutageAfter < now)
        {
            LogOutage(last.SeenAt, now);
            db.Add(new OutageRow { FromAt = last.SeenAt, UntilAt = now });
        }
        await db.TrySaveAsync(engine, stop);    // false: another hub came first
        await transaction.CommitAsync(stop);
    }

    [LoggerMessage(LogLevel.Warning, "Sla:File: {Entry} is for {Organization}, which is not in the register. It holds for nobody until that organization joins")]
    private partial void LogStranger(string entry, OrganizationId organization);

    [LoggerMessage(LogLevel.Warning, "Sla:File: {Entry} is for the station {Station}, which the hub does not know. Is the code right?")]
    private partial void LogUnknownStation(string entry, string station);

    [LoggerMessage(LogLevel.Warning, "No hub was at work from {From} to {Until}. That time is given back to everybody who owed a word")]
    private partial void LogOutage(Instant from, Instant until);

    [LoggerMessage(LogLevel.Warning, "Policies could not be read again; the hub goes on with those it knows")]
    private partial void LogNotRefreshed(Exception failure);
}
