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
                if (options is not null) return await MeasureAsync(options, TimeProvider.System);
                await Console.Error.WriteLineAsync($"{problem} --help says more.");
                return 2;
            default:
                Console.WriteLine(BenchmarkOptions.Help);
                return arguments.Length == 0 ? 2 : 0;
        }
    }

    private static async Task<int> MeasureAsync(BenchmarkOptions options, TimeProvider time)
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
            if (options.Sqlite) await EngineAsync("SQLite", name => Task.FromResult<BenchmarkDatabase>(new SqliteDatabase(Path.Combine(folder.FullName, name + ".db"))));
            if (options.Postgres)
            {
                if (options.PostgresConnection is null) server = ThrowawayPostgres.Start(folder.FullName);
                await EngineAsync("PostgreSQL", async name => await PostgresDatabase.CreateAsync(server?.Connection ?? options.PostgresConnection!, name));
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

        async Task EngineAsync(string engine, Func<string, Task<BenchmarkDatabase>> create)
        {
            var empty = await RunAsync("benchmark_empty", 0);
            Tell($"{engine}, empty at first", empty, null);
            if (options.Stored > 0) Tell($"{engine}, {options.Stored:N0} claims stored beforehand", await RunAsync("benchmark_stored", options.Stored), empty);

            async Task<IReadOnlyList<Figure>> RunAsync(string name, long stored)
            {
                await using var database = await create(name);
                var cases = Cases.For(stored, time);
                Progress($"storing {(long)cases.Count * cases.ClaimsEach:N0} claims of {cases.Count:N0} cases");
                await database.FillAsync(cases, Progress);
                return await new IngestBenchmark(database, cases, options, time, Progress).RunAsync();
            }

            void Tell(string title, IReadOnlyList<Figure> figures, IReadOnlyList<Figure>? empty)
            {
                Console.WriteLine(Report.Table(title, figures, empty));
                foreach (var (target, met) in Report.Targets(engine == "PostgreSQL", figures, empty))
                {
                    Console.WriteLine($"- {(met ? "met" : "MISSED")}: {target}");
                    if (!met) missed++;
                }
            }

            void Progress(string text) => Console.Error.WriteLine($"[{time.GetLocalNow():HH:mm:ss}] {engine}: {text}");
        }
    }
}
