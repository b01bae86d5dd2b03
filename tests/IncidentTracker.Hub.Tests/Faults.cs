using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.CompilerServices;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>
/// A fault at one chosen place on the way to the database: before a step, so that it is not done, or after it, so that it is
/// done and nobody hears of it, as when a hub dies between the two.
/// </summary>
internal sealed class Faults
{
    private readonly AsyncLocal<bool> _isHere = new();
    private readonly ConcurrentQueue<string> _passed = [];
    private (string Place, int Time, Func<Exception> Make)? _fault;

    /// <summary>The steps that were taken since it was last armed: by writers, and in the caller's own course.</summary>
    public IReadOnlyList<string> Passed => [.. _passed];

    /// <summary>What is done at this place for that time goes wrong.</summary>
    public void Arm(string place, int time, Func<Exception> make)
    {
        _passed.Clear();
        (_isHere.Value, _fault) = (true, (place, time, make));
    }

    /// <summary>Whether it went wrong. Nothing does from here on.</summary>
    public bool Disarm()
    {
        var (place, time, _) = _fault!.Value;
        (_isHere.Value, _fault) = (false, null);
        return _passed.Count(passed => passed == place) >= time;
    }

    public void PassHere(string place)
    {
        if (_isHere.Value) Pass(place);
    }

    public void Pass(string place)
    {
        if (_fault is not { } fault) return;
        _passed.Enqueue(place);
        if (fault.Place == place && _passed.Count(passed => passed == place) == fault.Time) throw fault.Make();
    }
}

/// <summary>An engine that fails where it is told to, and is the real one otherwise.</summary>
internal sealed class FailingEngine(Engine real, Faults faults) : Engine
{
    public override string Schema => real.Schema;

    public override int Writers => real.Writers;

    public override void Configure(DbContextOptionsBuilder options)
    {
        real.Configure(options);
        options.AddInterceptors(new Commands(faults), new Commits(faults));
    }

    public override void Configure(ModelConfigurationBuilder types) => real.Configure(types);

    public override void Configure(ModelBuilder model) => real.Configure(model);

    public override Task PrepareAsync(HubDb db, CancellationToken stop) => real.PrepareAsync(db, stop);

    public override Task HoldOthersAsync(HubDb db, CancellationToken stop) => real.HoldOthersAsync(db, stop);

    public override Task HoldTagAsync(DbConnection connection, DbTransaction? transaction, string tag, CancellationToken stop) => real.HoldTagAsync(connection, transaction, tag, stop);

    public override Task<IDisposable> EnterAsync(CancellationToken stop) => real.EnterAsync(stop);

    public override bool IsDuplicate(DbUpdateException failure) => real.IsDuplicate(failure);

    public override bool IsOutage(Exception failure) => real.IsOutage(failure);

    public override bool IsConflict(Exception failure) => real.IsConflict(failure);

    public override Task<long> HorizonAsync(HubDb db, CancellationToken stop) => real.HorizonAsync(db, stop);

    public override Task<bool> TryAloneAsync(HubDb db, AloneAt at, Func<Task> work, CancellationToken stop) => real.TryAloneAsync(db, at, work, stop);

    public override Task<IReadOnlyList<DeliveryRow>> TakeDeliveriesAsync(HubDb db, string lane, Instant due, Instant now, Instant until, int most, CancellationToken stop) =>
        real.TakeDeliveriesAsync(db, lane, due, now, until, most, stop);

    public override Task<IReadOnlyList<WebhookEndpointRow>> HoldEndpointsAsync(HubDb db, IReadOnlyCollection<string> organizations, CancellationToken stop) =>
        real.HoldEndpointsAsync(db, organizations, stop);

    public override Task<DateTimeOffset?> TimeAsync(HubDb db, CancellationToken stop) => real.TimeAsync(db, stop);

    public override Task<IReadOnlyList<LookAgainRow>> TakeDueAsync(HubDb db, Instant now, Instant leasedUntil, int most, CancellationToken stop) =>
        real.TakeDueAsync(db, now, leasedUntil, most, stop);

    public override IngestStore OpenIngest() => new Store(real.OpenIngest(), faults);

    private sealed class Store(IngestStore real, Faults faults) : IngestStore
    {
        public override Task<IReadOnlyList<CaseRow>> LoadCasesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop) => AroundAsync(() => real.LoadCasesAsync(cases, stop));

        public override Task<ILookup<IncidentId, IncidentId>> LoadFilesAsync(IReadOnlyList<IncidentId> cases, CancellationToken stop) => AroundAsync(() => real.LoadFilesAsync(cases, stop));

        public override Task BeginAsync(CancellationToken stop) => AroundAsync(() => WithResult(real.BeginAsync(stop)));

        public override Task<bool> ClaimTagsAsync(IReadOnlyList<SightingFile> files, CancellationToken stop) => AroundAsync(() => real.ClaimTagsAsync(files, stop));

        public override Task<IReadOnlySet<(IncidentId, string, string)>> InsertClaimsAsync(IReadOnlyList<ClaimRow> claims, CancellationToken stop) => AroundAsync(() => real.InsertClaimsAsync(claims, stop));

        public override Task<IReadOnlyList<ClaimRow>> FindClaimsAsync(IReadOnlyList<(IncidentId Incident, string PartnerId, string UpdateId)> keys, CancellationToken stop) =>
            AroundAsync(() => real.FindClaimsAsync(keys, stop));

        public override Task<IReadOnlyList<ClaimRow>> LoadClaimsAsync(IReadOnlyList<IncidentId> files, CancellationToken stop) => AroundAsync(() => real.LoadClaimsAsync(files, stop));

        public override Task InsertReferencesAsync(IReadOnlyList<ExternalReferenceRow> references, CancellationToken stop) => AroundAsync(() => WithResult(real.InsertReferencesAsync(references, stop)));

        public override Task<IReadOnlyList<long>> SaveAndCommitAsync(RoundResult round, Instant now, CancellationToken stop) => AroundAsync(() => real.SaveAndCommitAsync(round, now, stop));

        public override Task RollbackAsync() => real.RollbackAsync();

        public override ValueTask DisposeAsync() => real.DisposeAsync();

        private async Task<T> AroundAsync<T>(Func<Task<T>> step, [CallerMemberName] string name = "")
        {
            faults.Pass($"before {name}");
            var result = await step();
            faults.Pass($"after {name}");
            return result;
        }

        private static async Task<bool> WithResult(Task step)
        {
            await step;
            return true;
        }
    }

    private sealed class Commands(Faults faults) : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            faults.PassHere($"before {Name(command)}");
            return ValueTask.FromResult(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            faults.PassHere($"before {Name(command)}");
            return ValueTask.FromResult(result);
        }

        public override ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
        {
            faults.PassHere($"after {Name(command)}");
            return ValueTask.FromResult(result);
        }

        private static string Name(DbCommand command) => string.Join(' ', command.CommandText.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => !word.StartsWith('@')).Take(3));
    }

    private sealed class Commits(Faults faults) : DbTransactionInterceptor
    {
        public override ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            faults.PassHere("before commit");
            return ValueTask.FromResult(result);
        }

        public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            faults.PassHere("after commit");
            return Task.CompletedTask;
        }
    }
}
