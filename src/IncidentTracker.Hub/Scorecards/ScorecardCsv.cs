using System.Globalization;
using System.Text;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using NodaTime;

namespace IncidentTracker.Scorecards;

/// <summary>A scorecard for spreadsheets (RFC 4180): one line for each clock. No cell can become a formula.</summary>
internal static class ScorecardCsv
{
    private const string Header = "case,clock,party,item,status,track,started,due,ended,raw,adjusted,overdueSeconds,handledInTime,givenBackSeconds,policy,calendar,contacts\r\n";

    // What a spreadsheet takes for the beginning of a formula.
    private const string Formula = "=+-@\t\r";

    /// <summary>Writes while it reads. What cannot be read has a line with the word UNREADABLE.</summary>
    public static async Task WriteAsync(Stream to, IAsyncEnumerable<Walked<IReadOnlyList<CaseScore>>> cases, Func<UnreadCase, bool> mayName, CancellationToken stop)
    {
        await using var text = new StreamWriter(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16 * 1024, leaveOpen: true);
        await text.WriteAsync(Header.AsMemory(), stop);
        await foreach (var walked in cases.WithCancellation(stop))
        {
            if (walked.Unread is { } unread) await text.WriteAsync(Line([mayName(unread) ? unread.Reference : "", "", "", "", "", "", "", "", "", "UNREADABLE", "UNREADABLE", "", "", "", "", "", ""]).AsMemory(), stop);
            foreach (var line in (walked.Told ?? []).SelectMany(score => score.Clocks, (score, clock) => Line(Cells(score, clock)))) await text.WriteAsync(line.AsMemory(), stop);
        }
    }

    public static string Line(IEnumerable<string> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string[] Cells(CaseScore score, ScoredClock scored)
    {
        var clock = scored.Clock;
        return
        [
            score.Case, Number(clock.Number), clock.Party.Value, clock.ItemId, clock.Status, Named.Of(clock.Track), Moment(clock.StartedAt), Moment(clock.DueAt), scored.EndedAt is { } at ? Moment(at) : "",
            Named.Of(scored.Raw), Named.Of(scored.Adjusted), Number((long)scored.Overdue.TotalSeconds), scored.HandledInTime ? "true" : "false", Number((long)scored.GivenBack.TotalSeconds), clock.Policy, clock.Calendar, Number(scored.Contacts),
        ];
    }

    private static string Cell(string value)
    {
        if (value.Length > 0 && Formula.Contains(value[0], StringComparison.Ordinal)) value = "'" + value;
        return value.AsSpan().ContainsAny("\",\r\n") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Moment(Instant at) => at.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
