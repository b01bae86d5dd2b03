using IncidentTracker.Access;
using IncidentTracker.Web;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>The time of a demo, in which days pass in a minute.</summary>
public sealed class StoryTimeTests
{
    [Fact]
    public async Task A_wait_for_another_machine_is_as_long_as_on_that_machine()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $$"""{ "startedAt": "{{TimeProvider.System.GetUtcNow():O}}", "points": [{ "second": 0, "story": "2026-07-06T00:00:00Z" }, { "second": 7200, "story": "2026-08-05T00:00:00Z" }] }""");
            var story = StoryClock.For(new DevelopmentOptions { ClockFile = file })!;

            // A minute of the machine is six hours of this story.
            Assert.InRange(story.In(Duration.FromMinutes(1)) - Instant.FromDateTimeOffset(story.GetUtcNow()), Duration.FromHours(5.9), Duration.FromHours(6.1));
            Assert.Equal(Duration.FromMinutes(1), new ManualTime(Instant.FromUtc(2026, 7, 6, 12, 0)).In(Duration.FromMinutes(1)) - Instant.FromUtc(2026, 7, 6, 12, 0));
        }
        finally { File.Delete(file); }
    }
}
