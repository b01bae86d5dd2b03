using IncidentTracker.Simulator;

namespace IncidentTracker.Partners.Tests;

public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Directory.GetFiles(Path.GetDirectoryName(Stories.PathOf("sc01"))!).Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_story_that_ships_can_be_played(string name)
    {
        var (scenario, problems) = ScenarioReader.Read(Stories.PathOf(name));

        Assert.Empty(problems);
        Assert.Equal(name, scenario!.Name);
    }

    [Fact]
    public void An_update_says_by_itself_what_the_step_leaves_out()
    {
        var update = Assert.Single(Stories.Of(Step("""{ "eventTimeZone": "Z", "statusCode": "TRACING" }"""), "test").Steps).Update!;

        Assert.Equal("test-01", update.UpdateId);
        Assert.Equal("0900123456", update.Incident.ExternalReference.Value);
        Assert.Equal("2026-07-06", update.Incident.ExternalReference.Date);
        Assert.Equal(DateTimeOffset.Parse("2026-07-06T05:10:00Z", null), update.EventTime.ToDateTimeOffset());
    }

    [Theory]
    [InlineData("""{ "eventTimeZone": "Z", "statusCod": "TRACING" }""", "statusCod")]
    [InlineData("""{ "statusCode": "TRACING" }""", "eventTimeZone is missing")]
    [InlineData("""{ "eventTimeZone": "Z" }""", "the update says nothing")]
    [InlineData("""{ "eventTimeZone": "Z", "statusCode": "TRACING", "eventTime": "2026-07-06T06:00:00Z" }""", "it happened after the hub heard of it")]
    [InlineData("""{ "eventTimeZone": "Z", "statusCode": "DELIVERY_ORDERED", "askedParty": "CQ" }""", "CQ is not in the story")]
    [InlineData("""{ "eventTimeZone": "Z", "correction": { "kind": "CORRECTION_KIND_VOID", "updateId": "no" } }""", "it corrects no, which nobody sends")]
    public void A_step_that_cannot_be_played_is_named_with_the_reason(string update, string reason)
    {
        var (scenario, problems) = ScenarioReader.Parse(Stories.Json(Step(update)));

        Assert.Null(scenario);
        Assert.StartsWith("Step 01: ", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Contains(reason, problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_stand_in_the_order_in_which_the_hub_hears_them()
    {
        const string Said = """{ "eventTimeZone": "Z", "statusCode": "TRACING" }""";

        var (_, problems) = ScenarioReader.Parse(Stories.Json(Step(Said) + "," + Step(Said, "02", "2026-07-06T05:09:00Z")));

        Assert.Equal("Step 02 is before step 01 in time. Put them in the order in which the hub hears them.", Assert.Single(problems));
    }

    private static string Step(string update, string id = "01", string at = "2026-07-06T05:10:00Z") =>
        $$"""{ "id": "{{id}}", "at": "{{at}}", "by": "XB", "note": "says something", "update": {{update}} }""";
}
