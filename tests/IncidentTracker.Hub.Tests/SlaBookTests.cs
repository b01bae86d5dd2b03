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

    private sealed class Agreed : IDisposable
    {
        public Agreed(string text) => Write(text);

        public string Name { get; } = Path.Combine(Path.GetTempPath(), $"agreed-{Guid.NewGuid():N}.json");

        public void Write(string text) => File.WriteAllText(Name, text);

        public void Dispose() => File.Delete(Name);
    }
}
