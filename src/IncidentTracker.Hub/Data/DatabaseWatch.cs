using IncidentTracker.Rpc;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Data;

/// <summary>Asks the database every second whether it is there, so that the hub says in time that it can take no work.</summary>
internal sealed partial class DatabaseWatch(IDbContextFactory<HubDb> dbs, Readiness readiness, ILogger<DatabaseWatch> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

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
            await db.Database.SqlQuery<int>($"SELECT 1 AS \"Value\"").SingleAsync(patience.Token);
            if (!readiness.IsReady && !readiness.IsStopping) LogBack();
            readiness.Say(true);
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            if (readiness.IsReady) LogGone(failure);
            readiness.Say(false);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The database does not answer; the hub reports that it is not ready and asks again every second")]
    private partial void LogGone(Exception failure);

    [LoggerMessage(LogLevel.Information, "The database answers again")]
    private partial void LogBack();
}
