using System.Collections.Immutable;
using NodaTime;
using NodaTime.TimeZones;

namespace IncidentTracker.Domain;

/// <summary>
/// When a party works: windows of the week on the clock of its place, and days on which it does not. Only time inside a
/// window counts against it. A calendar that was used never changes; a new version takes its place.
/// </summary>
/// <param name="Zone">IANA zone of the place, whose summer time the windows follow.</param>
public sealed record Calendar(string Id, int Version, string Zone, ImmutableArray<OpeningHours> Week, ImmutableArray<Holiday> Holidays)
{
    /// <summary>Every second counts.</summary>
    public static readonly Calendar Always = new("always", 1, "Etc/UTC", [], []);

    // Days that are looked at: twenty years, so that much work finds its end in few hours a week, too. A calendar without
    // any time must not be searched for ever.
    private const int Horizon = 7_320;

    // A time that the change to summer time skips means the first moment after it; one that comes twice means the first.
    private static readonly ZoneLocalMappingResolver Lenient = Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>What is pinned on clocks: store/1.</summary>
    public string Name => $"{Id}/{Version}";

    private bool IsAlways => Id == Always.Id;

    private DateTimeZone Place => DateTimeZoneProviders.Tzdb[Zone];

    /// <summary>What is wrong with it; empty when it can be used.</summary>
    public IEnumerable<string> Check()
    {
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(Zone) is null)
        {
            yield return $"\"{Zone}\" is no IANA time zone.";
            yield break;
        }
        foreach (var hours in Week.Where(hours => hours.Closes != LocalTime.Midnight && hours.Closes <= hours.Opens))
            yield return $"{hours.Day} closes at {hours.Closes:HH:mm}, not after it opens at {hours.Opens:HH:mm}. Hours past midnight need a window on each day.";
        foreach (var day in Week.GroupBy(hours => hours.Day))
        {
            var windows = day.OrderBy(hours => hours.Opens).ToArray();
            for (var i = 1; i < windows.Length; i++)
                if (windows[i - 1].Closes == LocalTime.Midnight || windows[i].Opens < windows[i - 1].Closes)
                    yield return $"Two windows of {day.Key} overlap at {windows[i].Opens:HH:mm}.";
        }
        if (!IsAlways && After(Instant.FromUtc(2026, 1, 1, 0, 0), Duration.Epsilon) is null)
            yield return "It has no working time.";
    }

    /// <summary>
    /// The moment at which so much working time has passed. What is left after twenty years counts around the clock, so
    /// that more work never ends sooner. Null: the calendar has no time at all.
    /// </summary>
    public Instant? After(Instant from, Duration work)
    {
        if (IsAlways) return from + work;
        Instant? last = null;
        foreach (var window in Windows(from))
        {
            var start = Instant.Max(from, window.Start);
            if (window.End <= start) continue;
            if (work <= window.End - start) return start + work;
            work -= window.End - start;
            last = window.End;
        }
        return last + work;
    }

    /// <summary>The way from one moment to another, without a gap: stretches that count, and those that do not with the reason.</summary>
    public IEnumerable<Stretch> Between(Instant from, Instant until)
    {
        if (from >= until) yield break;
        if (IsAlways)
        {
            yield return new(from, until, true, "");
            yield break;
        }

        var at = from;
        foreach (var window in Windows(from))
        {
            var (start, end) = (Instant.Max(window.Start, from), Instant.Min(window.End, until));
            if (end <= start && window.Start < until) continue;
            foreach (var closed in Closed(at, Instant.Min(start, until))) yield return closed;
            if (window.Start >= until) yield break;
            yield return new(start, end, true, "");
            at = end;
            if (at >= until) yield break;
        }
        foreach (var closed in Closed(at, until)) yield return closed;
    }

    /// <summary>How much working time lies between two moments.</summary>
    public Duration Work(Instant from, Instant until) =>
        Between(from, until).Where(stretch => stretch.Counts).Aggregate(Duration.Zero, (sum, stretch) => sum + stretch.Length);

    // The day before is asked too: its last window may reach into this one where clocks are set back at midnight.
    private IEnumerable<Interval> Windows(Instant from)
    {
        if (Week.IsEmpty) yield break;
        var day = from.InZone(Place).Date.PlusDays(-1);
        for (var i = 0; i < Horizon; i++, day = day.PlusDays(1))
        {
            if (Holidays.Any(holiday => holiday.Day == day)) continue;
            foreach (var hours in Week.Where(hours => hours.Day == day.DayOfWeek).OrderBy(hours => hours.Opens)) yield return hours.On(day, Place, Lenient);
        }
    }

    // Day by day, so that a holiday is named where the time went into it.
    private IEnumerable<Stretch> Closed(Instant from, Instant until)
    {
        for (var at = from; at < until;)
        {
            var why = WhyClosed(at);
            var end = at;
            do end = Instant.Min(until, Place.ResolveLocal(end.InZone(Place).Date.PlusDays(1).AtMidnight(), Lenient).ToInstant());
            while (end < until && WhyClosed(end) == why);
            yield return new(at, end, false, why);
            at = end;
        }
    }

    private string WhyClosed(Instant at)
    {
        var day = at.InZone(Place).Date;
        return Holidays.FirstOrDefault(holiday => holiday.Day == day)?.Name ?? "outside working hours";
    }
}

/// <summary>A window of a weekday, from its opening up to and without its closing. Midnight as closing is the end of the day.</summary>
public sealed record OpeningHours(IsoDayOfWeek Day, LocalTime Opens, LocalTime Closes)
{
    internal Interval On(LocalDate day, DateTimeZone zone, ZoneLocalMappingResolver resolver)
    {
        var closing = Closes == LocalTime.Midnight ? day.PlusDays(1).AtMidnight() : day.At(Closes);
        var (start, end) = (zone.ResolveLocal(day.At(Opens), resolver).ToInstant(), zone.ResolveLocal(closing, resolver).ToInstant());
        return new(start, Instant.Max(start, end));     // a window that was skipped whole is empty
    }
}

/// <summary>A day without work, with the name people know it by.</summary>
public sealed record Holiday(LocalDate Day, string Name);

/// <summary>A part of the way between two moments, and whether it counts.</summary>
/// <param name="Why">Why it does not count; empty when it does.</param>
public sealed record Stretch(Instant From, Instant To, bool Counts, string Why)
{
    public Duration Length => To - From;
}
