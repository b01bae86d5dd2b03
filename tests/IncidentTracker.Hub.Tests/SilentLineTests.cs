using System.Collections.Immutable;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>A partner of which nothing at all is heard any more: who is told, when, and that nobody is told twice.</summary>
public sealed class SilentLineTests
{
    private static readonly Duration Minute = Duration.FromMinutes(1);
    private static readonly Instant Noon = Instant.FromUtc(2026, 7, 6, 12, 0);

    [Fact]
    public async Task Three_usual_pauses_after_its_last_word_a_silent_partner_is_told_as_one_with_all_that_waits_before_anything_is_due()
    {
        await using var hub = await Silences.StartAsync("LH2 Partner it@lh2", "LH2 Station desk@lh2", "XB Supervisor boss@xb", "XA Supervisor boss@xa");
        var references = new List<string>();
        for (var i = 0; i < 37; i++) references.Add(await hub.AskAsync(i < 36 ? "XB" : "XA", i, "LH2"));
        await hub.DutiesKnownAsync("LH2", 37);
        await hub.BeHeardAsync("LH2", 15 * Minute, 6);

        await hub.LiveAndTellAsync(44 * Minute);
        Assert.Empty(await hub.MailsAsync());
        await hub.LiveAndTellAsync(2 * Minute);

        Assert.Equal(
        [
            "boss@xa alert.partner_silent LH2 has been silent since Monday 6 July, 13:15 UTC: 1 case without news",
            "boss@xb alert.partner_silent LH2 has been silent since Monday 6 July, 13:15 UTC: 36 cases without news",
            "it@lh2 alert.partner_silent LH2 has been silent since Monday 6 July, 13:15 UTC: 37 cases without news",
        ], await hub.MailsAsync());
        var toXa = (await hub.MailRowsAsync()).Single(mail => mail.Recipient == "boss@xa");
        Assert.Equal([references[36]], references.Where(reference => toXa.Body.Contains(reference, StringComparison.Ordinal)));

        // Its technicians know. The people at the bags are still asked, all at once.
        await hub.LiveAndTellAsync(30 * Minute);
        Assert.Equal("desk@lh2 alert.due_soon LH2: 37 cases without news", (await hub.MailsAsync())[3..].Single());
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task In_three_hours_of_a_dead_line_each_level_hears_once_and_a_second_outage_is_told_again()
    {
        await using var hub = await Hub.StartAsync([.. Silences.SettingsOf("XB Station desk@xb", "XB Headquarters hq@xb", "XB Supervisor boss@xb", "AG Mediator mediator@ag")]);
        await hub.BeHeardAsync("XB", 5 * Minute, 61);
        var references = await OpenAsync(hub, 12);
        await hub.DutiesKnownAsync("XB", 12);

        await hub.LiveAndTellAsync(Duration.FromHours(3));
        Assert.Equal(
        [
            "boss@xb alert.partner_silent XB has been silent since Monday 6 July, 17:00 UTC: 12 cases without news",
            "desk@xb alert.partner_silent XB has been silent since Monday 6 July, 17:00 UTC: 12 cases without news",
            "hq@xb alert.escalated XB: 12 cases without news",
            "mediator@ag alert.escalated XB: 12 cases without news",
        ], await hub.MailsAsync());

        await hub.As("XB").BatchAsync(references.Select(reference => Say.That("ack", reference, "ACKNOWLEDGED")));
        await hub.BeHeardAsync("XB", 5 * Minute, 2);
        await hub.LiveAndTellAsync(14 * Minute);
        Assert.Equal(4, (await hub.MailsAsync()).Length);
        await hub.LiveAndTellAsync(30 * Minute);
        Assert.Equal(
        [
            "boss@xb alert.partner_silent XB has been silent since Monday 6 July, 20:05 UTC: 12 cases without news",
            "desk@xb alert.partner_silent XB has been silent since Monday 6 July, 20:05 UTC: 12 cases without news",
        ], (await hub.MailsAsync())[4..]);
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_dead_line_is_one_alert_however_many_cases_it_makes_silent_and_recovery_tells_nobody_again()
    {
        await using var hub = await Silences.StartAsync("XB Station desk@xb");
        await hub.BeHeardAsync("XB", 5 * Minute, 13);
        var references = await OpenAsync(hub, 500);
        await hub.DutiesKnownAsync("XB", 500);

        await hub.LiveAndTellAsync(40 * Minute);

        Assert.Equal(["desk@xb alert.partner_silent XB has been silent since Monday 6 July, 13:00 UTC: 500 cases without news"], await hub.MailsAsync());
        Assert.Equal(500, await hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "HUB" && claim.UpdateId == "clock-1-breached")));
        using var browser = hub.Browse();
        Assert.Contains("It has not come.", await TrackTests.OpenAsync(browser, references[499], "Kowalska"), StringComparison.Ordinal);

        // The line is back, with everything that happened meanwhile.
        var start = hub.Time.GetUtcNow();
        foreach (var part in references.Chunk(100)) await hub.As("XB").BatchAsync(part.Select(reference => Say.That("ack", reference, "ACKNOWLEDGED").At(start.AddMinutes(-20))));
        await hub.LiveAndTellAsync(14 * Minute);

        Assert.Single(await hub.MailsAsync());
        Assert.Equal(500, await hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "HUB" && claim.UpdateId == "clock-1-cleared")));
        await hub.ProveStoredEqualsFoldedAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_party_that_is_missed_on_one_case_alone_is_asked_about_that_case()
    {
        await using var hub = await Silences.StartAsync("GO Station desk@go");
        await hub.BeHeardAsync("GO", 5 * Minute, 13);
        await hub.AskAsync("XB", 1);
        await hub.DutiesKnownAsync("GO", 1);

        await hub.LiveAndTellAsync(Duration.FromHours(3.1));

        Assert.Equal(["alert.due_soon", "alert.breached"], (await hub.MailsAsync()).Select(mail => mail.Split(' ')[1]));
        Assert.All(await hub.MailRowsAsync(), mail => Assert.NotNull(Links.LinkIn(mail)));

        await hub.AskAsync("XB", 2);
        await hub.DutiesKnownAsync("GO", 2);
        await hub.LiveAndTellAsync(Minute);
        Assert.Equal("desk@go alert.partner_silent GO has been silent since Monday 6 July, 13:00 UTC: 2 cases without news", (await hub.MailsAsync())[^1]);
    }

    [Fact]
    public async Task Time_in_which_the_hub_was_away_makes_nobody_silent()
    {
        await using var hub = await Silences.StartAsync("GO Station desk@go");
        foreach (var number in (int[])[1, 2]) await hub.AskAsync("XB", number);
        await hub.DutiesKnownAsync("GO", 2);
        await hub.BeHeardAsync("GO", 15 * Minute, 6);
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromHours(2));
        await hub.RestartAsync();

        await hub.LiveAndTellAsync(44 * Minute);
        Assert.Empty(await hub.MailsAsync());
        await hub.LiveAndTellAsync(2 * Minute);
        Assert.Contains("alert.partner_silent", Assert.Single(await hub.MailsAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 14, false), InlineData(0, 16, true)]
    [InlineData(5, 14, false), InlineData(5, 16, true)]
    [InlineData(15, 44, false), InlineData(15, 46, true)]
    [InlineData(60, 179, false), InlineData(60, 181, true)]
    [InlineData(600, 1799, false), InlineData(600, 1801, true)]
    public void A_partner_is_silent_after_three_of_its_usual_pauses_and_never_within_a_quarter_of_an_hour(int usualMinutes, int afterMinutes, bool isSilent) =>
        Assert.Equal(isSilent, Pulse.IsSilent(Known(Duration.FromDays(30), usualMinutes), [], Noon + (afterMinutes * Minute)));

    [Theory]
    [InlineData(59, 5, 5, false), InlineData(61, 5, 5, true)]
    [InlineData(299, 60, 60, false), InlineData(301, 60, 60, true)]
    [InlineData(1441, 5, 1440, false), InlineData(2881, 5, 1440, true)]      // once a day, and the second day is over
    public void Nothing_is_concluded_about_a_partner_that_is_hardly_known(int knownMinutes, int usualMinutes, int longestMinutes, bool isSilent)
    {
        var known = Known(knownMinutes * Minute, usualMinutes);
        known.LongestPauseSeconds = longestMinutes * 60;
        Assert.Equal(isSilent, Pulse.IsSilent(known, [], Noon + Duration.FromDays(1)));
    }

    [Fact]
    public void Time_in_which_it_could_not_be_heard_or_had_said_so_before_is_no_silence_of_a_partner()
    {
        var known = Known(Duration.FromDays(30), 15);
        Closure Between(int from, int until, string? whose) => new(whose is null ? null : new OrganizationId(whose), Noon + (from * Minute), Noon + (until * Minute), Noon, "");
        bool IsSilentAfter(int minutes, params Closure[] closures) => Pulse.IsSilent(known, [.. closures.ToImmutableArray()], Noon + (minutes * Minute));

        Assert.False(IsSilentAfter(104, Between(10, 70, null)));
        Assert.True(IsSilentAfter(106, Between(10, 70, null)));
        Assert.False(IsSilentAfter(104, Between(10, 70, null), Between(20, 60, "XB")));
        Assert.True(IsSilentAfter(106, Between(10, 70, null), Between(20, 60, "XB")));
        Assert.False(IsSilentAfter(104, Between(10, 70, "XB")));
        Assert.True(IsSilentAfter(46, Between(10, 70, "GO")));
        Assert.False(IsSilentAfter(60, Between(-60, 20, null)));
    }

    [Theory]
    [InlineData("12 12 300 12", 12)]            // an outage is nothing to get used to
    [InlineData("60 60 60", 60)]                // once an hour
    [InlineData("5 5 480 5 5 480 5", 480)]      // quiet at night
    [InlineData("5 10000 10000", 4320)]         // three days at most
    public async Task A_pause_is_usual_once_there_was_another_as_long(string pauses, int usual)
    {
        await using var hub = await Hub.StartAsync();
        foreach (var pause in pauses.Split(' ').Prepend("0")) await BeHeardAfterAsync(hub, int.Parse(pause, System.Globalization.CultureInfo.InvariantCulture));

        var learned = (await hub.WithDbAsync(db => db.Pulses.SingleAsync())).UsualPauseSeconds;
        Assert.InRange(learned, usual * 57, usual * 60);       // the night before last weighs a little less than the last one
    }

    private static Task BeHeardAfterAsync(Hub hub, int minutes)
    {
        hub.Time.Advance(minutes * Minute);
        return hub.BeHeardAsync("XB", Duration.Zero, 1);
    }

    private static PulseRow Known(Duration length, int usualMinutes) => new() { OrganizationId = "XB", SinceAt = Noon - length, HeardAt = Noon, UsualPauseSeconds = usualMinutes * 60 };

    private static async Task<List<string>> OpenAsync(Hub hub, int count)
    {
        var references = new List<string>();
        for (var i = 0; i < count; i++) references.Add(await hub.As("XB").OpenAsync($"09020{i:00000}"));
        await hub.Services.GetRequiredService<Pulse>().NoteAsync(CancellationToken.None);
        return references;
    }
}
