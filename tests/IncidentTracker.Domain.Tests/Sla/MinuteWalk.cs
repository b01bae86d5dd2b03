using System.Globalization;
using NodaTime;

namespace IncidentTracker.Domain.Tests;

/// <summary>
/// Working time counted the slow way: one minute after the other, on a clock that is only ever read forwards. It is
/// independent of the calendar: whole numbers instead of NodaTime, offsets that Python's zoneinfo wrote down
/// (zone-offsets.py) instead of NodaTime's data, and no way from a local time back to a moment, which is where gaps and
/// overlaps are decided. A window is open from the first minute of the day whose clock shows its opening or later, and
/// closed from the first whose clock shows its closing or later.
/// </summary>
internal sealed class MinuteWalk
{
    private const int MinutesPerDay = 1440;
    private static readonly string[] Lines = ReadLines();

    private readonly long _begin;
    private readonly int[] _worked;

    /// <param name="windows">Minutes of the day from opening up to closing, for each day of the week from Monday on.</param>
    /// <param name="holidays">Days since 1970-01-01.</param>
    public MinuteWalk(string zone, (int Opens, int Closes)[][] windows, HashSet<int> holidays)
    {
        var offsets = OffsetsOf(zone);
        _begin = offsets[0].From;
        var minutes = (int)((Seconds(2036, 1, 8) - _begin) / 60);
        _worked = new int[minutes + 1];

        (int Opens, int Closes)[] open = [];
        var (next, offset, today, latest) = (0, 0, -1, -1);
        for (var minute = 0; minute < minutes; minute++)
        {
            var at = _begin + (minute * 60L);
            if (next < offsets.Length && offsets[next].From == at) offset = offsets[next++].Offset;
            var local = (at + offset) / 60;
            var (day, clock) = ((int)(local / MinutesPerDay), (int)(local % MinutesPerDay));
            if (day != today)
            {
                if (day < today) throw new InvalidOperationException($"{zone} set its clock back over midnight: this walk does not know what that means.");
                (today, latest) = (day, -1);
                open = holidays.Contains(day) ? [] : windows[(day + 3) % 7];     // 1 January 1970 was a Thursday
            }
            // A clock that was set back does not open or close a window a second time.
            latest = Math.Max(latest, clock);
            var counts = false;
            foreach (var (opens, closes) in open) counts |= latest >= opens && latest < closes;
            _worked[minute + 1] = _worked[minute] + (counts ? 1 : 0);
        }
    }

    /// <summary>The tz database the offsets were read from.</summary>
    public static string Source => Lines[0];

    /// <summary>From which second on which offset holds.</summary>
    public static (long From, int Offset)[] OffsetsOf(string zone) => [.. Lines.Select(line => line.Split(',')).Where(fields => fields[0] == zone)
        .Select(fields => (long.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[2], CultureInfo.InvariantCulture)))];

    /// <summary>The second at which so many have been worked since another. Null: after the years that are known.</summary>
    public long? After(long from, long work)
    {
        var minute = (int)((from - _begin) / 60);
        var isOpen = _worked[minute + 1] > _worked[minute];
        var target = (_worked[minute] * 60L) + (isOpen ? (from - _begin) % 60 : 0) + work;

        // The first full minute by whose end at least so much was worked.
        var end = Array.BinarySearch(_worked, (int)((target + 59) / 60));
        if (end < 0) return null;
        while (_worked[end - 1] == _worked[end]) end--;
        return _begin + (end * 60L) - ((_worked[end] * 60L) - target);
    }

    /// <summary>The stretches of a time in which work was done, in seconds.</summary>
    public IEnumerable<(long From, long Until)> Stretches(long from, long until)
    {
        long? opened = null;
        for (var minute = (int)((from - _begin) / 60); minute < (until - _begin) / 60; minute++)
        {
            var counts = _worked[minute + 1] > _worked[minute];
            if (counts && opened is null) opened = _begin + (minute * 60L);
            if (counts || opened is not { } since) continue;
            yield return (since, _begin + (minute * 60L));
            opened = null;
        }
        if (opened is { } last) yield return (last, until);
    }

    public static long Seconds(int year, int month, int day) => Instant.FromUtc(year, month, day, 0, 0).ToUnixTimeSeconds();

    private static string[] ReadLines()
    {
        using var reader = new StreamReader(typeof(MinuteWalk).Assembly.GetManifestResourceStream("zone-offsets.csv")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
