using IncidentTracker.Domain;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

public sealed class SlaBookTests
{
    private const string Gold = """
        { "agreements": [{ "id": "gold", "version": 1, "activeFrom": "2026-07-06T12:00:00Z", "for": { "tier": "GOLD" }, "rules": [{ "status": "REPORTED", "within": "PT10M" }] }] }
        """;

    [Fact]
    public async Task An_agreement_of_the_file_holds_for_its_cases_and_is_kept()
    {
        using var file = new Agreed(Gold);
        await using var hub = await Hub.StartAsync(("Sla:File", file.Name));
        var request = Say.Missing("0901000001");
        (request.LoyaltyTier, request.Priority) = ("GOLD", Partner.V1.IncidentPriority.Critical);
        await hub.As("XB").OpenAsync(request);
        await hub.As("XB").OpenAsync("0901000002");
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromHours(1));

        var breached = await hub.WithDbAsync(db => db.Alerts.Where(alert => alert.Stage == ClockStage.Breached).OrderBy(alert => alert.DueAt).ToListAsync());
        Assert.Equal([10, 30], breached.Select(alert => (int)Math.Round((alert.DueAt - Instant.FromUtc(2026, 7, 6, 12, 0)).TotalMinutes)));
        await hub.ProveStoredEqualsFoldedAsync();

        await hub.RestartAsync();       // the same file again is no change
        hub.MustBeQuiet();
    }

    [Theory]
    [InlineData("PT10M", "PT5M", "gold/1 is in the database with other content")]
    [InlineData("\"version\": 1", "\"version\": 2", "gold/2 would hold from 2026-07-06T12:00:00Z, which is past")]
    public async Task What_was_announced_never_changes(string before, string after, string why)
    {
        using var file = new Agreed(Gold);
        await using var hub = await Hub.StartAsync(("Sla:File", file.Name));
        await hub.As("XB").OpenAsync("0901000001");

        file.Write(Gold.Replace(before, after, StringComparison.Ordinal));
        Assert.Contains(why, (await Assert.ThrowsAsync<SlaFileException>(hub.RestartAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_hubs_that_start_at_once_with_different_files_one_does_not_start()
    {
        for (var round = 0; round < 3; round++)
        {
            await using var database = await TestDatabase.CreateAsync();
            await using (Hub.StartOn(database)) { }      // the tables are there
            using var one = new Agreed(Gold);
            using var other = new Agreed(Gold.Replace("PT10M", "PT5M", StringComparison.Ordinal));

            var starts = await Task.WhenAll(new[] { one, other }.Select(file => Task.Run<object>(() =>
            {
                try { return Hub.StartOn(database, null, ("Sla:File", file.Name)); }
                catch (Exception failure) { return failure; }
            })));

            foreach (var hub in starts.OfType<Hub>()) await hub.DisposeAsync();
            Assert.Contains("gold/1 is in the database with other content", Assert.Single(starts.OfType<SlaFileException>()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_second_file_cannot_give_a_calendar_of_others_other_hours()
    {
        using var file = new Agreed(Hours("GO", "18:00"));
        await using var hub = await Hub.StartAsync(("Sla:File", file.Name));

        file.Write(Hours("XB", "17:00"));
        Assert.Contains("store/1 is in the database with other content", (await Assert.ThrowsAsync<SlaFileException>(hub.RestartAsync)).Message, StringComparison.Ordinal);
        file.Write(Hours("XB", "18:00"));
        await hub.RestartAsync();
    }

    [Fact]
    public async Task Whoever_and_wherever_the_file_names_and_nobody_knows_is_named_at_the_start()
    {
        using var file = new Agreed(Hours("GO", "18:00").Replace("\"hours\": [{ \"org", """ "hours": [{ "organization": "GOO", "station": "FRX", "calendar": "store/1", "activeFrom": "2026-07-06T12:00:00Z" }, { "org""", StringComparison.Ordinal));
        await using var hub = await Hub.StartAsync(("Sla:File", file.Name));

        Assert.Equal(
            ["Sla:File: hours store/1 is for GOO, which is not in the register. It holds for nobody until that organization joins", "Sla:File: hours store/1 is for the station FRX, which the hub does not know. Is the code right?"],
            hub.Log.Where(line => line.Text.StartsWith("Sla:File", StringComparison.Ordinal)).Select(line => line.Text));
    }

    private static string Hours(string organization, string closes) => $$"""
        { "calendars": [{ "id": "store", "version": 1, "zone": "Europe/Berlin", "week": [{ "days": ["MONDAY"], "hours": ["08:00-{{closes}}"] }] }],
          "hours": [{ "organization": "{{organization}}", "station": "FRA", "calendar": "store/1", "activeFrom": "2026-07-06T12:00:00Z" }] }
        """;

    [Fact]
    public async Task An_outage_of_the_hub_counts_against_nobody_and_ends_in_no_storm()
    {
        await using var hub = await Hub.StartAsync();
        for (var i = 0; i < 30; i++) await hub.As("XB").OpenAsync($"09010000{i:00}");
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromHours(2));
        await hub.RestartAsync();

        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(29));
        Assert.All(await hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => Assert.Equal(ClockStage.DueSoon, alert.Stage));
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(2));
        Assert.Equal(30, await hub.WithDbAsync(db => db.Alerts.CountAsync(alert => alert.Stage == ClockStage.Breached)));
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task A_hub_that_stood_still_gives_that_time_back_before_it_says_a_word()
    {
        await using var hub = await Hub.StartAsync();
        for (var i = 0; i < 3; i++) await hub.As("XB").OpenAsync($"09010000{i:00}");
        var stopped = hub.Time.Now;
        hub.Time.StandStill(Duration.FromHours(2));
        var back = hub.Time.Now;

        await hub.LiveUntilAsync(back + Duration.FromMinutes(29));
        Assert.All(await hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => Assert.Equal((ClockStage.DueSoon, true), (alert.Stage, alert.FiredAt > back + Duration.FromMinutes(23))));
        Assert.Equal([(stopped, back)], (await hub.WithDbAsync(db => db.Outages.ToListAsync())).Select(outage => (outage.FromAt, outage.UntilAt)));
        await hub.LiveUntilAsync(back + Duration.FromMinutes(31));
        Assert.Equal(3, await hub.WithDbAsync(db => db.Alerts.CountAsync(alert => alert.Stage == ClockStage.Breached)));
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task What_partners_say_right_after_a_standstill_is_judged_with_the_time_given_back()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901000001");
        hub.Time.StandStill(Duration.FromHours(2));

        await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED"));

        Assert.DoesNotContain(await hub.WithDbAsync(db => db.Claims.ToListAsync()), claim => claim.PartnerId == "HUB");
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task A_standstill_while_another_hub_is_at_work_is_no_outage()
    {
        await using var hub = await Hub.StartAsync();
        await hub.As("XB").OpenAsync("0901000001");
        hub.Time.StandStill(Duration.FromMinutes(25));
        await hub.WithDbAsync(db => db.Presence.ExecuteUpdateAsync(row => row.SetProperty(presence => presence.SeenAt, hub.Time.Now - Duration.FromSeconds(10))));

        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromSeconds(1));

        Assert.Empty(await hub.WithDbAsync(db => db.Outages.ToListAsync()));
        Assert.Single(await hub.WithDbAsync(db => db.Alerts.ToListAsync()));
    }

    [Fact]
    public async Task What_came_in_the_last_seconds_before_a_crash_is_judged_as_it_was()
    {
        await using var hub = await Hub.StartAsync();
        var due = hub.Time.Now + Duration.FromMinutes(30);
        var reference = await hub.As("XB").OpenAsync("0901000001");
        await hub.LiveUntilAsync(due + Duration.FromSeconds(5));
        await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED"));
        await hub.StopAsync();
        // Killed, it would have noted that it is there ten seconds before.
        await hub.WithDbAsync(db => db.Presence.ExecuteUpdateAsync(row => row.SetProperty(presence => presence.SeenAt, due - Duration.FromSeconds(5))));
        hub.Time.Advance(Duration.FromHours(1));
        await hub.RestartAsync();
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(1));

        Assert.Single(await hub.WithDbAsync(db => db.Outages.ToListAsync()));
        Assert.Contains(await hub.WithDbAsync(db => db.Claims.Select(claim => claim.UpdateId).ToListAsync()), name => name == "clock-1-cleared");
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task Announced_maintenance_gives_its_time_to_whoever_announced_it_and_to_nobody_else()
    {
        using var file = new Agreed("""{ "maintenance": [{ "organization": "GO", "from": "2026-07-07T10:00:00Z", "until": "2026-07-07T14:00:00Z", "reason": "New data centre" }] }""");
        await using var hub = await Hub.StartAsync(("Sla:File", file.Name));
        hub.Time.Set(Instant.FromUtc(2026, 7, 7, 9, 0));
        await hub.AskAsync("XB", 1, "GO");
        await hub.AskAsync("XB", 2, "LH2");

        await hub.LiveUntilAsync(Instant.FromUtc(2026, 7, 7, 17, 0));

        var breached = await hub.WithDbAsync(db => db.Alerts.Where(alert => alert.Stage == ClockStage.Breached).OrderBy(alert => alert.FiredAt).ToListAsync());
        Assert.Equal([("LH2", 12), ("GO", 16)], breached.Select(alert => (alert.Party, (int)Math.Round((alert.FiredAt - Instant.FromUtc(2026, 7, 7, 0, 0)).TotalHours, 2))));
        await hub.ProveStoredEqualsFoldedAsync();
    }
}
