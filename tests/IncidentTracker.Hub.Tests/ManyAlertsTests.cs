using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Many silences at once: told as one, without leaving out any.</summary>
public sealed class ManyAlertsTests
{
    private static readonly string[] Everybody =
        ["GO Station desk@go", "GO Headquarters hq@go", "XB Supervisor boss@xb", "XA Supervisor boss@xa", "AG Mediator mediator@ag"];

    [Theory]
    [InlineData(20), InlineData(21)]
    public async Task More_than_twenty_silences_in_ten_minutes_are_told_as_one_and_fewer_one_by_one(int count)
    {
        await using var hub = await Silences.StartAsync(Everybody);
        for (var i = 0; i < count; i++) await hub.AskAsync("XB", i);

        await hub.LiveAndTellAsync(Duration.FromHours(2.5));

        if (count == 20) Assert.Equal(20, (await hub.MailsAsync()).Length);
        else Assert.Equal(["desk@go alert.due_soon GO: 21 cases without news"], await hub.MailsAsync());
    }

    [Fact]
    public async Task Silences_that_come_one_by_one_are_told_as_one_too_once_they_are_many()
    {
        await using var hub = await Silences.StartAsync(Everybody);
        var step = Duration.FromSeconds(12);
        for (var i = 0; i < 40; i++, hub.Time.Advance(step)) await hub.AskAsync("XB", i);
        hub.Time.Advance(Duration.FromHours(2.4) - (40 * step));

        for (var i = 0; i < 50; i++)
        {
            await hub.LiveUntilAsync(hub.Time.Now + step);
            await hub.TellAsync();
        }
        await hub.LiveAndTellAsync(Duration.FromMinutes(25));

        Assert.Equal(22, (await hub.MailsAsync()).Length);
        Assert.Equal("desk@go alert.due_soon GO: 19 more cases without news, 40 in all", (await hub.MailsAsync())[^1]);
    }

    [Theory]
    [InlineData(37), InlineData(412)]
    public async Task However_many_cases_wait_for_one_party_each_step_is_one_mail(int count)
    {
        await using var hub = await Silences.StartAsync(Everybody);
        for (var i = 0; i < count; i++) await hub.AskAsync("XB", i);

        await hub.LiveAndTellAsync(Duration.FromHours(16));

        Assert.Equal(
        [
            $"desk@go alert.due_soon GO: {count} cases without news", $"desk@go alert.breached GO: {count} cases without news", $"hq@go alert.escalated GO: {count} cases without news",
            $"boss@xb alert.escalated GO: {count} cases without news", $"mediator@ag alert.escalated GO: {count} cases without news",
        ], await hub.MailsAsync());
    }

    [Fact]
    public async Task When_a_storm_has_doubled_it_is_told_again_with_the_number_in_all()
    {
        await using var hub = await Silences.StartAsync(Everybody);
        for (var i = 0; i < 25; i++) await hub.AskAsync("XB", i);
        hub.Time.Advance(Duration.FromMinutes(5));
        for (var i = 25; i < 55; i++) await hub.AskAsync("XB", i);
        hub.Time.Advance(Duration.FromMinutes(20));
        for (var i = 55; i < 58; i++) await hub.AskAsync("XB", i);

        await hub.LiveAndTellAsync(Duration.FromHours(2.7));
        Assert.Equal(
        [
            "desk@go alert.due_soon GO: 25 cases without news",
            "desk@go alert.due_soon GO: 30 more cases without news, 55 in all",
            "desk@go alert.due_soon GO: 3 more cases without news, 58 in all",
        ], (await hub.MailsAsync()).Where(mail => mail.Contains("due_soon", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_joins_a_storm_and_is_answered_before_it_is_told_again_is_not_told()
    {
        await using var hub = await Silences.StartAsync(Everybody);
        for (var i = 0; i < 25; i++) await hub.AskAsync("XB", i);
        hub.Time.Advance(Duration.FromMinutes(5));
        var answered = await hub.AskAsync("XB", 25);
        await hub.AskAsync("XB", 26);
        await hub.LiveAndTellAsync(Duration.FromHours(2.4));
        await hub.As("GO").AcceptedAsync(Say.That("g1", answered, "ON_HAND"));

        await hub.LiveAndTellAsync(Duration.FromMinutes(35));

        // One that is left is told as the case it is, with its link.
        var last = (await hub.MailRowsAsync()).Last(mail => mail.EventType == "alert.due_soon");
        Assert.DoesNotContain("cases", Silences.SubjectOf(last), StringComparison.Ordinal);
        Assert.NotNull(Links.LinkIn(last));
        Assert.DoesNotContain(await hub.MailRowsAsync(), mail => mail.Body.Contains(answered, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_storm_that_lasts_leaves_nobody_out_and_shows_no_owner_the_cases_of_another()
    {
        await using var hub = await Silences.StartAsync(Everybody);
        var owners = new Dictionary<string, string>();
        for (var i = 0; i < 25; i++) owners.Add(await hub.AskAsync("XB", i), "xb");
        for (var i = 25; i < 37; i++)
        {
            await hub.LiveAndTellAsync(Duration.FromMinutes(20));
            owners.Add(await hub.AskAsync(i % 2 == 0 ? "XB" : "XA", i), i % 2 == 0 ? "xb" : "xa");
        }
        await hub.LiveAndTellAsync(Duration.FromHours(16));

        var mails = await hub.MailRowsAsync();
        foreach (var (reference, owner) in owners)
        {
            foreach (var (address, kind) in new[] { ("desk@go", "alert.due_soon"), ("desk@go", "alert.breached"), ("hq@go", "alert.escalated"), ($"boss@{owner}", "alert.escalated"), ("mediator@ag", "alert.escalated") })
                Assert.Single(mails, mail => mail.Recipient == address && mail.EventType == kind && mail.Body.Contains(reference, StringComparison.Ordinal));
            Assert.DoesNotContain(mails, mail => mail.Recipient == (owner == "xb" ? "boss@xa" : "boss@xb") && mail.Body.Contains(reference, StringComparison.Ordinal));
        }
        Assert.All(await hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert =>
        {
            Assert.Equal(ContactLevels.Of(alert.Stage), alert.ToldTo);
            Assert.True(alert.ToldAt - alert.FiredAt < Duration.FromMinutes(32), $"{alert.Stage} was told {alert.ToldAt - alert.FiredAt} later");
        });
        // And at most one mail to each of them in ten minutes while it lasts.
        Assert.True(mails.Count(mail => mail.Recipient == "hq@go") <= 9, $"{mails.Count(mail => mail.Recipient == "hq@go")} mails");
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task After_a_time_in_which_nobody_looked_each_party_hears_at_its_highest_level_once_and_of_how_many()
    {
        await using var hub = await Silences.StartAsync([.. Everybody, "LH2 Station desk@lh2", "LH2 Headquarters hq@lh2", "TRW Station desk@trw", "TRW Headquarters hq@trw"]);
        for (var i = 0; i < 70; i++) await hub.AskAsync("XB", i);
        hub.Time.Advance(Duration.FromHours(3));
        for (var i = 70; i < 140; i++) await hub.AskAsync("XB", i, "LH2");
        hub.Time.Advance(Duration.FromHours(3.1));
        for (var i = 140; i < 200; i++) await hub.AskAsync("XB", i, "TRW");
        hub.Time.Advance(Duration.FromHours(2.5));
        await hub.RestartAsync();       // it was there until now, and did not look

        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromSeconds(3));
        await hub.TellAsync();

        Assert.Equal(
        [
            "desk@lh2 alert.breached LH2: 70 cases without news", "desk@trw alert.due_soon TRW: 60 cases without news", "hq@go alert.escalated GO: 70 cases without news",
        ], await hub.MailsAsync());
        Assert.Equal(200, await hub.WithDbAsync(db => db.Alerts.CountAsync()));
    }
}
