using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using IncidentTracker.Access;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Benchmarks;

/// <summary>What watching so many open clocks cost.</summary>
internal sealed record ClockFigure(int Open, double IdleMilliseconds, double DueMilliseconds, double PerWordMilliseconds, double P50, double P99);

/// <summary>Measures the sweeper with many open clocks: a round with nothing due, a round with 1,000 due, and the delay at 100 due a second.</summary>
internal sealed class ClockBenchmark(BenchmarkDatabase database, Cases cases, int seconds, TimeProvider time, Action<string> progress)
{
    public const int DueAtOnce = 1_000;
    public const int DuePerSecond = 100;
    private const int IdleRounds = 200;

    public async Task<ClockFigure> RunAsync()
    {
        await database.FillAsync(cases, progress);
        var isPostgres = database.Options.Engine == DatabaseEngine.Postgres;
        progress("waiting for each of them at a moment of the next days");
        await database.ExecuteAsync(isPostgres
            ? "INSERT INTO look_again (incident_id, at) SELECT id, now() + interval '1 hour' + random() * interval '3 days' FROM incidents"
            : $"INSERT INTO look_again (incident_id, at) SELECT id, {Microseconds(time.Now())} + 3600000000 + abs(random() % 259200000000) FROM incidents");
        await database.ExecuteAsync(isPostgres ? "VACUUM (ANALYZE) look_again" : "ANALYZE");

        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var books = new SlaBooks(database.Dbs, database.Engine, new Register(database.Dbs, database.Engine, Options.Create(new DevelopmentOptions())), time, Options.Create(new SlaOptions()), NullLogger<SlaBooks>.Instance);
        var pulse = new Pulse(database.Dbs, database.Engine, books, time, NullLogger<Pulse>.Instance);
        using var ingest = new Ingest(database.Engine, new Addresses(database.Dbs, NullLogger<Addresses>.Instance), books, pulse, time, Options.Create(new IngestOptions()), NullLogger<IngestWriter>.Instance);
        await ingest.StartAsync(CancellationToken.None);
        using var sweeper = new Sweeper(services.GetRequiredService<IMeterFactory>(), database.Dbs, database.Engine, ingest, time, Options.Create(new SlaOptions()), NullLogger<Sweeper>.Instance);

        progress("warming up");
        await MakeDueAsync(2 * DueAtOnce, 0);
        await SweepAsync(sweeper);
        for (var i = 0; i < IdleRounds; i++) await sweeper.SweepAsync(CancellationToken.None);

        progress("rounds with nothing due, and with a thousand");
        var idle = await TimeAsync(async () => { for (var i = 0; i < IdleRounds; i++) await sweeper.SweepAsync(CancellationToken.None); }) / IdleRounds;
        var rounds = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            await MakeDueAsync(DueAtOnce, 0);
            rounds.Add(await TimeAsync(() => SweepAsync(sweeper)));
        }
        rounds.Sort();

        progress($"{DuePerSecond} due every second");
        var delays = await DelaysAsync(sweeper);
        await ingest.StopAsync(CancellationToken.None);

        // A word that was not said would make every figure above a lie.
        await using (var db = await database.Dbs.CreateDbContextAsync())
            if (await db.Alerts.CountAsync() is var said && said != _used) throw new InvalidOperationException($"{_used:N0} words were due, {said:N0} were said.");
        return new(cases.Count, idle, rounds[2], rounds[2] / DueAtOnce, delays[delays.Count / 2], delays[(int)(delays.Count * 0.99)]);
    }

    private async Task<List<double>> DelaysAsync(Sweeper sweeper)
    {
        var delays = new List<double>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (instrument.Name == Sweeper.DelayName) self.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<double>((_, delay, _, _) => { lock (delays) delays.Add(delay * 1_000); });
        listener.Start();

        await MakeDueAsync(DuePerSecond * seconds, 1_000_000 / DuePerSecond);
        using var running = new CancellationTokenSource();
        await sweeper.StartAsync(running.Token);
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(seconds + 60);)
        {
            await Task.Delay(100);
            lock (delays) if (delays.Count >= DuePerSecond * seconds) break;
        }
        await sweeper.StopAsync(CancellationToken.None);
        lock (delays)
        {
            if (delays.Count != DuePerSecond * seconds) throw new InvalidOperationException($"{DuePerSecond * seconds} were due, {delays.Count} were looked at.");
            return [.. delays.Order()];
        }
    }

    private int _used;

    /// <summary>Lets the next cases fall due from one second ago on, so far apart. Their clocks are due in truth: the words are said.</summary>
    private async Task MakeDueAsync(int count, int microsecondsApart)
    {
        var start = microsecondsApart == 0 ? time.Now() - NodaTime.Duration.FromSeconds(1) : time.Now() + NodaTime.Duration.FromSeconds(1);
        foreach (var chunk in Enumerable.Range(_used, count).Chunk(500))
        {
            await using var db = await database.Dbs.CreateDbContextAsync();
            foreach (var number in chunk)
            {
                var row = new LookAgainRow { IncidentId = cases.Id(number), At = start + NodaTime.Duration.FromTicks((number - _used) * microsecondsApart * 10L) };
                db.Attach(row).Property(one => one.At).IsModified = true;
            }
            await db.SaveChangesAsync();
        }
        _used += count;
    }

    private static async Task SweepAsync(Sweeper sweeper)
    {
        while (await sweeper.SweepAsync(CancellationToken.None) > 0) { }
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static string Microseconds(NodaTime.Instant at) => Moments.ToMicroseconds(at).ToString(CultureInfo.InvariantCulture);

    /// <summary>The table, and whether what it says is good enough.</summary>
    public static (string Table, IReadOnlyList<(string Target, bool Met)> Targets) Report(string engine, IReadOnlyList<ClockFigure> figures)
    {
        var lines = figures.Select(figure => string.Create(CultureInfo.InvariantCulture,
            $"| {figure.Open:N0} | {figure.IdleMilliseconds:N2} | {figure.DueMilliseconds:N0} | {figure.PerWordMilliseconds:N3} | {figure.P50:N0} | {figure.P99:N0} |"));
        var table = $"\n### {engine}\n\n| open clocks | round with nothing due, ms | until 1,000 due words are said, ms | per word, ms | due to on disk at 100/s, p50 ms | p99 ms |\n|---:|---:|---:|---:|---:|---:|\n{string.Join('\n', lines)}\n";
        var (fewest, most) = (figures[0], figures[^1]);
        return (table,
        [
            .. figures.Select(figure => (string.Create(CultureInfo.InvariantCulture, $"{figure.Open:N0} open: fired within 1 s of due (p99): {figure.P99:N0} ms"), figure.P99 <= 1_000)),
            (string.Create(CultureInfo.InvariantCulture, $"A round costs what is due: 1,000 due among {most.Open:N0} cost {most.DueMilliseconds / fewest.DueMilliseconds:N2} times those among {fewest.Open:N0} (at most 2)"), most.DueMilliseconds <= 2 * fewest.DueMilliseconds),
            (string.Create(CultureInfo.InvariantCulture, $"A round with nothing due among {most.Open:N0} costs {most.IdleMilliseconds / fewest.IdleMilliseconds:N2} times one among {fewest.Open:N0} (at most 2)"), most.IdleMilliseconds <= 2 * fewest.IdleMilliseconds),
        ]);
    }
}
