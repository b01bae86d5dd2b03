using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using NodaTime;
using Xunit.Abstractions;
using static IncidentTracker.HubTests.ScorecardTests;

namespace IncidentTracker.HubTests;

/// <summary>How long reports over many cases take. The README says where to read the figures.</summary>
public sealed class ScorecardLoadTests(ITestOutputHelper output)
{
    private const int Cases = 2_000;
    private static readonly Instant Opened = Instant.FromUtc(2026, 7, 1, 8, 0);

    // Two days of one bag: searched for, found late, sent on, brought home.
    private static readonly (string By, string Code, int Minutes)[] Story =
    [
        ("XB", "REPORTED", 0), ("XB", "ACKNOWLEDGED", 10), ("TRW", "TRACING", 30), ("TRW", "TRACING", 300), ("TRW", "POSSIBLE_MATCH", 900), ("XB", "MATCH_CONFIRMED", 930),
        ("GO", "ON_HAND", 960), ("GO", "FORWARD_PLANNED", 1100), ("GO", "FORWARD_DEPARTED", 1500), ("XB", "ARRIVED_STATION", 1900), ("XB", "DELIVERED", 2400), ("XB", "CLOSED_RETURNED", 2800),
    ];

    [Fact]
    public async Task Ten_thousand_cases_are_reckoned_within_a_minute_and_tried_again_within_two()
    {
        await using var hub = await Hub.StartAsync();
        await StoreAsync(hub.Database);
        hub.Time.Set(Opened + Duration.FromDays(5));
        using var xb = As(hub, "XB");

        var clock = Stopwatch.StartNew();
        var card = await xb.GetFromJsonAsync<JsonElement>("/api/v1/scorecards/XB?from=2026-07-01&to=2026-07-31");
        var scorecard = Per10000(clock.Elapsed);
        clock.Restart();
        var tried = await (await xb.PostAsync("/api/v1/sla/what-if", new StringContent("""{ "draft": {}, "from": "2026-07-01", "to": "2026-07-31" }""", null, "application/json"))).Content.ReadFromJsonAsync<JsonElement>();
        var whatIf = Per10000(clock.Elapsed);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(TestDatabase.IsPostgres ? "PostgreSQL" : "SQLite")}, 10,000 cases of {Story.Length} updates: scorecard {scorecard.TotalSeconds:0.0} s, what-if {whatIf.TotalSeconds:0.0} s"));
        Assert.Equal((Cases, Cases), (Number(card, "cases"), Number(tried, "cases")));
        Assert.True(Number(card, "raw", "clocks") >= 4 * Cases);
        Assert.InRange(scorecard, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.InRange(whatIf, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    private static TimeSpan Per10000(TimeSpan took) => took * 10_000 / Cases;

    private static async Task StoreAsync(TestDatabase database)
    {
        for (var first = 0; first < Cases; first += 500)
            await database.WithDbAsync(async db =>
            {
                db.ChangeTracker.AutoDetectChangesEnabled = false;
                for (var i = first; i < first + 500; i++) Add(db, i);
                return await db.SaveChangesAsync();
            });
    }

    private static void Add(HubDb db, int number)
    {
        var id = new IncidentId(Guid.CreateVersion7(Opened.ToDateTimeOffset()));
        var reference = Reference.From(BitConverter.GetBytes((ulong)number * 7_919));
        var facts = new CaseFacts(IncidentKind.DelayedBag, new("XB"), [new("1", "", null, "22", "BK", "")], [new("XB"), new("GO"), new("TRW")]);
        var rows = Story.Select((step, i) => Row(id, reference, $"u{i}", step.By, step.Code, Opened + Duration.FromMinutes(step.Minutes))).ToArray();
        var claims = rows.Select(row => ClaimCodec.Read(row).Claim).ToArray();
        var state = Fold.All(facts, claims).State;
        var (watch, _) = Clocks.All(SlaBook.Default, facts, Opened, claims);
        db.Add(new IncidentRow { Id = id, Reference = reference.Value, OpenedAt = Opened, Version = 1, ChangedAt = claims[^1].ReceivedAt, Phase = state.Worst.Phase.ToString(), Facts = CaseCodec.Write(facts, []), State = CaseCodec.Write(state, watch) });
        foreach (var row in rows) db.Add(new ClaimEntity { IncidentId = id, PartnerId = row.PartnerId, UpdateId = row.UpdateId, ReceivedAt = row.ReceivedAt, Hash = row.Hash, Body = row.Body });
    }

    private static ClaimRow Row(IncidentId id, Reference reference, string name, string by, string code, Instant at)
    {
        var update = Say.That(name, reference.ToString(), code).At(at.ToDateTimeOffset());
        var content = ClaimCodec.Canonical(update);
        var sender = DevelopmentPartners.All.Single(partner => partner.Id == by);
        return new(id, by, name, at, ClaimCodec.HashOf(content), ClaimCodec.Write(content, new(new(by), Enum.Parse<OrganizationKind>(sender.Kind), []), ""));
    }
}
