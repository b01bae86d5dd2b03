using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using IncidentTracker.Updates;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.HubTests;

public sealed class SweeperTests
{
    private static readonly Instant Noon = Instant.FromUtc(2026, 7, 6, 12, 0);

    [Fact]
    public async Task The_first_night_of_the_origin_story_is_told_with_its_silences()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "07", live: true);
        await hub.LiveUntilAsync(Instant.FromUtc(2026, 7, 6, 18, 30));

        using var browser = hub.Browse();
        var timeline = await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska");
        var last = timeline.GetProperty("entries").EnumerateArray().Last();

        Assert.Equal("News from Worldwide Tracing was due and has not come", last.GetProperty("text").GetString());
        Assert.Equal("IncidentTracker", last.GetProperty("by").GetString());
        Assert.Equal(["DueSoon", "Breached"], (await hub.WithDbAsync(db => db.Alerts.OrderBy(alert => alert.FiredAt).ToListAsync())).Where(alert => alert.Party == "TRW").Select(alert => alert.Stage.ToString()));
        await hub.ProveStoredEqualsFoldedAsync();
        hub.MustBeQuiet();
    }

    [Theory]
    [InlineData("sc01"), InlineData("sc02"), InlineData("sc03"), InlineData("sc04"), InlineData("sc05")]
    public async Task Every_story_can_be_told_again_with_all_that_the_hub_said(string story)
    {
        await using var hub = await Stories.StartHubAsync();
        await hub.TellAsync(story, live: true);
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromDays(3));

        await hub.ProveStoredEqualsFoldedAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task The_answer_to_an_update_says_when_the_sender_must_speak_next_as_page_and_timeline_do()
    {
        await using var hub = await Hub.StartAsync();
        var xb = hub.As("XB");
        var reference = await xb.OpenAsync("0901123456");
        var acknowledged = await xb.AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED"));

        var due = acknowledged.Standing.NextUpdateDueTime.ToDateTimeOffset();
        Assert.Equal(hub.Time.GetUtcNow().AddHours(4), due, TimeSpan.FromMilliseconds(1));
        using var browser = hub.Browse();
        var incident = (await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska")).GetProperty("incident");
        Assert.Equal(due, incident.GetProperty("nextWordDueTime").GetDateTimeOffset());

        var note = await hub.As("CU").AcceptedAsync(Say.Note("n1", reference));
        Assert.Null(note.Standing.NextUpdateDueTime);
    }

    [Fact]
    public async Task Two_hubs_that_look_at_once_say_each_word_once()
    {
        await using var hub = await Hub.StartAsync();
        await using var twin = TestDatabase.IsPostgres ? hub.StartTwin() : null;
        var xb = hub.As("XB");
        for (var i = 0; i < 40; i++) await xb.OpenAsync($"09011234{i:00}");

        hub.Time.Advance(Duration.FromHours(2));
        Hub[] hubs = twin is null ? [hub, hub, hub] : [hub, twin, hub, twin];
        while ((await Task.WhenAll(hubs.Select(one => one.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None)))).Sum() > 0) { }

        var words = await hub.WithDbAsync(db => db.Claims.Where(claim => claim.PartnerId == "HUB").ToListAsync());
        Assert.Equal(40, words.Count);
        Assert.Equal(40, words.Select(word => word.IncidentId).Distinct().Count());
        await hub.ProveStoredEqualsFoldedAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_moment_that_moved_away_is_found_out_when_it_comes_and_costs_no_version()
    {
        await using var hub = await Hub.StartAsync();
        var xb = hub.As("XB");
        var reference = await xb.OpenAsync("0901123456");
        await xb.AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED"));

        Assert.Equal(Noon + Duration.FromMinutes(24), (await hub.WithDbAsync(db => db.LookAgain.SingleAsync())).At);
        hub.Time.Advance(Duration.FromMinutes(25));
        await hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);

        Assert.Equal(192, ((await hub.WithDbAsync(db => db.LookAgain.SingleAsync())).At - Noon).TotalMinutes, 3);
        Assert.Equal(2, (await hub.WithDbAsync(db => db.Incidents.SingleAsync())).Version);
    }

    [Fact]
    public async Task A_closed_case_is_not_looked_at_any_more()
    {
        await using var hub = await Hub.StartAsync();
        var xb = hub.As("XB");
        var reference = await xb.OpenAsync("0901123456");
        await xb.AcceptedAsync(Say.That("u1", reference, "CLOSED_CANCELLED"));
        await hub.LiveUntilAsync(Noon + Duration.FromDays(2));

        Assert.Empty(await hub.WithDbAsync(db => db.LookAgain.ToListAsync()));
        Assert.DoesNotContain(await hub.WithDbAsync(db => db.Claims.ToListAsync()), claim => claim.PartnerId == "HUB");
    }

    [Fact]
    public async Task A_hub_that_is_late_itself_says_so_to_operators_and_travellers()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901123456");
        using var browser = hub.Browse();
        hub.Time.Advance(Duration.FromHours(1));
        for (var i = 0; i < 3; i++) await hub.Services.GetRequiredService<SweepWatch>().LookAsync(CancellationToken.None);

        Assert.StartsWith("ready, degraded", await browser.GetStringAsync("/healthz/ready"), StringComparison.Ordinal);
        Assert.Contains("Our own reminders are late", await TrackTests.OpenAsync(browser, reference, "Kowalska"), StringComparison.Ordinal);
        Assert.Contains(hub.Log, line => line.Text.Contains("are found 0:00:36:00 late", StringComparison.Ordinal));

        await hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
        await hub.Services.GetRequiredService<SweepWatch>().LookAsync(CancellationToken.None);
        Assert.Equal("ready", await browser.GetStringAsync("/healthz/ready"));
        Assert.DoesNotContain("Our own reminders are late", await browser.GetStringAsync($"/track/{reference}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Every_silence_of_the_origin_story_is_said_when_it_was_one(bool groundOneSleeps)
    {
        var file = Path.Combine(Path.GetTempPath(), $"hours-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, """
            {
              "calendars": [{ "id": "store", "version": 1, "zone": "Etc/UTC", "week": [{ "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"], "hours": ["05:00-23:00"] }] }],
              "hours": [{ "organization": "GO", "calendar": "store/1", "activeFrom": "2026-07-01T00:00:00Z" }]
            }
            """);
        try
        {
            await using var hub = groundOneSleeps ? await Stories.StartHubAsync(("Sla:File", file)) : await Stories.StartHubAsync();
            await hub.TellAsync("sc01", live: true);

            var said = (await hub.WithDbAsync(db => db.Claims.AsNoTracking().Where(claim => claim.PartnerId == "HUB").OrderBy(claim => claim.ReceivedAt).ToListAsync())).Select(row => ClaimCodec.Read(row.AsRow()).Claim);
            var breaches = said.Where(word => word.StatusCode is HubWords.Breached or HubWords.EtaPassed && word.ReceivedAt < Instant.FromUtc(2026, 7, 8, 0, 0))
                .Select(word => $"{InstantPattern.CreateWithInvariantCulture("MM-dd HH:mm").Format(word.ReceivedAt)} {word.StatusCode} {word.AskedParty}".TrimEnd());
            Assert.Equal(
            [
                "07-06 18:10 SLA_BREACHED TRW",
                "07-06 20:30 SLA_BREACHED GO",
                .. groundOneSleeps ? Array.Empty<string>() : ["07-07 00:10 SLA_BREACHED GO"],
                "07-07 12:05 SLA_BREACHED LH2",
                "07-07 13:05 ETA_PASSED",
                "07-07 15:26 SLA_BREACHED XB",      // the plan after the missed flight comes an hour late
                "07-07 20:55 ETA_PASSED",           // three minutes before it arrives
                "07-07 23:20 SLA_BREACHED CQ",      // the courier works by day, and nobody has told the hub so
            ], breaches);
            await hub.ProveStoredEqualsFoldedAsync();
        }
        finally { File.Delete(file); }
    }

    [Fact]
    public async Task A_clock_that_is_paused_when_the_hub_stops_goes_on_at_its_moment()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901123456", "IH");
        var held = Say.That("u1", reference, "HELD");
        (held.ReasonCode, held.Eta) = ("CUSTOMS", new() { From = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(hub.Time.GetUtcNow().AddDays(1)), TimeZone = "Z" });
        await hub.As("IH").AcceptedAsync(held);
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromSeconds(30));
        await hub.RestartAsync();
        await hub.LiveUntilAsync(Noon + Duration.FromHours(27));

        var words = await hub.WithDbAsync(db => db.Claims.AsNoTracking().Where(claim => claim.PartnerId == "HUB").OrderBy(claim => claim.ReceivedAt).Select(claim => new { claim.UpdateId, claim.ReceivedAt }).ToListAsync());
        Assert.Equal([("clock-2-resumed", 24.0), ("clock-2-due-soon", 25.6), ("clock-2-breached", 26.0)], words.Select(word => (word.UpdateId, Math.Round((word.ReceivedAt - Noon).TotalHours, 2))));
    }

    [Fact]
    public async Task A_database_that_is_slow_for_longer_than_a_lease_delays_words_and_loses_or_doubles_none()
    {
        await using var hub = await Hub.StartAsync();
        await using var twin = TestDatabase.IsPostgres ? hub.StartTwin() : null;
        for (var i = 0; i < 20; i++) await hub.As("XB").OpenAsync($"09011234{i:00}");
        hub.Time.Advance(Duration.FromMinutes(31));

        Task<int> first, second;
        await using (await hub.HoldWritesAsync())
        {
            first = hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
            if (TestDatabase.IsPostgres)
                while (await hub.WithDbAsync(db => db.LookAgain.AnyAsync(row => row.LeasedUntil == null))) await Task.Delay(10);
            hub.Time.Advance(Duration.FromSeconds(11));
            // The lease of the first is over, and another one looks at the same cases.
            second = (twin ?? hub).Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
            for (var i = 0; i < 3; i++) await hub.Services.GetRequiredService<SweepWatch>().LookAsync(CancellationToken.None);
            Assert.True(hub.Services.GetRequiredService<SweepWatch>().IsLate);
            Assert.Equal(7 * 60 + 11, Measured.Of(hub, "it.sla.oldest_due_unfired"), 0.1);
            Assert.False(first.IsCompleted || second.IsCompleted);
        }
        await Task.WhenAll(first, second);
        while (await hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None) > 0) hub.Time.Advance(Duration.FromSeconds(11));

        Assert.Equal(20, await hub.WithDbAsync(db => db.Alerts.CountAsync()));
        Assert.Equal(20, await hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "HUB")));
        await hub.Services.GetRequiredService<SweepWatch>().LookAsync(CancellationToken.None);
        Assert.Equal(0, Measured.Of(hub, "it.sla.oldest_due_unfired"));
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task Words_are_said_once_even_where_no_lease_keeps_lookers_apart()
    {
        await using var hub = await Hub.StartAsync();
        await using var twin = TestDatabase.IsPostgres ? hub.StartTwin() : null;
        await DueCases.StoreAsync(hub.Database, 1_000, hub.Time.Now - Duration.FromSeconds(1));
        var cases = await hub.WithDbAsync(db => db.Incidents.Select(row => row.Id).ToListAsync());

        var looks = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? hub : twin ?? hub).Services.GetRequiredService<Ingest>().LookAsync(cases, CancellationToken.None)));

        Assert.All(Enumerable.Range(0, cases.Count), i => Assert.Contains(looks, results => results[i] == LookResult.Done));
        Assert.Equal(1_000, await hub.WithDbAsync(db => db.Alerts.CountAsync()));
        Assert.Equal(1_000, await hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.PartnerId == "HUB")));
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task A_pause_that_ends_while_the_hub_is_killed_ends_at_its_moment()
    {
        KeyValuePair<string, string>[] settings = [.. DevelopmentPartners.Settings.Select(setting => KeyValuePair.Create(setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value))];
        await using var hub = await HubProcess.StartAsync(settings);
        var time = new ManualTime(TimeProvider.System.Now());
        var until = time.Now + Duration.FromSeconds(20);
        using (var channel = Grpc.Net.Client.GrpcChannel.ForAddress(hub.Grpc))
        {
            var held = Say.That("u1", await new PartnerLine(channel, DevelopmentPartners.KeyOf("XB"), time).OpenAsync("0901123456", "IH"), "HELD");
            (held.ReasonCode, held.Eta) = ("CUSTOMS", new() { From = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(until.ToDateTimeOffset()), TimeZone = "Z" });
            await new PartnerLine(channel, DevelopmentPartners.KeyOf("IH"), time).AcceptedAsync(held);
        }
        await hub.KillAsync();
        while (TimeProvider.System.Now() < until) await Task.Delay(50);
        await hub.StartAgainAsync(settings);

        for (var patience = TimeProvider.System.Now() + Duration.FromMinutes(1); !await hub.Database.WithDbAsync(db => db.Claims.AnyAsync(claim => claim.UpdateId == "clock-2-resumed")); await Task.Delay(20))
            Assert.True(TimeProvider.System.Now() < patience, "The pause did not end.");
        var clock = Assert.Single(CaseCodec.ReadStateAndWatch(await hub.Database.WithDbAsync(db => db.Incidents.Select(row => row.State).SingleAsync())).Watch.Running);
        Assert.Equal((until, until + Duration.FromHours(2)), (clock.PausedUntil, clock.DueAt));
        await hub.Database.ProveStoredEqualsFoldedAsync();
    }
}
