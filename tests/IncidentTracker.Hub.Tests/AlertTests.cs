using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Who hears of a silence, when, and how often: once.</summary>
public sealed class AlertTests
{
    private static readonly Duration Minute = Duration.FromMinutes(1);

    [Fact]
    public async Task A_silence_is_told_step_by_step_to_those_whose_turn_it_is()
    {
        await using var hub = await StartAsync();
        var reference = await hub.AskAsync("XB", 1);

        await hub.LiveAndTellAsync(Duration.FromHours(20));

        Assert.Equal(
        [
            $"go-desk@example alert.due_soon {reference}: news from GO is due by Monday 6 July, 15:00 UTC",
            $"go-desk@example alert.breached {reference}: news from GO was due by Monday 6 July, 15:00 UTC and has not come",
            $"go-hq@example alert.escalated {reference}: still no news from GO, due since Monday 6 July, 15:00 UTC",
            $"xb-supervisor@example alert.escalated {reference}: still no news from GO, due since Monday 6 July, 15:00 UTC",
            $"mediator@example alert.escalated {reference}: still no news from GO, due since Monday 6 July, 15:00 UTC",
        ], await hub.MailsAsync());
        Assert.All(await hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => Assert.NotNull(alert.ToldAt));
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task Whoever_is_named_twice_hears_once_however_the_address_is_written()
    {
        await using var hub = await Silences.StartAsync("GO Station desk@go.example", "GO Station Desk@GO.example", "GO Station desk@go.example", "GO Headquarters desk@go.example");
        await hub.AskAsync("XB", 1);

        await hub.LiveAndTellAsync(Duration.FromHours(2.5));

        Assert.Equal("desk@go.example", Assert.Single(await hub.MailRowsAsync()).Recipient, ignoreCase: true);
    }

    [Fact]
    public async Task A_word_that_comes_before_people_are_told_leaves_nothing_to_tell()
    {
        await using var hub = await StartAsync();
        var reference = await hub.AskAsync("XB", 1);
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromHours(2.5));
        Assert.Equal(1, await hub.WithDbAsync(db => db.Alerts.CountAsync()));

        await hub.As("GO").AcceptedAsync(Say.That("g1", reference, "ON_HAND"));
        hub.Time.Advance(Minute);
        await hub.TellAsync();

        Assert.Empty(await hub.MailsAsync());
        Assert.All(await hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => Assert.NotNull(alert.ToldAt));
    }

    [Fact]
    public async Task A_case_that_cannot_be_read_keeps_nobody_from_hearing_of_the_others()
    {
        await using var hub = await StartAsync();
        var broken = await hub.As("XB").OpenAsync("0901000001");
        var sound = await hub.As("XB").OpenAsync("0901000002");
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(25));
        Assert.True(Reference.TryParse(broken, out var reference));
        await hub.WithDbAsync(db => db.Incidents.Where(row => row.Reference == reference.Value).ExecuteUpdateAsync(set => set.SetProperty(row => row.State, new byte[] { 0xFF, 0xFF })));
        hub.Time.Advance(Minute);

        await hub.TellAsync();

        Assert.Equal([$"xb-desk@example alert.due_soon {sound}: news from XB is due by Monday 6 July, 12:30 UTC"], await hub.MailsAsync());
        Assert.Equal(2, await hub.WithDbAsync(db => db.Alerts.CountAsync(alert => alert.ToldAt != null)));
        Assert.Equal(1, await hub.WithDbAsync(db => db.Alerts.CountAsync(alert => alert.ToldTo != null)));
        var id = await hub.WithDbAsync(db => db.Incidents.Where(row => row.Reference == reference.Value).Select(row => row.Id).SingleAsync());
        Assert.Single(hub.Log, line => line.Level == LogLevel.Warning && line.Failure is not null && line.Category.Contains(".Alerts.", StringComparison.Ordinal) && line.Text.Contains(id.ToString(), StringComparison.Ordinal));
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task Where_a_level_has_nobody_the_next_one_hears_at_once_and_the_log_says_so_once()
    {
        await using var hub = await Silences.StartAsync("XB Supervisor xb-supervisor@example", "AG Mediator mediator@example");
        foreach (var number in (int[])[1, 2]) await hub.AskAsync("XB", number);

        await hub.LiveAndTellAsync(Duration.FromHours(20));

        Assert.Equal(
        [
            "xb-supervisor@example alert.breached", "xb-supervisor@example alert.breached",     // and not again when it is its own turn
            "mediator@example alert.escalated", "mediator@example alert.escalated",
        ], (await hub.MailsAsync()).Select(mail => string.Join(' ', mail.Split(' ')[..2])));
        Assert.All(await hub.MailRowsAsync(), mail => Assert.Null(Links.LinkIn(mail)));     // nobody answers for another
        foreach (var level in (string[])["Station", "Headquarters"])
            Assert.Single(hub.Log, line => line.Level == LogLevel.Warning && line.Text.Contains($"nobody of GO at the level {level}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reminders_wait_until_people_are_at_work_and_what_is_overdue_does_not()
    {
        var file = Path.Combine(Path.GetTempPath(), $"hours-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, """
            {
              "calendars": [{ "id": "days", "version": 1, "zone": "Europe/Berlin", "week": [{ "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"], "hours": ["09:30-18:00"] }] }],
              "hours": [{ "organization": "XB", "calendar": "days/1", "activeFrom": "2026-07-01T00:00:00Z" }]
            }
            """);
        try
        {
            await using var hub = await Hub.StartAsync([("Sla:File", file), .. Silences.SettingsOf("XB Station xb-desk@example")]);
            hub.Time.Set(Instant.FromUtc(2026, 7, 6, 17, 0));
            var evening = await AcknowledgedAsync(hub, "0901000001");
            await hub.LiveAndTellAsync(Duration.FromHours(5));
            hub.Time.Set(Instant.FromUtc(2026, 7, 7, 4, 0));
            var morning = await AcknowledgedAsync(hub, "0901000002");

            // Four hours around the clock: the one is due at night, the other half an hour after work has begun.
            await hub.LiveAndTellAsync(Duration.FromHours(3.4));
            Assert.Equal($"xb-desk@example alert.breached {evening}: news from XB was due by Monday 6 July, 21:01 UTC and has not come", Assert.Single(await hub.MailsAsync()));
            await hub.LiveAndTellAsync(Duration.FromMinutes(10));
            Assert.Equal($"xb-desk@example alert.due_soon {morning}: news from XB is due by Tuesday 7 July, 08:01 UTC", (await hub.MailsAsync())[^1]);
            Assert.Equal(2, (await hub.MailsAsync()).Length);
        }
        finally { File.Delete(file); }
    }

    [Fact]
    public async Task Two_hubs_tell_each_alert_once()
    {
        await using var hub = await StartAsync();
        await using var twin = TestDatabase.IsPostgres ? hub.StartTwin() : null;
        for (var i = 0; i < 10; i++) await hub.AskAsync("XB", i);
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromHours(2.5));
        hub.Time.Advance(Minute);

        await Task.WhenAll(hub.TellAsync(), (twin ?? hub).TellAsync(), hub.TellAsync(), (twin ?? hub).TellAsync());
        Assert.Equal(10, (await hub.MailsAsync()).Distinct().Count());
        Assert.Equal(10, (await hub.MailsAsync()).Length);
        hub.MustBeQuiet();
    }

    private static Task<Hub> StartAsync() => Hub.StartAsync([.. Links.People]);

    private static async Task<string> AcknowledgedAsync(Hub hub, string tag)
    {
        var reference = await hub.As("XB").OpenAsync(tag);
        hub.Time.Advance(Minute);
        await hub.As("XB").AcceptedAsync(Say.That("ack", reference, "ACKNOWLEDGED"));
        return reference;
    }
}
