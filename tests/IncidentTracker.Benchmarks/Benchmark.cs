using System.Globalization;
using System.Runtime.InteropServices;

namespace IncidentTracker.Benchmarks;

/// <summary>The command line. README.md says what the figures mean.</summary>
internal static class Benchmark
{
    public static async Task<int> Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        switch (arguments)
        {
            case ["produce", var order]:
                await Producer.RunAsync(order);
                return 0;
            case ["ingest", .. var rest] when !rest.Contains("--help"):
                var (options, problem) = BenchmarkOptions.Parse(rest);
                if (options is not null) return await MeasureAsync(options, TimeProvider.System, IngestAsync);
                await Console.Error.WriteLineAsync($"{problem} --help says more.");
                return 2;
            case ["clocks", .. var rest] when !rest.Contains("--help"):
                var (asked, wrong) = BenchmarkOptions.Parse(rest);
                if (asked is not null) return await MeasureAsync(asked, TimeProvider.System, ClocksAsync);
                await Console.Error.WriteLineAsync($"{wrong} --help says more.");
                return 2;
            default:
                Console.WriteLine(BenchmarkOptions.Help);
                return arguments.Length == 0 ? 2 : 0;
        }
    }

    private static async Task<int> MeasureAsync(BenchmarkOptions options, TimeProvider time, Measure measure)
    {
        var folder = Directory.CreateTempSubdirectory("incidenttracker-benchmark-");
        // The server's owner must be able to walk through.
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var missed = 0;
        ThrowawayPostgres? server = null;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => TidyUp();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(130));
        try
        {
            if (options.Sqlite) missed += await measure(options, time, "SQLite", name => Task.FromResult<BenchmarkDatabase>(new SqliteDatabase(Path.Combine(folder.FullName, name + ".db"))));
            if (options.Postgres)
            {
                if (options.PostgresConnection is null) server = ThrowawayPostgres.Start(folder.FullName);
                missed += await measure(options, time, "PostgreSQL", async name => await PostgresDatabase.CreateAsync(server?.Connection ?? options.PostgresConnection!, name));
            }
        }
        finally
        {
            TidyUp();
        }
        return options.Check && missed > 0 ? 1 : 0;

        void TidyUp()
        {
            Interlocked.Exchange(ref server, null)?.Dispose();
            if (Directory.Exists(folder.FullName)) folder.Delete(recursive: true);
        }
    }

    /// <summary>Measures one engine and gives how many targets were missed.</summary>
    private delegate Task<int> Measure(BenchmarkOptions options, TimeProvider time, string engine, Func<string, Task<BenchmarkDatabase>> create);

    private static async Task<int> IngestAsync(BenchmarkOptions options, TimeProvider time, string engine, Func<string, Task<BenchmarkDatabase>> create)
    {
        var missed = 0;
        var empty = await RunAsync("benchmark_empty", 0);
        Tell($"{engine}, empty at first", empty, null);
        if (options.Stored > 0) Tell($"{engine}, {options.Stored:N0} claims stored beforehand", await RunAsync("benchmark_stored", options.Stored), empty);
        return missed;

        async Task<IReadOnlyList<Figure>> RunAsync(string name, long stored)
        {
            await using var database = await create(name);
            var cases = Cases.For(stored, time);
            Progress(time, engine, $"storing {(long)cases.Count * cases.ClaimsEach:N0} claims of {cases.Count:N0} cases");
            await database.FillAsync(cases, text => Progress(time, engine, text));
            return await new IngestBenchmark(database, cases, options, time, text => Progress(time, engine, text)).RunAsync();
        }

        void Tell(string title, IReadOnlyList<Figure> figures, IReadOnlyList<Figure>? empty)
        {
            Console.WriteLine(Report.Table(title, figures, empty));
            missed += Judge(Report.Targets(engine == "PostgreSQL", figures, empty));
        }
    }

    private static async Task<int> ClocksAsync(BenchmarkOptions options, TimeProvider time, string engine, Func<string, Task<BenchmarkDatabase>> create)
    {
        var figures = new List<ClockFigure>();
        foreach (var open in (int[])[10_000, 100_000, 1_000_000])
        {
            await using var database = await create($"benchmark_clocks_{open}");
            Progress(time, engine, $"storing {open:N0} cases");
            // Opened so long ago that each is due whenever it is looked at.
            var cases = new Cases(open, 1, time.GetUtcNow().AddMinutes(-25).ToUnixTimeMilliseconds());
            figures.Add(await new ClockBenchmark(database, cases, options.Seconds, time, text => Progress(time, engine, text)).RunAsync());
        }
        var (table, targets) = ClockBenchmark.Report(engine, figures);
        Console.WriteLine(table);
        return Judge(targets);
    }

    private static int Judge(IEnumerable<(string Target, bool Met)> targets)
    {
        var missed = 0;
        foreach (var (target, met) in targets)
        {
            Console.WriteLine($"- {(met ? "met" : "MISSED")}: {target}");
            if (!met) missed++;
        }
        return missed;
    }

    private static void Progress(TimeProvider time, string engine, string text) => Console.Error.WriteLine($"[{time.GetLocalNow():HH:mm:ss}] {engine}: {text}");
}
