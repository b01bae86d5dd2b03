using System.Globalization;
using System.Text;

namespace IncidentTracker.Benchmarks;

/// <summary>The table, and whether what it says is good enough.</summary>
internal static class Report
{
    public static string Table(string title, IReadOnlyList<Figure> figures, IReadOnlyList<Figure>? empty)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"\n### {title}\n\n")
            .Append("| what | events/s | p50 ms | p99 ms | CPU us/event: storing process | database | producers | of raw | times naive |").Append(empty is null ? "\n" : " of empty |\n")
            .Append("|---|---:|---:|---:|---:|---:|---:|---:|---:|").Append(empty is null ? "\n" : "---:|\n");
        foreach (var figure in figures)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {figure.Name} | {figure.PerSecond:N0} | {figure.P50:N2} | {figure.P99:N2} | {figure.HubMicroseconds:N1} | {figure.DatabaseMicroseconds:N1} | {figure.ProducerMicroseconds:N1} | {figure.PerSecond / RawLimit(figures):P0} | {Ratio(figure, figures, FigureNames.Naive):N1} |");
            text.Append(empty is null ? "\n" : string.Create(CultureInfo.InvariantCulture, $" {Ratio(figure, empty, figure.Name):N2} |\n"));
        }
        return text.ToString();
    }

    /// <summary>What must hold, and whether it does.</summary>
    public static IEnumerable<(string Target, bool Met)> Targets(bool postgres, IReadOnlyList<Figure> figures, IReadOnlyList<Figure>? empty)
    {
        yield return AtLeast("The writer in process reaches 50 % of the raw limit", PerSecond(figures, FigureNames.Writer1024) / RawLimit(figures), 0.5);
        if (postgres)
        {
            var whole = new[] { FigureNames.StreamsOfMany, FigureNames.StreamsOfOne }.Max(name => PerSecond(figures, name));
            yield return AtLeast("The writer in process is 20 times the naive peer", PerSecond(figures, FigureNames.Writer1024) / PerSecond(figures, FigureNames.Naive), 20);
            yield return AtLeast("The whole way over gRPC is 12 times the naive peer", whole / PerSecond(figures, FigureNames.Naive), 12);
            yield return AtLeast("The whole way over gRPC takes 15,000 updates/s", whole, 15_000);
            yield return AtLeast("One lonely update is acknowledged within 2 ms (p50): 2 ms divided by what it took", figures.FirstOrDefault(figure => figure.Name == FigureNames.LonelyUnary) is { } lonely ? 2 / lonely.P50 : null, 1);
        }
        if (empty is null) yield break;
        foreach (var figure in figures)
            yield return AtLeast($"Full of claims it is no worse than 0.7 of empty: {figure.Name}", Ratio(figure, empty, figure.Name), 0.7);
    }

    private static (string, bool) AtLeast(string target, double? value, double least) =>
        (string.Create(CultureInfo.InvariantCulture, $"{target}: {value:N2} of {least:N2}"), value >= least);

    // The same rows cost more in a database that holds more, so the limit is taken before and after what is compared with it.
    private static double? RawLimit(IReadOnlyList<Figure> figures) => (PerSecond(figures, FigureNames.Raw) + PerSecond(figures, FigureNames.RawAgain)) / 2;

    private static double? Ratio(Figure figure, IReadOnlyList<Figure> others, string other) => figure.PerSecond / PerSecond(others, other);

    private static double? PerSecond(IReadOnlyList<Figure> figures, string name) => figures.FirstOrDefault(figure => figure.Name == name)?.PerSecond;
}
