using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Scorecards;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What a change of agreements does to cases that are under way: nothing, until it holds, and then only to what begins.</summary>
public sealed class PolicyChangeTests
{
    private const string NextWeek = """
        { "agreements": [{ "id": "quick", "version": 1, "activeFrom": "2026-07-06T15:00:00Z", "for": { "kind": "DELAYED_BAG" }, "rules": [{ "status": "ACKNOWLEDGED", "within": "PT1H" }] }] }
        """;

    [Fact]
    public async Task An_announced_change_writes_nothing_to_any_case_until_it_holds_and_then_only_to_clocks_that_start()
    {
        var file = Path.Combine(Path.GetTempPath(), $"agreed-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, "{}");
        try
        {
            await using var hub = await Hub.StartAsync(("Sla:File", file));
            await DueCases.StoreAsync(hub.Database, 20_000, hub.Time.Now + Duration.FromDays(30));
            var reference = await hub.As("XB").OpenAsync("0901123456");
            hub.Time.Advance(Duration.FromMinutes(1));
            await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED"));
            var before = await CasesAsync(hub, withLooks: true);

            await File.WriteAllTextAsync(file, NextWeek);
            await hub.RestartAsync();

            Assert.Equal("quick/1", (await hub.WithDbAsync(db => db.SlaEditions.SingleAsync())).Name);
            Assert.Equal(before, await CasesAsync(hub, withLooks: true));
            await hub.LiveUntilAsync(Instant.FromUtc(2026, 7, 6, 15, 0, 1));
            Assert.Equal(await CasesAsync(hub), before[..before.IndexOf("\n\n", StringComparison.Ordinal)]);

            // It holds from 15:00 on. The clock that runs keeps the four hours it began with; the next one has one.
            await hub.As("XB").AcceptedAsync(Say.That("u2", reference, "ACKNOWLEDGED"));
            var (running, ended) = await ClocksOfAsync(hub, reference);
            Assert.Equal(("default/1", Duration.FromHours(4)), (ended[^1].Clock.Policy, ended[^1].Clock.Length));
            Assert.Equal(("quick/1", Duration.FromHours(1)), (Assert.Single(running).Policy, Assert.Single(running).Length));
            await hub.ProveStoredEqualsFoldedAsync();
            hub.MustBeQuiet();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_case_that_is_opened_again_leaves_the_clocks_that_ended_as_they_were_and_alerts_nobody()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901123456");
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(40));      // the first word comes late
        await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED"));
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(10));
        await hub.As("XB").AcceptedAsync(Say.That("u2", reference, "CLOSED_CANCELLED"));
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromDays(20));
        var (before, alerts) = ((await ClocksOfAsync(hub, reference)).Ended, await hub.WithDbAsync(db => db.Alerts.CountAsync()));
        Assert.Equal([ClockEnd.Late, ClockEnd.Met], before.Select(end => end.End));

        await hub.As("XB").AcceptedAsync(Say.That("u3", reference, "REOPENED"));
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromMinutes(10));

        var (running, ended) = await ClocksOfAsync(hub, reference);
        Assert.Equal(before, ended);
        Assert.Equal(ClockStage.Running, Assert.Single(running).Stage);
        Assert.Equal(alerts, await hub.WithDbAsync(db => db.Alerts.CountAsync()));
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task The_database_takes_no_closed_case_whose_clocks_run()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901123456");
        Task<int> ClocksAsync() => hub.WithDbAsync(db => db.Incidents.Select(row => row.Clocks).SingleAsync());
        Assert.Equal(1, await ClocksAsync());

        var failure = await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => hub.WithDbAsync(db => db.Incidents.ExecuteUpdateAsync(set => set.SetProperty(row => row.Phase, nameof(Phase.Closed)))));
        Assert.Contains("incidents_closed_have_no_clocks", failure.Message, StringComparison.Ordinal);

        await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "CLOSED_CANCELLED"));
        Assert.Equal((0, nameof(Phase.Closed)), (await ClocksAsync(), await hub.WithDbAsync(db => db.Incidents.Select(row => row.Phase).SingleAsync())));
        await hub.As("XB").AcceptedAsync(Say.That("u2", reference, "REOPENED"));
        Assert.Equal(1, await ClocksAsync());
    }

    [Fact]
    public async Task A_duty_that_has_gone_to_another_reminds_nobody_any_more()
    {
        await using var hub = await Hub.StartAsync();
        var reference = await hub.As("XB").OpenAsync("0901123456");
        hub.Time.Advance(Duration.FromMinutes(1));
        await hub.As("TRW").AcceptedAsync(Say.That("u1", reference, "TRACING"));
        hub.Time.Advance(Duration.FromMinutes(1));
        await hub.As("XB").AcceptedAsync(Say.That("u2", reference, "BAG_REQUESTED").But(update => update.AskedParty = "GO"));
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromDays(10));

        var alerts = await hub.WithDbAsync(db => db.Alerts.ToListAsync());
        Assert.NotEmpty(alerts);
        Assert.All(alerts, alert => Assert.Equal("GO", alert.Party));
        var (running, ended) = await ClocksOfAsync(hub, reference);
        Assert.Equal(["GO"], running.Select(clock => clock.Party.Value));
        Assert.Equal(ClockEnd.Moved, Assert.Single(ended, end => end.Clock.Party.Value == "TRW").End);
    }

    [Fact]
    public async Task A_walk_over_everything_leaves_no_case_out_and_finds_each_as_it_is_stored()
    {
        await using var hub = await Hub.StartAsync();
        await DueCases.StoreAsync(hub.Database, 320, hub.Time.Now + Duration.FromHours(1));
        // Sightings of a tag join the case when it is opened, and are then no case of their own.
        await hub.As("GO").BatchAsync(Say.That("s1", "", "LAST_SEEN").But(update => update.Incident = new() { ExternalReference = new() { Scheme = Partner.V1.ReferenceScheme.BagTag, Value = "0901123456" } }));
        await hub.As("XB").OpenAsync("0901123456");
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromHours(3));
        var book = await hub.WithDbAsync(db => SlaBooks.ReadAsync(db, CancellationToken.None));

        var found = new List<IncidentId>();
        await foreach (var walked in hub.Services.GetRequiredService<CaseWalk>().ThroughAsync(
            new(Instant.FromUtc(2000, 1, 1, 0, 0), Instant.FromUtc(2100, 1, 1, 0, 0)), _ => true, one => one, CancellationToken.None))
        {
            var one = walked.Told!;
            found.Add(one.Id);
            var stored = await hub.WithDbAsync(db => db.Incidents.SingleAsync(row => row.Id == one.Id));
            Assert.Equal(CaseCodec.Write(Fold.All(one.Facts, one.Claims).State, Clocks.All(book, one.Facts, one.OpenedAt, one.Claims).Watch), stored.State);
        }

        Assert.Equal(await hub.WithDbAsync(db => db.Incidents.Where(row => row.Reference != null).Select(row => row.Id).OrderBy(id => id).ToListAsync()), found);
        Assert.Equal(321, found.Count);
        Assert.Equal(1, await hub.WithDbAsync(db => db.Incidents.CountAsync(row => row.MergedInto != null)));
    }

    /// <summary>Everything that is stored of every case, and when to look at it again.</summary>
    private static Task<string> CasesAsync(Hub hub, bool withLooks = false) => hub.WithDbAsync(async db =>
    {
        var cases = await db.Incidents.OrderBy(row => row.Id).ToListAsync();
        var looks = await db.LookAgain.OrderBy(row => row.IncidentId).ToListAsync();
        var stored = string.Join('\n', cases.Select(row => $"{row.Id} {row.Version} {row.ChangedAt} {Convert.ToHexString(row.State)}"));
        return withLooks ? stored + "\n\n" + string.Join('\n', looks.Select(row => $"{row.IncidentId} {row.At}")) : stored;
    });

    private static async Task<(DutyClock[] Running, EndedClock[] Ended)> ClocksOfAsync(Hub hub, string reference)
    {
        var cases = hub.Services.GetRequiredService<Incidents.CaseReader>();
        Assert.True(Reference.TryParse(reference, out var known));
        var found = await cases.FindAsync(known, CancellationToken.None);
        var (watch, ended) = hub.Services.GetRequiredService<Incidents.Retelling>().ClocksOf((await cases.ReadAsync(found!.Value.Id, CancellationToken.None))!);
        return ([.. watch.Running], [.. ended]);
    }
}
