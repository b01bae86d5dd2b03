using IncidentTracker.Simulator;

namespace IncidentTracker.Partners.Tests;

public sealed class PlayerTests : IAsyncLifetime
{
    private readonly FakeHub _hub = new();
    private readonly StringWriter _console = new();

    public Task InitializeAsync() => _hub.StartAsync();

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _console.DisposeAsync();
    }

    [Fact]
    public async Task A_partner_sends_its_own_words_in_order_and_under_its_own_key()
    {
        var scenario = Stories.Read("sc01");

        var exitCode = await PlayAsync(scenario, "GO");

        Assert.Equal(0, exitCode);
        Assert.Equal(["sc01-03", "sc01-09", "sc01-13", "sc01-14", "sc01-15"], _hub.Heard.Ids);
        Assert.All(_hub.Heard.Keys, key => Assert.Equal("Bearer dev-GO", key));
    }

    [Fact]
    public async Task Every_line_says_when_who_what_and_how_the_hub_took_it()
    {
        await PlayAsync(Stories.Read("sc01"), "LH2");

        Assert.Equal("07-07 13:26  LH2  says at last that it missed XB1689 in Lisbon: the belt broke (of 07-07 11:20): accepted, late", _console.ToString().Trim());
    }

    [Fact]
    public async Task Opening_a_case_names_its_reference()
    {
        await PlayAsync(Stories.Read("sc01"), "IH");

        Assert.Contains("case K7Q-4M2-XDC is open", _console.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_without_an_answer_is_sent_again_under_the_same_id()
    {
        _hub.Heard.FailuresToCome = 2;

        var exitCode = await PlayAsync(Stories.Of("""{ "id": "01", "at": "2026-07-06T05:10:00Z", "by": "XB", "note": "n", "update": { "eventTimeZone": "Z", "statusCode": "A" } }""", "again"), "XB");

        Assert.Equal(0, exitCode);
        Assert.Equal(["again-01", "again-01", "again-01"], _hub.Heard.Ids);
    }

    [Fact]
    public async Task A_story_told_twice_is_as_good_as_told_once()
    {
        await PlayAsync(Stories.Read("sc05"), "CQ");

        Assert.Equal(0, await PlayAsync(Stories.Read("sc05"), "CQ"));
    }

    [Fact]
    public async Task A_duplicate_and_a_conflict_that_the_story_announces_are_no_surprise()
    {
        Assert.Equal(0, await PlayAsync(Stories.Read("sc03"), "LH2"));
        Assert.Contains("refused, UPDATE_ID_CONFLICT", _console.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_the_story_does_not_announce_is_said_and_fails_the_play()
    {
        var scenario = Stories.Of("""{ "id": "01", "at": "2026-07-06T05:10:00Z", "by": "XB", "note": "n", "expect": "DUPLICATE", "update": { "eventTimeZone": "Z", "statusCode": "A" } }""", "surprise");

        Assert.Equal(1, await PlayAsync(scenario, "XB"));
        Assert.Contains("XB: the hub did not answer as surprise says in step 01.", _console.ToString(), StringComparison.Ordinal);
    }

    private async Task<int> PlayAsync(Scenario scenario, string partner)
    {
        // A story of long ago: every step is due at once.
        var clock = StoryClock.Of(scenario, DateTimeOffset.UnixEpoch, 1);
        using var line = new HubLine(_hub.Address, $"dev-{partner}", TimeProvider.System, _console);
        return await new Player(scenario, partner, clock, line, TimeProvider.System, _console).PlayAsync(CancellationToken.None);
    }
}
