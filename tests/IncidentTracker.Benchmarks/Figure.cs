namespace IncidentTracker.Benchmarks;

/// <summary>One line of the table.</summary>
/// <param name="P50">Milliseconds until the answer; of a whole batch for the raw limit.</param>
/// <param name="HubMicroseconds">Processor time per event in the process that stores.</param>
internal sealed record Figure(string Name, double PerSecond, double P50, double P99, double? HubMicroseconds, double? DatabaseMicroseconds, double? ProducerMicroseconds)
{
    public static Figure Of(string name, long events, TimeSpan took, Latencies latencies, double? hub, double? database, double? producers) => events == 0
        ? throw new InvalidOperationException($"\"{name}\": nothing was answered. Is the machine busy with something else?")
        : new(name, events / took.TotalSeconds, latencies.Percentile(0.5), latencies.Percentile(0.99), hub / events, database / events, producers / events);
}

/// <summary>The names of the figures, which the targets refer to.</summary>
internal static class FigureNames
{
    public const string Raw = "raw batched insert, 1,000 a batch, 1 connection";
    public const string RawAgain = "raw batched insert, once more";
    public const string Naive = "naive peer: EF Core, a transaction per update";
    public const string Writer1 = "writer in process, 1 caller";
    public const string Writer256 = "writer in process, 256 callers";
    public const string Writer1024 = "writer in process, 1,024 callers";
    public const string StreamsOfMany = "gRPC streams, 50 updates a message";
    public const string StreamsOfOne = "gRPC streams, 1 update a message";
    public const string Unary = "gRPC unary, 256 callers";
    public const string LonelyUnary = "one lonely update, gRPC unary";
    public const string LonelyStream = "one lonely update, gRPC stream";
}
