using System.Globalization;

namespace IncidentTracker.Simulator;

/// <summary>How moments of the story are written on the console: UTC, without the year.</summary>
internal static class StoryTime
{
    public static string Text(DateTimeOffset moment) => moment.ToUniversalTime().ToString("MM-dd HH:mm", CultureInfo.InvariantCulture);
}
