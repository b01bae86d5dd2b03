using System.Text.Json;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Web;

/// <summary>
/// The demo's time: days of a story in a few minutes. Reads a file of points (real seconds since the start, moment of the
/// story) and walks evenly from point to point; after the last one it goes on at the pace of the real clock.
/// </summary>
internal sealed class StoryClock : TimeProvider
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly TimeProvider _real;
    private readonly Script _script;

    private StoryClock(Script script, TimeProvider real) => (_script, _real) = (script, real);

    /// <summary>The demo's clock, if there is a demo.</summary>
    public static TimeProvider? For(DevelopmentOptions options)
    {
        if (options.ClockFile.Length == 0) return null;

        var script = JsonSerializer.Deserialize<Script>(File.ReadAllText(options.ClockFile), Json);
        if (script is not { Points.Count: > 0 }) throw new OptionsValidationException("Development", typeof(DevelopmentOptions), [$"Development:ClockFile: {options.ClockFile} holds no points."]);
        return new StoryClock(script, System);
    }

    public override DateTimeOffset GetUtcNow() => At(_real.GetUtcNow());

    /// <summary>The moment of the story at which so much time of the machine will have passed.</summary>
    public DateTimeOffset After(TimeSpan wait) => At(_real.GetUtcNow() + wait);

    private DateTimeOffset At(DateTimeOffset moment)
    {
        var second = (moment - _script.StartedAt).TotalSeconds;
        var points = _script.Points;
        if (second <= points[0].Second) return points[0].Story;
        for (var i = 1; i < points.Count; i++)
        {
            if (second > points[i].Second) continue;
            var share = (second - points[i - 1].Second) / (points[i].Second - points[i - 1].Second);
            return points[i - 1].Story + (points[i].Story - points[i - 1].Story) * share;
        }
        return points[^1].Story + TimeSpan.FromSeconds(second - points[^1].Second);
    }

    private sealed record Script(DateTimeOffset StartedAt, IReadOnlyList<Point> Points);

    private sealed record Point(double Second, DateTimeOffset Story);
}

/// <summary>Waits for other machines.</summary>
internal static class Waits
{
    /// <summary>The moment at which so much time will have passed for another machine: in a demo days go by meanwhile.</summary>
    public static Instant In(this TimeProvider time, Duration wait) => time is StoryClock story ? Instant.FromDateTimeOffset(story.After(wait.ToTimeSpan())).ToWholeMicroseconds() : time.Now() + wait;
}
