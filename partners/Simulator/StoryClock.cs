using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IncidentTracker.Simulator;

/// <summary>A moment of the story and the real second, counted from the start, at which it is reached.</summary>
internal sealed record StoryPoint(double Second, DateTimeOffset Story);

/// <summary>
/// The clock that hub and partners share in a demo: days of story in minutes of life. Between two points time runs
/// evenly; after the last it runs as everywhere.
/// </summary>
internal sealed record StoryClock(DateTimeOffset StartedAt, ImmutableArray<StoryPoint> Points)
{
    private const double SecondsPerStep = 5.5;

    /// <summary>Time for a hub and the partners to start before the first word, at every speed.</summary>
    private const double SecondsBeforeFirstStep = 8;

    /// <summary>How much of a step's time the story stands nearly still, so that words arrive at the minute they are meant for.</summary>
    private const double ShareOfRest = 0.4;

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(20);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new InUtc() } };

    public static StoryClock Of(Scenario scenario, DateTimeOffset startedAt, double speed)
    {
        var moments = scenario.Steps.Select(step => step.At).ToArray();
        var points = ImmutableArray.CreateBuilder<StoryPoint>();
        points.Add(new(0, moments[0].AddMinutes(-1)));

        var slot = SecondsPerStep / speed;
        for (var i = 0; i < moments.Length; i++)
        {
            var second = SecondsBeforeFirstStep + (i * slot);
            points.Add(new(second, moments[i]));
            if (i + 1 == moments.Length) break;

            var rest = TimeSpan.FromTicks(Math.Min((moments[i + 1] - moments[i]).Ticks / 10, LongestRest.Ticks));
            points.Add(new(second + (slot * ShareOfRest), moments[i] + rest));
        }
        return new(startedAt, points.ToImmutable());
    }

    /// <summary>What time it is in the story.</summary>
    public DateTimeOffset StoryAt(DateTimeOffset now)
    {
        var second = (now - StartedAt).TotalSeconds;
        if (second <= Points[0].Second) return Points[0].Story;

        for (var i = 1; i < Points.Length; i++)
        {
            var (from, to) = (Points[i - 1], Points[i]);
            if (second >= to.Second) continue;
            return from.Story + ((to.Story - from.Story) * ((second - from.Second) / (to.Second - from.Second)));
        }
        return Points[^1].Story.AddSeconds(second - Points[^1].Second);
    }

    /// <summary>The first real moment at which the story has come to <paramref name="story"/>.</summary>
    public DateTimeOffset RealAt(DateTimeOffset story)
    {
        if (story <= Points[0].Story) return StartedAt.AddSeconds(Points[0].Second);

        for (var i = 1; i < Points.Length; i++)
        {
            var (from, to) = (Points[i - 1], Points[i]);
            if (story > to.Story) continue;
            return StartedAt.AddSeconds(from.Second + ((to.Second - from.Second) * ((story - from.Story) / (to.Story - from.Story))));
        }
        return StartedAt.AddSeconds(Points[^1].Second) + (story - Points[^1].Story);
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public static StoryClock Parse(string json)
    {
        try
        {
            var clock = JsonSerializer.Deserialize<StoryClock>(json, Json);
            return clock is { Points.IsDefaultOrEmpty: false } ? clock : throw new WrongCommand("The clock file has no points.");
        }
        catch (JsonException wrong)
        {
            throw new WrongCommand($"The clock file cannot be read: {wrong.Message}");
        }
    }

    /// <summary>Moments with a Z, which every reader of dates understands.</summary>
    private sealed class InUtc : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
    }
}
