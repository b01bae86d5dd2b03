using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using IncidentTracker.Updates;

namespace IncidentTracker.Benchmarks;

/// <summary>The hub as a user runs it, in a process of its own, and producers that report to it.</summary>
internal sealed class HubProcess : IDisposable
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan FirstWarmUp = TimeSpan.FromSeconds(20);      // the hub has just started
    private static readonly string[] Keys = ["benchmark-key-of-XA", "benchmark-key-of-GO"];

    private readonly Process _hub;
    private readonly string _address;
    private readonly BenchmarkDatabase _database;
    private readonly Cases _cases;
    private readonly TimeProvider _time;
    private bool _isWarm;

    private HubProcess(Process hub, string address, BenchmarkDatabase database, Cases cases, TimeProvider time) =>
        (_hub, _address, _database, _cases, _time) = (hub, address, database, cases, time);

    /// <summary>Updates that were acknowledged as stored by this hub.</summary>
    public long Accepted { get; private set; }

    public static async Task<HubProcess> StartAsync(BenchmarkDatabase database, Cases cases, TimeProvider time)
    {
        var (web, grpc) = (ThrowawayPostgres.FreePort(), ThrowawayPostgres.FreePort());
        var program = typeof(Ingest).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [program, "--contentRoot", Path.GetDirectoryName(program)!]) { RedirectStandardOutput = true };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["Database__Engine"] = database.Options.Engine.ToString(),
            ["Database__Connection"] = database.Options.Connection,
            ["Doors__Web"] = $"http://127.0.0.1:{web}",
            ["Doors__Grpc"] = $"http://127.0.0.1:{grpc}",
            ["Development__Partners__0__Id"] = "XA",
            ["Development__Partners__0__Kind"] = "Airline",
            ["Development__Partners__0__Key"] = Keys[0],
            ["Development__Partners__1__Id"] = "GO",
            ["Development__Partners__1__Kind"] = "Handler",
            ["Development__Partners__1__ActsFor__0"] = "XA",
            ["Development__Partners__1__Key"] = Keys[1],
        }) start.Environment[name] = value;

        var hub = Process.Start(start)!;
        hub.OutputDataReceived += (_, line) => { if (line.Data?.StartsWith("fail", StringComparison.Ordinal) == true) Console.Error.WriteLine("hub: " + line.Data); };
        hub.BeginOutputReadLine();
        for (var tries = 0; ; tries++)
        {
            if (hub.HasExited || tries == 300) throw new InvalidOperationException("The hub does not start.");
            try
            {
                using var probe = new TcpClient("127.0.0.1", grpc);
                return new(hub, $"http://127.0.0.1:{grpc}", database, cases, time);
            }
            catch (SocketException) { await Task.Delay(TimeSpan.FromMilliseconds(100), time); }
        }
    }

    /// <summary>Lets producers report for a while, each in a process of its own.</summary>
    public async Task<Figure> MeasureAsync(string name, int producers, int perMessage, int lines, int inFlight, int seconds)
    {
        var started = Enumerable.Range(0, producers)
            .Select(number => StartProducer(new(_address, Keys[number % 2], _cases, number, Math.Max(2, producers), perMessage, lines, inFlight))).ToArray();
        try
        {
            foreach (var process in started) await process.StandardOutput.ReadLineAsync();     // "ready"
            await Task.Delay(_isWarm ? WarmUp : FirstWarmUp, _time);
            _isWarm = true;
            var ids = started.Select(process => process.Id).ToArray();
            var (hub, database, producer, startedAt) = (Cpu.Of(_hub.Id), _database.Cpu(), Cpu.Of(ids), _time.GetTimestamp());
            await TellAsync("measure");
            await Task.Delay(TimeSpan.FromSeconds(seconds), _time);
            await TellAsync("rest");
            var took = _time.GetElapsedTime(startedAt);
            (hub, database, producer) = (Cpu.Of(_hub.Id) - hub, _database.Cpu() - database, Cpu.Of(ids) - producer);
            await TellAsync("stop");

            var latencies = new Latencies();
            var events = 0L;
            foreach (var process in started)
            {
                var report = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"A producer of \"{name}\" ended without a report.");
                var read = JsonSerializer.Deserialize<ProducerReport>(report)!;
                latencies.Add(new Latencies(read.Latencies));
                events += read.Events;
                Accepted += read.Accepted;
            }
            return Figure.Of(name, events, took, latencies, hub, database, producer);
        }
        finally
        {
            foreach (var process in started) End(process);
        }

        async Task TellAsync(string word)
        {
            foreach (var process in started)
            {
                await process.StandardInput.WriteLineAsync(word);
                await process.StandardInput.FlushAsync();
            }
        }
    }

    public void Dispose() => End(_hub);

    private static Process StartProducer(ProducerOrder order) => Process.Start(new ProcessStartInfo("dotnet", [typeof(Producer).Assembly.Location, "produce", JsonSerializer.Serialize(order)])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    // By TERM, as an operator would: the hub answers what is under way.
    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            using var term = Process.Start(new ProcessStartInfo("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true });   // it may just have ended
            if (!process.WaitForExit(TimeSpan.FromSeconds(15))) process.Kill();
            process.WaitForExit();
        }
        process.Dispose();
    }
}
