using System.Data.Common;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Data;

/// <summary>Everything that differs between SQLite and PostgreSQL. A difference that is not here does not exist.</summary>
internal abstract class Engine
{
    public static Engine For(DatabaseOptions options) => options.Engine switch
    {
        DatabaseEngine.Sqlite => new SqliteEngine(options.Connection),
        DatabaseEngine.Postgres => new PostgresEngine(options.Connection),
        _ => throw new ArgumentOutOfRangeException(nameof(options)),
    };

    /// <summary>The folder under Data/Schema that holds this engine's scripts.</summary>
    public abstract string Schema { get; }

    /// <summary>How many writers share the incoming updates. More than these gain nothing.</summary>
    public abstract int Writers { get; }

    public abstract void Configure(DbContextOptionsBuilder options);

    /// <summary>How this engine stores moments and identifiers.</summary>
    public abstract void Configure(ModelConfigurationBuilder types);

    /// <summary>What the model says only on this engine.</summary>
    public abstract void Configure(ModelBuilder model);

    /// <summary>Sets what the database remembers about itself and no script can, being outside any transaction.</summary>
    public abstract Task PrepareAsync(HubDb db, CancellationToken stop);

    /// <summary>Makes any other hub that wants to upgrade wait until the current transaction ends.</summary>
    public abstract Task HoldOthersAsync(HubDb db, CancellationToken stop);

    /// <summary>Makes whoever opens a case for, or sights, the same tag wait until the current transaction ends.</summary>
    public abstract Task HoldTagAsync(DbConnection connection, DbTransaction? transaction, string tag, CancellationToken stop);

    /// <summary>Waits for the turn to write, where only one may write at a time.</summary>
    public abstract Task<IDisposable> EnterAsync(CancellationToken stop);

    /// <summary>Whether a save failed because the row is already there.</summary>
    public abstract bool IsDuplicate(DbUpdateException failure);

    /// <summary>Whether a failure says nothing about the data: the database cannot be reached or gave up.</summary>
    public abstract bool IsOutage(Exception failure);

    /// <summary>Whether a failure only means that somebody else was quicker: look again.</summary>
    public abstract bool IsConflict(Exception failure);

    /// <summary>The first transaction whose changes may still be incomplete: readers of changes stop before it.</summary>
    public abstract Task<long> HorizonAsync(HubDb db, CancellationToken stop);

    /// <summary>Does work that one hub at a time should do, unless another one is at it: then false. No transaction is open meanwhile.</summary>
    public abstract Task<bool> TryAloneAsync(HubDb db, AloneAt at, Func<Task> work, CancellationToken stop);

    /// <summary>Takes deliveries of a lane that are due, those that have waited longest, so that nobody else takes them before <paramref name="until"/>.</summary>
    public abstract Task<IReadOnlyList<DeliveryRow>> TakeDeliveriesAsync(HubDb db, string lane, Instant due, Instant now, Instant until, int most, CancellationToken stop);

    /// <summary>The endpoints of these organizations, which nobody else changes until the current transaction ends. Whoever also writes deliveries takes them first.</summary>
    public abstract Task<IReadOnlyList<WebhookEndpointRow>> HoldEndpointsAsync(HubDb db, IReadOnlyCollection<string> organizations, CancellationToken stop);

    /// <summary>The database's own time. Null: it has none but that of this machine.</summary>
    public abstract Task<DateTimeOffset?> TimeAsync(HubDb db, CancellationToken stop);

    /// <summary>
    /// Takes cases at which it is time to look, the longest overdue first, and leases them, so that another hub takes others.
    /// </summary>
    public abstract Task<IReadOnlyList<LookAgainRow>> TakeDueAsync(HubDb db, Instant now, Instant leasedUntil, int most, CancellationToken stop);

    /// <summary>A writer's own line to the database.</summary>
    public abstract IngestStore OpenIngest();

    protected static readonly IDisposable NoGate = new Gate(() => { });

    protected sealed class Gate(Action leave) : IDisposable
    {
        public void Dispose() => leave();
    }
}

/// <summary>Work that one hub at a time should do.</summary>
internal enum AloneAt { Events = 2, Alerts = 3, Duties = 4 }

/// <summary>A claim as it is stored.</summary>
internal sealed record ClaimRow(IncidentId Incident, string PartnerId, string UpdateId, Instant ReceivedAt, byte[] Hash, byte[] Body);

/// <summary>A case as it is stored.</summary>
internal sealed record CaseRow(IncidentId Id, string? Reference, IncidentId? MergedInto, Instant OpenedAt, long Version, byte[] Facts, byte[] State)
{
    /// <summary>When a look at it is due, as far as the writer has asked.</summary>
    public Instant? LookAt { get; init; }
}

/// <summary>A case to write back: only if it still has <paramref name="Expected"/> as its version; 0 means it is new.</summary>
internal sealed record CaseChange(IncidentId Id, long Expected, string Phase, int Clocks, byte[] Facts, byte[] State);

/// <summary>When to look at a case again.</summary>
/// <param name="Version">The version of the case, after this transaction, that the moment was found for.</param>
/// <param name="At">Null: never.</param>
/// <param name="HasLooked">The row that was due is done with. Otherwise the moment only comes closer.</param>
internal sealed record LookChange(IncidentId Id, long Version, Instant? At, bool HasLooked);

/// <summary>Everything that one round of a writer leaves behind, beside the claims.</summary>
internal sealed record RoundResult(IReadOnlyList<CaseChange> Cases, IReadOnlyList<LookChange> Looks, IReadOnlyList<AlertRow> Alerts);

/// <summary>Somebody else changed a case of the batch in between. The batch is rolled back and looked at again.</summary>
internal sealed class StaleCaseException(IReadOnlyList<IncidentId> cases) : Exception("A case changed while it was being written.")
{
    public IReadOnlyList<IncidentId> Cases { get; } = cases;
}

/// <summary>
/// The few statements of the ingest path, written for each engine by hand, because this is the one place where the way
/// rows travel decides what the product can carry. Everything else goes through <see cref="HubDb"/>.
/// </summary>
internal abstract class IngestStore : IAsyncDisposable
{
    /// <summary>The cases themselves. Missing ones are left out.</summary>
    public abstract Task<IReadOnlyList<CaseRow>> LoadCasesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop);

    /// <summary>The files of sightings that joined each case; cases without any are left out.</summary>
    public abstract Task<ILookup<IncidentId, IncidentId>> LoadFilesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop);

    public abstract Task BeginAsync(CancellationToken stop);

    /// <summary>
    /// Makes openers of a case for these tags wait for this transaction, and tells which tags a case knows by now: those
    /// must not get a new file of sightings.
    /// </summary>
    public abstract Task<bool> ClaimTagsAsync(IReadOnlyList<SightingFile> files, CancellationToken stop);

    /// <summary>Adds the claims that are not there yet and tells which ones those were.</summary>
    public abstract Task<IReadOnlySet<(IncidentId, string, string)>> InsertClaimsAsync(IReadOnlyList<ClaimRow> claims, CancellationToken stop);

    /// <summary>The claims with these keys in any of these files.</summary>
    public abstract Task<IReadOnlyList<ClaimRow>> FindClaimsAsync(IReadOnlyList<(IncidentId Incident, string PartnerId, string UpdateId)> keys, CancellationToken stop);

    /// <summary>Every claim of these files.</summary>
    public abstract Task<IReadOnlyList<ClaimRow>> LoadClaimsAsync(IReadOnlyList<IncidentId> files, CancellationToken stop);

    /// <summary>Makes further identifiers of cases known.</summary>
    public abstract Task InsertReferencesAsync(IReadOnlyList<ExternalReferenceRow> references, CancellationToken stop);

    /// <summary>Writes the cases back, notes the changes for those who follow, and commits. Gives the position of each change.</summary>
    public abstract Task<IReadOnlyList<long>> SaveAndCommitAsync(RoundResult round, Instant now, CancellationToken stop);

    public abstract Task RollbackAsync();

    public abstract ValueTask DisposeAsync();
}

/// <summary>Where updates about a tag are kept until a case knows the tag.</summary>
internal sealed record SightingFile(IncidentId Id, string Tag, LocalDate Day)
{
    public ExternalReferenceRow AsReference() => new() { Scheme = ReferenceScheme.BagTag, Value = Tag, Day = ReferenceDays.Text(Day), IncidentId = Id };
}
