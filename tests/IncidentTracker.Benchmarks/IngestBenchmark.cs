using IncidentTracker.Access;
using IncidentTracker.Alerts;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Updates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Benchmarks;

/// <summary>Takes every figure on one database, one after the other.</summary>
internal sealed class IngestBenchmark(BenchmarkDatabase database, Cases cases, BenchmarkOptions options, TimeProvider time, Action<string> progress)
{
    private const int NaiveCallers = 64;

    private readonly List<Figure> _figures = [];
    private long _accepted;

    public async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var before = await database.CountClaimsAsync();
        await RawAsync(FigureNames.Raw);
        await NaiveAsync();
        await WriterAsync(FigureNames.Writer1024, 1_024);
        await WriterAsync(FigureNames.Writer256, 256);
        await WriterAsync(FigureNames.Writer1, 1);
        await RawAsync(FigureNames.RawAgain);
        await GrpcAsync();

        // An acknowledgement that is not on disk would make every figure above a lie.
        progress("counting what is stored");
        if (await database.CountClaimsAsync() is var stored && stored - before != _accepted)
            throw new InvalidOperationException($"{_accepted:N0} updates were acknowledged, {stored - before:N0} are stored.");
        return _figures;
    }

    private async Task RawAsync(string name)
    {
        if (!options.Wants(name)) return;
        var (write, connection) = await database.OpenRawAsync(cases);
        await using (connection)
            Note(await new Load(time, database.Cpu).RunAsync(name, 1, _ => async () =>
            {
                var stored = await write();
                _accepted += stored;
                return stored;
            }, options.Seconds));
    }

    private async Task NaiveAsync()
    {
        if (!options.Wants(FigureNames.Naive)) return;
        var peer = new NaivePeer(database.Dbs, database.Engine, time);
        Note(await new Load(time, database.Cpu).RunAsync(FigureNames.Naive, NaiveCallers, caller =>
        {
            var traffic = new Traffic(cases, caller, NaiveCallers);
            return async () =>
            {
                if (await peer.StoreAsync(traffic.Next(), traffic.Reporter)) Interlocked.Increment(ref _accepted);
                return 1;
            };
        }, options.Seconds));
    }

    private async Task WriterAsync(string name, int callers)
    {
        if (!options.Wants(name)) return;
        var books = new SlaBooks(database.Dbs, database.Engine, new Register(database.Dbs, database.Engine, Options.Create(new DevelopmentOptions())), time, Options.Create(new SlaOptions()), NullLogger<SlaBooks>.Instance);
        using var ingest = new Ingest(database.Engine, new Addresses(database.Dbs, NullLogger<Addresses>.Instance), books, new Pulse(database.Dbs, database.Engine, books, time, NullLogger<Pulse>.Instance), time, Options.Create(new IngestOptions()), NullLogger<IngestWriter>.Instance);
        await ingest.StartAsync(CancellationToken.None);
        Note(await new Load(time, database.Cpu).RunAsync(name, callers, caller =>
        {
            var traffic = new Traffic(cases, caller, Math.Max(2, callers));
            return async () =>
            {
                var update = traffic.Next();
                var (claim, _) = UpdateReader.Read(update, traffic.Reporter, time.Now());
                if (claim is not null && await ingest.SubmitAsync(new Submission(update, claim), CancellationToken.None) is Outcome.Stored) Interlocked.Increment(ref _accepted);
                return 1;
            };
        }, options.Seconds));
        await ingest.StopAsync(CancellationToken.None);
    }

    private async Task GrpcAsync()
    {
        if (!new[] { FigureNames.StreamsOfMany, FigureNames.StreamsOfOne, FigureNames.Unary, FigureNames.LonelyUnary, FigureNames.LonelyStream }.Any(options.Wants)) return;
        using var hub = await HubProcess.StartAsync(database, cases, time);
        await MeasureAsync(FigureNames.StreamsOfMany, producers: 4, perMessage: 50, lines: 2, inFlight: 500);
        await MeasureAsync(FigureNames.StreamsOfOne, producers: 4, perMessage: 1, lines: 2, inFlight: 500);
        await MeasureAsync(FigureNames.Unary, producers: 4, perMessage: 0, lines: 64, inFlight: 1);
        await MeasureAsync(FigureNames.LonelyUnary, producers: 1, perMessage: 0, lines: 1, inFlight: 1);
        await MeasureAsync(FigureNames.LonelyStream, producers: 1, perMessage: 1, lines: 1, inFlight: 1);
        _accepted += hub.Accepted;

        async Task MeasureAsync(string name, int producers, int perMessage, int lines, int inFlight)
        {
            if (options.Wants(name)) Note(await hub.MeasureAsync(name, producers, perMessage, lines, inFlight, options.Seconds));
        }
    }

    private void Note(Figure figure)
    {
        _figures.Add(figure);
        progress($"{figure.Name}: {figure.PerSecond:N0}/s, p50 {figure.P50:N2} ms, p99 {figure.P99:N2} ms, CPU {figure.HubMicroseconds:N1} + {figure.DatabaseMicroseconds:N1} + {figure.ProducerMicroseconds:N1} us");
    }
}
