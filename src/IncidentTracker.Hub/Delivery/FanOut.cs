using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>
/// Turns changes of cases into events for the organizations that follow, and events into deliveries to their endpoints.
/// The changes were written with the updates themselves, so nothing that was stored can fail to be told.
/// </summary>
internal sealed class FanOut(IDbContextFactory<HubDb> dbs, Engine engine, CaseReader cases, Sight sight, Register register, IOptions<DoorOptions> doors, TimeProvider time)
{
    private const int Page = 500;
    private const int CasesAtOnce = 50;

    /// <summary>Takes a page of changes. Gives how many there were: 0 when there is nothing to do, or another hub does it.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        if (!await db.EventFollowers.AnyAsync(stop)) return 0;
        var taken = 0;
        await engine.TryAloneAsync(db, AloneAt.Events, async () => taken = await RoundAsync(db, stop), stop);
        return taken;
    }

    /// <summary>Makes an organization follow from now on, unless it does already.</summary>
    public async Task FollowAsync(OrganizationId organization, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        if (await db.EventFollowers.AnyAsync(row => row.OrganizationId == organization.Value, stop)) return;

        using var turn = await engine.EnterAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);
        var last = await db.LastChangeAsync(horizon, stop);
        db.Add(new EventFollowerRow { OrganizationId = organization.Value, SinceAt = time.Now(), SinceTransactionId = last?.TransactionId ?? 0, SincePosition = last?.Position ?? 0 });
        await db.TrySaveAsync(engine, stop);        // false: it began to follow just now
    }

    private async Task<int> RoundAsync(HubDb db, CancellationToken stop)
    {
        var cursor = await db.EventCursor.AsNoTracking().SingleAsync(stop);
        var followers = await db.EventFollowers.AsNoTracking().ToListAsync(stop);
        var horizon = await engine.HorizonAsync(db, stop);

        // What happened before anybody followed is for nobody.
        var (transaction, position) = followers.Min(Since).CompareTo((cursor.TransactionId, cursor.Position)) > 0 ? followers.Min(Since) : (cursor.TransactionId, cursor.Position);
        var changes = await db.ChangesAfter(transaction, position, horizon).Take(Page)
            .Select(change => new Change(change.TransactionId, change.Position, change.IncidentId, change.Version,
                db.Incidents.Where(incident => incident.Id == change.IncidentId).Select(incident => incident.MergedInto).FirstOrDefault()))
            .ToListAsync(stop);
        if (changes.Count == 0) return 0;

        var events = new List<EventRow>();
        foreach (var some in changes.GroupBy(change => change.MergedInto ?? change.Incident).Chunk(CasesAtOnce))
        {
            var changed = some.ToDictionary(group => group.Key, group => group.ToArray());
            var told = await LastToldAsync(db, changed.Keys, stop);
            // One that cannot be told is named in the log; the others are told.
            foreach (var ofCase in await cases.TryTellAllAsync(changed.Keys, read => Events(read, changed[read.Id], followers, told), stop)) events.AddRange(ofCase);
        }

        return await WriteAsync(db, cursor, changes[^1], events) ? changes.Count : 0;
    }

    private static async Task<Dictionary<(IncidentId, string), Told>> LastToldAsync(HubDb db, IReadOnlyCollection<IncidentId> changed, CancellationToken stop) => await db.Events.AsNoTracking()
        .Where(one => changed.Contains(one.IncidentId)
            && one.Sequence == db.Events.Where(other => other.IncidentId == one.IncidentId && other.OrganizationId == one.OrganizationId).Max(other => other.Sequence))
        .Select(one => new { one.IncidentId, one.OrganizationId, Last = new Told(one.Sequence, one.Version, one.Fingerprint, one.Phase) })
        .ToDictionaryAsync(one => (one.IncidentId, one.OrganizationId), one => one.Last, stop);

    private List<EventRow> Events(ReadCase read, IReadOnlyList<Change> changes, IReadOnlyList<EventFollowerRow> followers, Dictionary<(IncidentId, string), Told> told)
    {
        var events = new List<EventRow>();
        foreach (var follower in followers.Where(follower => changes.Any(change => (change.Transaction, change.Position).CompareTo(Since(follower)) > 0)))
        {
            if (register.Find(new(follower.OrganizationId)) is not { } organization || Seen(read, organization) is not { } now) continue;
            var last = told.GetValueOrDefault((read.Id, follower.OrganizationId));
            var before = last is not null ? new(last.Fingerprint, last.Phase) : SeenAt(read, organization, follower.SinceAt);
            // Notes that others keep to themselves, and repetitions, are no news.
            if (last?.Version >= read.Version || before?.Fingerprint.AsSpan().SequenceEqual(now.Fingerprint) == true) continue;

            var type = now.Phase == nameof(Phase.Closed) && before?.Phase != now.Phase ? EventBody.Closed
                : changes.Any(change => change.Incident == read.Id && change.Version == 1) ? EventBody.Opened : EventBody.Published;
            var (at, sequence) = (time.Now(), (last?.Sequence ?? 0) + 1);
            events.Add(new()
            {
                Id = $"evt_{Guid.CreateVersion7(at.ToDateTimeOffset()):N}",
                OrganizationId = follower.OrganizationId,
                IncidentId = read.Id,
                Sequence = sequence,
                Version = read.Version,
                Phase = now.Phase,
                Fingerprint = now.Fingerprint,
                EventType = type,
                Body = EventBody.OfCase(type, at, read.Reference, sequence, read.Version, doors.Value.Site),
            });
        }
        return events;
    }

    // Not cancelled: a hub that stops finishes its page.
    private async Task<bool> WriteAsync(HubDb db, EventCursorRow cursor, Change last, List<EventRow> events)
    {
        using var turn = await engine.EnterAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync();
        var moved = await db.EventCursor.Where(row => row.TransactionId == cursor.TransactionId && row.Position == cursor.Position)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.TransactionId, last.Transaction).SetProperty(row => row.Position, last.Position));
        if (moved == 0) return false;       // another hub was quicker

        if (events.Count > 0)
        {
            var organizations = events.Select(one => one.OrganizationId).Distinct().ToArray();
            var endpoints = (await engine.HoldEndpointsAsync(db, organizations, CancellationToken.None)).ToLookup(endpoint => endpoint.OrganizationId);
            var now = time.Now();
            db.AddRange(events);
            db.AddRange(events.SelectMany(one => endpoints[one.OrganizationId].Select(endpoint => new DeliveryRow
            {
                Id = Outbox.IdOf(endpoint.Id, one.Id),
                Channel = DeliveryChannel.Webhook,
                Lane = endpoint.Id,
                EventType = one.EventType,
                Body = one.Body,
                CreatedAt = now,
                // What an endpoint misses is kept for its owner to ask for.
                NextAt = endpoint.State == EndpointState.Active ? now : null,
                ParkedReason = endpoint.State switch { EndpointState.Pending => DeliveryResults.EndpointPending, EndpointState.Disabled => DeliveryResults.EndpointDisabled, _ => null },
            })));
            await db.SaveChangesAsync();
        }
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>What an organization can read of a case, as a hash. Null when the case is not its own to read.</summary>
    private View? Seen(ReadCase read, Organization organization) =>
        sight.OfParty(read, new(organization)) is { } fingerprint ? new(fingerprint, read.Story.State.Worst.Phase.ToString()) : null;

    // The case as it was before the organization began to follow. What came in that very moment is told: rather once too often.
    private View? SeenAt(ReadCase read, Organization organization, Instant then) =>
        read.OpenedAt >= then ? null : Seen(read with { Story = Fold.All(read.Facts, read.Updates.Keys.Where(claim => claim.ReceivedAt < then)) }, organization);

    private static (long, long) Since(EventFollowerRow follower) => (follower.SinceTransactionId, follower.SincePosition);

    private sealed record Change(long Transaction, long Position, IncidentId Incident, long Version, IncidentId? MergedInto);

    private sealed record View(byte[] Fingerprint, string Phase);

    /// <summary>What an organization was last told of a case.</summary>
    private sealed record Told(long Sequence, long Version, byte[] Fingerprint, string Phase);
}

/// <summary>Lets the changes become events, again and again.</summary>
internal sealed partial class FanOutLoop(FanOut fanOut, DeliveryLoop deliveries, ILogger<FanOutLoop> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var more = false;
                while (await fanOut.RunAsync(stoppingToken) > 0) more = true;
                if (more) deliveries.Wake();
                await Task.Delay(LookEvery, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
            catch (Exception failure)
            {
                LogFailed(failure);
                await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Changes could not be turned into events; the next round begins where this one did")]
    private partial void LogFailed(Exception failure);
}
