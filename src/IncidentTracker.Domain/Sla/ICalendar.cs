using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain;

/// <summary>One property of an event: <c>DTSTART;VALUE=DATE:20261225</c>.</summary>
internal sealed record ICalendarProperty(string Name, string Parameters, string Value)
{
    /// <summary>Whether a parameter has a value, for example VALUE=DATE.</summary>
    public bool Has(string parameter) => Parameters.Split(';').Contains(parameter, StringComparer.OrdinalIgnoreCase);
}

/// <summary>An event as it stands in a file. Nothing of it is understood yet.</summary>
/// <param name="Line">Where it begins, counted as an editor does.</param>
/// <param name="IsWhole">False when the file ends inside it.</param>
internal sealed record ICalendarEvent(int Line, ImmutableArray<ICalendarProperty> Properties, bool IsWhole)
{
    public ICalendarProperty? Find(string name) => Properties.FirstOrDefault(property => property.Name == name);

    public IEnumerable<ICalendarProperty> All(string name) => Properties.Where(property => property.Name == name);
}

/// <summary>
/// The form of iCalendar (RFC 5545), as far as days without work need it: folded lines, properties with parameters,
/// events inside a calendar, escapes, days. It reads what it knows and passes over the rest.
/// </summary>
internal static class ICalendar
{
    private static readonly LocalDatePattern Day = LocalDatePattern.CreateWithInvariantCulture("uuuuMMdd");

    /// <summary>The events of a file in their order. Null: it is no calendar.</summary>
    public static ImmutableArray<ICalendarEvent>? Events(string text)
    {
        var events = ImmutableArray.CreateBuilder<ICalendarEvent>();
        var properties = ImmutableArray.CreateBuilder<ICalendarProperty>();
        var (inside, isCalendar, beginsAt) = (0, false, 0);
        foreach (var (number, line) in Unfolded(text))
        {
            if (Property(line) is not { } property) continue;
            var component = property.Value.Trim();
            var isEvent = component.Equals("VEVENT", StringComparison.OrdinalIgnoreCase);
            switch (property.Name)
            {
                case "BEGIN" when component.Equals("VCALENDAR", StringComparison.OrdinalIgnoreCase):
                    isCalendar = true;
                    break;
                case "BEGIN" when isCalendar && isEvent && inside == 0:
                    (inside, beginsAt) = (1, number);
                    break;
                // An alarm inside an event has properties of its own.
                case "BEGIN" when inside > 0:
                    inside++;
                    break;
                case "END" when inside == 1:
                    events.Add(new(beginsAt, properties.DrainToImmutable(), isEvent));
                    inside = 0;
                    break;
                case "END" when inside > 1:
                    inside--;
                    break;
                default:
                    if (inside == 1) properties.Add(property);
                    break;
            }
        }
        if (inside > 0) events.Add(new(beginsAt, properties.DrainToImmutable(), false));
        return isCalendar ? events.ToImmutable() : null;
    }

    /// <summary>A day, if it is one and nothing more.</summary>
    public static LocalDate? DayOf(string text) => text.Length == 8 && text.All(char.IsAsciiDigit) && Day.Parse(text).TryGetValue(default, out var day) ? day : null;

    /// <summary>The days of a list, if all of them are days.</summary>
    public static ImmutableArray<LocalDate>? DaysOf(IEnumerable<ICalendarProperty> properties)
    {
        var days = properties.SelectMany(property => property.Value.Split(',')).Select(text => DayOf(text.Trim())).ToArray();
        return days.Contains(null) ? null : [.. days.Select(day => day!.Value)];
    }

    /// <summary>The texts of a list: commas part them, escapes stand for what would part or end them.</summary>
    public static IEnumerable<string> TextsOf(ICalendarProperty property)
    {
        var text = new StringBuilder();
        for (var i = 0; i < property.Value.Length; i++)
        {
            var letter = property.Value[i];
            if (letter == ',')
            {
                yield return Clean(text.ToString());
                text.Clear();
                continue;
            }
            if (letter == '\\' && i + 1 < property.Value.Length) letter = property.Value[++i] is var escaped and not ('n' or 'N') ? escaped : ' ';
            text.Append(letter);
        }
        yield return Clean(text.ToString());
    }

    /// <summary>A text of one piece. A comma without an escape is no reason to lose the rest.</summary>
    public static string TextOf(ICalendarProperty? property) => property is null ? "" : Clean(string.Join(", ", TextsOf(property)));

    // Names stand on pages and in sentences: on one line, of a sensible length, and without letters that turn the others round.
    private static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= 100) break;
            var isSpace = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (isSpace && clean.Length > 0 && clean[^1] != ' ') clean.Append(' ');
            if (!isSpace && rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)) clean.Append(rune);
        }
        return clean.ToString().Trim();
    }

    private static IEnumerable<(int Number, string Line)> Unfolded(string text)
    {
        var whole = new StringBuilder();
        var (number, beginsAt) = (0, 1);
        foreach (var range in text.AsMemory().TrimStart('\uFEFF').Lines())
        {
            number++;
            if (range.Length > 0 && range.Span[0] is ' ' or '\t')
            {
                whole.Append(range.Span[1..]);
                continue;
            }
            if (whole.Length > 0) yield return (beginsAt, whole.ToString());
            whole.Clear().Append(range.Span);
            beginsAt = number;
        }
        if (whole.Length > 0) yield return (beginsAt, whole.ToString());
    }

    private static IEnumerable<ReadOnlyMemory<char>> Lines(this ReadOnlyMemory<char> text)
    {
        while (text.Length > 0)
        {
            var end = text.Span.IndexOf('\n');
            var line = end < 0 ? text : text[..end];
            yield return line.TrimEnd('\r');
            text = end < 0 ? default : text[(end + 1)..];
        }
    }

    // The first colon that is not inside quotes parts the name and its parameters from the value.
    private static ICalendarProperty? Property(string line)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"') quoted = !quoted;
            if (line[i] != ':' || quoted) continue;
            var name = line[..i];
            var parameters = name.IndexOf(';', StringComparison.Ordinal);
            return new((parameters < 0 ? name : name[..parameters]).Trim().ToUpperInvariant(), parameters < 0 ? "" : name[(parameters + 1)..], line[(i + 1)..]);
        }
        return null;
    }
}
