using IncidentTracker.Alerts;
using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
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
        var reference = await hub.As("XB").OpenAsync("0901000001", "GO");
        await hub.As("XB").AcceptedAsync(Requested("u1", reference));

        await LiveAsync(hub, Duration.FromHours(20));

        Assert.Equal(
        [
            $"go-desk@example alert.due_soon {reference}: news from GO is due by Monday 6 July, 15:00 UTC",
            $"go-desk@example alert.breached {reference}: news from GO was due by Monday 6 July, 15:00 UTC and has not come",
            $"go-hq@example alert.escalated {reference}: still no news from GO, due since Monday 6 July, 15:00 UTC",
            $"xb-supervisor@example alert.escalated {reference}: still no news from GO, due since Monday 6 July, 15:00 UTC",
            $"mediator@example alert.escalated {reference}: still no news from GO, due since Monday 6 July, 15:00 UTC",
        ], await MailsAsync(hub));
        Assert.All(await hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => Assert.NotNull(alert.ToldAt));
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_word_that_comes_before_people_are_told_leaves_nothing_to_tell()
    {
        await using var hub = await StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901000001", "GO");
        await hub.As("XB").AcceptedAsync(Requested("u1", reference));
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromHours(2.5));
        Assert.Equal(1, await hub.WithDbAsync(db => db.Alerts.CountAsync()));

        await hub.As("GO").AcceptedAsync(Say.That("g1", reference, "ON_HAND"));
        hub.Time.Advance(Minute);
        await TellAsync(hub);

        Assert.Empty(await MailsAsync(hub));
        Assert.All(await hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => Assert.NotNull(alert.ToldAt));
    }

    [Fact]
    public async Task A_dead_line_is_one_alert_however_many_cases_it_makes_silent_and_recovery_tells_nobody_again()
    {
        await using var hub = await StartAsync();
        var xb = hub.As("XB");
        var references = new List<string>();
        for (var i = 0; i < 500; i++) references.Add(await xb.OpenAsync($"09020{i:00000}"));
        await hub.Services.GetRequiredService<Pulse>().NoteAsync(CancellationToken.None);

        await LiveAsync(hub, Duration.FromMinutes(40));

        Assert.Equal(["xb-desk@example alert.partner_silent XB has been silent since Monday 6 July, 12:00 UTC: 500 cases without news"], await MailsAsync(hub));
        Assert.Equal(500, await hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "HUB" && claim.UpdateId == "clock-1-breached")));
        using var browser = hub.Browse();
        Assert.Contains("It has not come.", await TrackTests.OpenAsync(browser, references[499], "Kowalska"), StringComparison.Ordinal);

        // The line is back, with everything that happened meanwhile.
        var start = hub.Time.GetUtcNow();
        foreach (var part in references.Chunk(100)) await xb.BatchAsync(part.Select(reference => Say.That("ack", reference, "ACKNOWLEDGED").At(start.AddMinutes(-20))));
        await LiveAsync(hub, Duration.FromMinutes(30));

        Assert.Single(await MailsAsync(hub));
        Assert.Equal(500, await hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "HUB" && claim.UpdateId == "clock-1-cleared")));
        await hub.ProveStoredEqualsFoldedAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_party_that_is_missed_on_one_case_alone_is_asked_about_that_case()
    {
        await using var hub = await StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901000001", "GO");
        await hub.As("GO").AcceptedAsync(Say.Note("g0", reference));
        await hub.As("XB").AcceptedAsync(Requested("u1", reference));
        await hub.Services.GetRequiredService<Pulse>().NoteAsync(CancellationToken.None);

        await LiveAsync(hub, Duration.FromHours(3.1));

        Assert.Equal(["alert.due_soon", "alert.breached"], (await MailsAsync(hub)).Select(mail => mail.Split(' ')[1]));
        Assert.All(await hub.MailRowsAsync(), mail => Assert.NotNull(Links.LinkIn(mail)));

        await OpenAndAskAsync(hub, 2);
        await hub.Services.GetRequiredService<Pulse>().NoteAsync(CancellationToken.None);
        await LiveAsync(hub, Duration.FromHours(2.6));
        Assert.Contains(await MailsAsync(hub), mail => mail.StartsWith("go-desk@example alert.partner_silent GO has been silent since Monday 6 July, 12:00 UTC", StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_than_twenty_silences_in_ten_minutes_are_told_as_one_and_fewer_one_by_one()
    {
        await using var hub = await StartAsync();
        for (var i = 0; i < 20; i++) await OpenAndAskAsync(hub, i);
        await LiveAsync(hub, Duration.FromHours(2.5));
        Assert.Equal(20, (await MailsAsync(hub)).Count);

        hub.Time.Advance(Duration.FromHours(1));
        await using var other = await StartAsync();
        for (var i = 0; i < 21; i++) await OpenAndAskAsync(other, i);
        await LiveAsync(other, Duration.FromHours(2.5));
        Assert.Equal("go-desk@example alert.due_soon GO: 21 cases without news", Assert.Single(await MailsAsync(other)));
    }

    [Fact]
    public async Task Two_hubs_tell_each_alert_once()
    {
        await using var hub = await StartAsync();
        await using var twin = TestDatabase.IsPostgres ? hub.StartTwin() : null;
        for (var i = 0; i < 10; i++) await OpenAndAskAsync(hub, i);
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromHours(2.5));
        hub.Time.Advance(Minute);

        await Task.WhenAll(TellAsync(hub), TellAsync(twin ?? hub), TellAsync(hub), TellAsync(twin ?? hub));
        Assert.Equal(10, (await MailsAsync(hub)).Distinct().Count());
        Assert.Equal(10, (await MailsAsync(hub)).Count);
        hub.MustBeQuiet();
    }

    [Theory]
    [InlineData(0, 14, false)]
    [InlineData(0, 16, true)]
    [InlineData(10, 29, false)]
    [InlineData(10, 31, true)]
    public void A_partner_is_silent_after_three_of_its_longest_usual_pauses_and_never_within_a_quarter_of_an_hour(int usualMinutes, int afterMinutes, bool isSilent)
    {
        var heard = Instant.FromUtc(2026, 7, 6, 12, 0);
        var pulse = new PulseRow { OrganizationId = "XB", HeardAt = heard, UsualPauseSeconds = usualMinutes * 60 };

        Assert.Equal(isSilent ? heard : null, Pulse.SilentSince(pulse, heard + (afterMinutes * Minute)));
    }

    [Fact]
    public async Task What_is_usual_for_a_partner_is_learned_and_an_outage_is_not()
    {
        await using var hub = await StartAsync();
        var pulse = hub.Services.GetRequiredService<Pulse>();
        foreach (var pause in (int[])[0, 12, 12, 300, 12])
        {
            hub.Time.Advance(pause * Minute);
            pulse.Heard(new("XB"));
            await pulse.NoteAsync(CancellationToken.None);
        }

        Assert.Equal(720, (await hub.WithDbAsync(db => db.Pulses.SingleAsync())).UsualPauseSeconds);
    }

    private static Task<Hub> StartAsync()
    {
        (string Organization, string Level, string Mail)[] people =
            [("GO", "Station", "go-desk@example"), ("GO", "Headquarters", "go-hq@example"), ("XB", "Station", "xb-desk@example"), ("XB", "Supervisor", "xb-supervisor@example"), ("AG", "Mediator", "mediator@example")];
        return Hub.StartAsync([.. people.SelectMany((person, i) => new[]
        {
            ($"Contacts:People:{i}:Organization", person.Organization), ($"Contacts:People:{i}:Level", person.Level), ($"Contacts:People:{i}:Mail", person.Mail),
        })]);
    }

    private static async Task OpenAndAskAsync(Hub hub, int number)
    {
        var reference = await hub.As("XB").OpenAsync($"09030{number:00000}", "GO");
        await hub.As("XB").AcceptedAsync(Requested("u1", reference));
    }

    private static Partner.V1.Update Requested(string id, string reference)
    {
        var update = Say.That(id, reference, "BAG_REQUESTED");
        update.AskedParty = "GO";
        return update;
    }

    /// <summary>Lives on, and tells people of each step right after it was taken.</summary>
    private static async Task LiveAsync(Hub hub, Duration length)
    {
        var end = hub.Time.Now + length;
        while (hub.Time.Now < end)
        {
            await hub.LiveUntilAsync(Instant.Min(end, hub.Time.Now + Minute));
            await TellAsync(hub);
        }
    }

    private static async Task TellAsync(Hub hub)
    {
        while (await hub.Services.GetRequiredService<AlertLoop>().RunAsync(CancellationToken.None) > 0) { }
    }

    private static async Task<IReadOnlyList<string>> MailsAsync(Hub hub)
    {
        var rows = await hub.WithDbAsync(db => db.Deliveries.AsNoTracking().Where(delivery => delivery.Channel == DeliveryChannel.Mail).OrderBy(delivery => delivery.CreatedAt).ToListAsync());
        return [.. rows.Select(row => $"{row.Recipient} {row.EventType} {System.Text.Json.JsonDocument.Parse(row.Body).RootElement.GetProperty("Subject").GetString()}")];
    }
}
