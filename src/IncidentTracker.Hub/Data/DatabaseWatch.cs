using IncidentTracker.Rpc;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Data;

/// <summary>Asks the database every second whether it is there, so that the hub says in time that it can take no work, and what time it is.</summary>
internal sealed partial class DatabaseWatch(IDbContextFactory<HubDb> dbs, Engine engine, Readiness readiness, TimeProvider time, ILogger<DatabaseWatch> log) : BackgroundService
{
    private bool _isClockWrong;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    /// <summary>Nothing of the hub begins before it knows what time it is.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery);
        try
        {
            do await LookAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(AnswerWithin);
        try
        {
            await using var db = await dbs.CreateDbContextAsync(patience.Token);
            var asked = time.GetTimestamp();
            if (await engine.TimeAsync(db, patience.Token) is { } answer && time is DatabaseClock clock) Set(clock, answer, asked);
            if (!readiness.IsReady && !readiness.IsStopping) LogBack();
            readiness.Say(true);
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            if (readiness.IsReady) LogGone(failure);
            readiness.Say(false);
        }
    }

    private void Set(DatabaseClock clock, DateTimeOffset answer, long asked)
    {
        clock.Set(answer, asked);
        var isWrong = clock.Skew.Duration() > DatabaseClock.Tolerated;
        if (isWrong && !_isClockWrong) LogClock(clock.Skew);
        _isClockWrong = isWrong;
    }

    [LoggerMessage(LogLevel.Warning, "The clock of this machine is {Skew} ahead of the database's. The hub goes by the database; put the machine's right")]
    private partial void LogClock(TimeSpan skew);

    [LoggerMessage(LogLevel.Warning, "The database does not answer; the hub reports that it is not ready and asks again every second")]
    private partial void LogGone(Exception failure);

    [LoggerMessage(LogLevel.Information, "The database answers again")]
    private partial void LogBack();
}
