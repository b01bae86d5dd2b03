using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Partner.V1;
using Duration = NodaTime.Duration;

namespace IncidentTracker.HubTests;

/// <summary>What was expected and did not come, and why a bag is held, is said and not left out: on the page and over REST alike.</summary>
public sealed class HonestWordsTests : HubTest
{
    [Fact]
    public async Task An_expected_time_that_has_passed_stays_readable_as_not_confirmed()
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001", "GO");
        await Hub.As("GO").AcceptedAsync(Say.That("g1", reference, "FORWARD_DEPARTED").But(update => update.Eta = Between(Duration.FromHours(4), null)));
        await Hub.LiveUntilAsync(Hub.Time.Now + Duration.FromHours(5));

        var (timeline, page) = await ReadAsync(reference);

        var incident = timeline.GetProperty("incident");
        Assert.Equal("Your bag left Frankfurt. Due Monday 6 July, 17:00, not confirmed.", incident.GetProperty("sentence").GetString());
        Assert.Equal("Monday 6 July, 17:00", incident.GetProperty("wasExpected").GetString());
        Assert.False(incident.TryGetProperty("expected", out _));
        Assert.Contains(timeline.GetProperty("entries").EnumerateArray(), line => line.GetProperty("text").GetString() == "Due Monday 6 July, 17:00, not confirmed");
        Assert.Contains("<h1>Your bag left Frankfurt. Due Monday 6 July, 17:00, not confirmed.</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Was expected</dt><dd>Monday 6 July, 17:00", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delivery_whose_window_is_over_was_planned()
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001", "CQ");
        await Hub.As("CQ").AcceptedAsync(Say.That("c1", reference, "DELIVERY_SCHEDULED").But(update => update.Eta = Between(Duration.FromHours(2), Duration.FromHours(4))));
        await Hub.LiveUntilAsync(Hub.Time.Now + Duration.FromHours(5));

        var (timeline, page) = await ReadAsync(reference);

        const string sentence = "The delivery of your bag was planned for Monday 6 July, 15:00 to 17:00. Nobody has confirmed it yet.";
        Assert.Equal(sentence, timeline.GetProperty("incident").GetProperty("sentence").GetString());
        Assert.Contains($"<h1>{sentence}</h1>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("73", "customs inspection")]
    [InlineData("OUR_OWN_CODE", "a reason was given")]
    public async Task A_bag_that_is_held_for_a_reason_says_what_holds_it(string code, string words)
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001", "GO");
        await Hub.As("GO").AcceptedAsync(Say.That("g1", reference, "HELD").But(update => (update.ReasonCode, update.Eta) = (code, Between(Duration.FromHours(20), null))));

        var (timeline, page) = await ReadAsync(reference);

        Assert.Equal($"Your bag is being held at Frankfurt: {words}.", timeline.GetProperty("incident").GetProperty("sentence").GetString());
        Assert.Contains($"<h1>Your bag is being held at Frankfurt: {words}.</h1>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("do not know the reason", page, StringComparison.Ordinal);
        Assert.DoesNotContain("OUR_OWN_CODE", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_two_disagree_about_a_bag_the_traveller_does_not_read_that_one_of_them_has_it()
    {
        var reference = await Hub.As("XB").OpenAsync("0901000001", "GO", "CQ");
        await Hub.As("GO").AcceptedAsync(Say.That("g1", reference, "ON_HAND"));
        await Hub.As("GO").AcceptedAsync(Say.Note("g2", reference, "Handed over at desk 4.").But(update => update.Custody = new() { Action = CustodyAction.Released, From = "GO", To = "CQ" }));
        await Hub.As("CQ").Tasks.RefuseHandoverAsync(new() { UpdateId = "c1", IncidentReference = reference, Reason = "Nobody was there." }, Hub.As("CQ").Credential);

        var (timeline, page) = await ReadAsync(reference);

        Assert.Equal("Two companies say different things about where your bag is. Finding out is our job.", timeline.GetProperty("incident").GetProperty("sentence").GetString());
        Assert.False(timeline.GetProperty("incident").TryGetProperty("whoHasIt", out _));
        Assert.True(timeline.GetProperty("incident").TryGetProperty("nextWordDueTime", out _));
        Assert.Contains("<dt>Who has the bag</dt><dd>Not known yet</dd>", page, StringComparison.Ordinal);
    }

    private Eta Between(Duration from, Duration? to) => new()
    {
        From = Timestamp.FromDateTimeOffset((Hub.Time.Now + from).ToDateTimeOffset()),
        To = to is { } end ? Timestamp.FromDateTimeOffset((Hub.Time.Now + end).ToDateTimeOffset()) : null,
        TimeZone = "Atlantic/Madeira",
    };

    private async Task<(JsonElement Timeline, string Page)> ReadAsync(string reference)
    {
        using var browser = Hub.Browse();
        return (await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska"), WebUtility.HtmlDecode(await TrackTests.OpenAsync(browser, reference, "Kowalska")));
    }
}
