using System.Globalization;

namespace IncidentTracker.Benchmarks;

/// <summary>What was asked for on the command line.</summary>
internal sealed record BenchmarkOptions
{
    public const string Help = """
        Measures how many updates a second the hub stores, beside what the database itself can take and what a plain
        program with one transaction per update does. Progress goes to stderr, a Markdown table to stdout.

        Usage: dotnet run -c Release --project tests/IncidentTracker.Benchmarks -- ingest [options]
               dotnet run -c Release --project tests/IncidentTracker.Benchmarks -- clocks [options]

        clocks measures the sweeper with 10,000, 100,000 and 1,000,000 open clocks: a round with nothing due, one with
        1,000 due, and how long after its moment a word is said when 100 fall due every second.

          --engine sqlite|postgres|both   databases to measure (both)
          --seconds N                     length of each measurement (10)
          --stored N                      (ingest) then again with N claims stored beforehand; asks for 1,000,000 or more
          --postgres "CONNECTION"         a PostgreSQL of yours; databases named benchmark_... are made there and
                                          dropped again. Without it a throwaway server is started from
                                          /usr/lib/postgresql, with fsync and synchronous_commit on.
          --only WORD                     (ingest) only figures whose name contains the word; ratios that lack a figure stay empty
          --check                         exit code 1 when a target is missed
          --help                          this text
        """;

    public bool Sqlite { get; private init; } = true;
    public bool Postgres { get; private init; } = true;
    public int Seconds { get; private init; } = 10;
    public long Stored { get; private init; }
    public string? PostgresConnection { get; private init; }
    public string Only { get; private init; } = "";
    public bool Check { get; private init; }

    /// <summary>Null and a sentence when the command line makes no sense.</summary>
    public static (BenchmarkOptions? Options, string Problem) Parse(ReadOnlySpan<string> arguments)
    {
        var options = new BenchmarkOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var name = arguments[i];
            if (name == "--check") { options = options with { Check = true }; continue; }
            if (++i == arguments.Length) return (null, $"{name} is unknown or lacks a value.");

            var value = arguments[i];
            switch (name)
            {
                case "--engine" when value is "sqlite" or "postgres" or "both":
                    options = options with { Sqlite = value != "postgres", Postgres = value != "sqlite" };
                    break;
                case "--seconds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 600:
                    options = options with { Seconds = seconds };
                    break;
                case "--stored" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var stored) && stored is >= 1_000_000 and <= 500_000_000:
                    options = options with { Stored = stored };
                    break;
                case "--postgres": options = options with { PostgresConnection = value }; break;
                case "--only": options = options with { Only = value }; break;
                default: return (null, $"{name} {value} makes no sense.");
            }
        }
        return (options, "");
    }

    public bool Wants(string figure) => figure.Contains(Only, StringComparison.OrdinalIgnoreCase);
}
