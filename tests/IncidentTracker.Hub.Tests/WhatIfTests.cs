using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Domain;
using IncidentTracker.Scorecards;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using static IncidentTracker.HubTests.ScorecardTests;

namespace IncidentTracker.HubTests;

/// <summary>What would have been under other agreements, tried on what was recorded.</summary>
public sealed class WhatIfTests
{
    private static readonly ScorePeriod Ever = new(Instant.FromUtc(2000, 1, 1, 0, 0), Instant.FromUtc(2100, 1, 1, 0, 0));

    private const string Quick = """
        { "agreements": [{ "id": "quick", "version": 1, "activeFrom": "2027-01-01T00:00:00Z", "for": { "organization": "TRW" }, "rules": [{ "status": "TRACING", "within": "PT1H" }] }] }
        """;

    [Theory]
    [InlineData("sc01"), InlineData("sc02"), InlineData("sc03"), InlineData("sc04"), InlineData("sc05")]
    public async Task The_book_that_holds_gives_back_every_word_the_hub_has_said(string story)
    {
        await using var hub = await Stories.StartHubAsync();
        await hub.TellAsync(story, live: true);
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromDays(3));

        Assert.True(await ProveRelivedAsync(hub) > 0);

        using var xb = As(hub, "XB");
        var told = await TryAsync(xb, "{}", "2026-01-01", "2026-12-31");
        Assert.True(Number(told, "cases") >= 1);
        Assert.Equal((0, 0, 0), (Number(told, "casesThatDiffer"), Number(told, "moreBreaches"), Number(told, "fewerBreaches")));
        Assert.All(told.GetProperty("hubWords").EnumerateArray(), word => Assert.Equal(Number(word, "before"), Number(word, "after")));
    }

    [Theory]
    [InlineData("07", 6, 17, 180), InlineData("15", 7, 12, 90)]     // over a reminder; over the moment at which the bag was expected
    public async Task An_outage_of_the_hub_is_lived_again_as_an_outage(string until, int day, int hour, int minutes)
    {
        await using var hub = await Stories.StartHubAsync();
        await hub.TellAsync("sc01", until, live: true);
        await hub.LiveUntilAsync(Instant.FromUtc(2026, 7, day, hour, 0));
        await hub.StopAsync();
        hub.Time.Advance(Duration.FromMinutes(minutes));
        await hub.RestartAsync();
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromDays(2));

        Assert.True(await ProveRelivedAsync(hub) >= 3);
    }

    [Theory]
    [InlineData(50), InlineData(240)]
    public async Task A_word_that_comes_before_the_hub_has_looked_finds_said_what_was_due_before_it(int milliseconds)
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "07", live: true);
        await hub.LiveUntilAsync(Instant.FromUtc(2026, 7, 6, 18, 9));
        var due = await hub.WithDbAsync(db => db.LookAgain.Select(row => row.At).SingleAsync());
        hub.Time.Set(due + Duration.FromMilliseconds(milliseconds));

        await hub.As("TRW").AcceptedAsync(Say.That("late", reference, "TRACING"));
        // What that word made due at once is due before the next one too.
        hub.Time.Advance(Duration.FromMilliseconds(milliseconds));
        await hub.As("TRW").AcceptedAsync(Say.Note("later", reference));

        var said = await hub.WithDbAsync(db => db.Claims.AsNoTracking().Where(claim => claim.ReceivedAt > due).OrderBy(claim => claim.ReceivedAt).Select(claim => new { claim.PartnerId, claim.UpdateId }).ToListAsync());
        Assert.Equal(["HUB clock", "TRW late", "HUB clock", "TRW later"], said.Select(one => $"{one.PartnerId} {one.UpdateId.Split('-')[0]}"));
        Assert.True(await ProveRelivedAsync(hub, within: milliseconds / 1000.0) > 0);
        await hub.ProveStoredEqualsFoldedAsync();
        await hub.LiveUntilAsync(hub.Time.Now + Duration.FromDays(1));
        await ProveRelivedAsync(hub, within: milliseconds / 1000.0);
    }

    [Fact]
    public async Task Less_time_would_have_made_breaches_and_the_first_cases_show_both()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "07", live: true);
        await hub.LiveUntilAsync(Instant.FromUtc(2026, 7, 6, 16, 0));
        using var xb = As(hub, "XB");

        var told = await TryAsync(xb, Quick, "2026-07-01", "2026-08-01");

        Assert.Equal((1, 1, 0), (Number(told, "casesThatDiffer"), Number(told, "moreBreaches"), Number(told, "fewerBreaches")));
        var breach = Assert.Single(told.GetProperty("breaches").EnumerateArray());
        Assert.Equal(("TRW", "TRACING", 0, 1), (breach.GetProperty("partyId").GetString(), breach.GetProperty("statusCode").GetString(), Number(breach, "before"), Number(breach, "after")));
        var shown = Assert.Single(told.GetProperty("firstThatDiffer").EnumerateArray());
        var clock = Assert.Single(shown.GetProperty("clocks").EnumerateArray());
        Assert.Equal((reference, "default/1", "quick/1"), (shown.GetProperty("reference").GetString(), clock.GetProperty("before").GetProperty("policy").GetString(), clock.GetProperty("after").GetProperty("policy").GetString()));
        Assert.True(clock.GetProperty("after").GetProperty("dueTime").GetDateTimeOffset() < clock.GetProperty("before").GetProperty("dueTime").GetDateTimeOffset());
        Assert.Contains(told.GetProperty("hubWords").EnumerateArray(), word => word.GetProperty("statusCode").GetString() == HubWords.Breached && Number(word, "before") == 0 && Number(word, "after") == 1);
    }

    [Fact]
    public async Task Nothing_is_written_and_nobody_is_told()
    {
        await using var hub = await Stories.StartHubAsync();
        await hub.TellAsync("sc01", live: true);
        var before = await RowsAsync(hub);
        using var xb = As(hub, "XB");

        Assert.True(Number(await TryAsync(xb, Quick, "2026-07-01", "2026-08-01"), "casesThatDiffer") > 0);

        Assert.Equal(before, await RowsAsync(hub));
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task Each_tries_its_own_cases_only()
    {
        await using var hub = await Stories.StartHubAsync();
        await hub.TellAsync("sc01", live: true);
        using var tracing = As(hub, "TRW");
        using var nobody = hub.Browse();

        Assert.Equal(0, Number(await TryAsync(tracing, Quick, "2026-07-01", "2026-08-01"), "cases"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.PostAsync("/api/v1/sla/what-if", Body(Quick, "2026-07-01", "2026-08-01"))).StatusCode);
    }

    [Theory]
    [InlineData("[]", "the file"), InlineData("null", ""), InlineData("7", "the file"), InlineData("""{ "agreements": [null] }""", ""), InlineData("""{ "agreements": [{}] }""", ""), InlineData("""{ "hours": [{ "organization": null, "calendar": "x/1", "activeFrom": "2026-07-01T00:00:00Z" }] }""", ""),
     InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "GOLD" }, "rules": [{ "status": "TRACING", "within": "P99999999D" }] }] }""", "at most ten years"),
     InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "GOLD" }, "rules": null }] }""", ""), InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": null, "rules": [] }] }""", ""),
     InlineData("""{ "calendars": [{ "id": "a", "version": 1, "zone": "Etc/UTC", "week": null }], "hours": [{ "organization": "GO", "calendar": "a/1", "activeFrom": "2026-07-01T00:00:00Z" }] }""", ""),
     InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "GOLD" }, "rules": [null] }] }""", "null where an entry belongs"),
     InlineData("""{ "surprise": 1 }""", "")]
    public async Task A_draft_that_cannot_be_used_is_refused_with_what_to_change(string draft, string detail)
    {
        await using var hub = await Hub.StartAsync();
        await hub.As("XB").OpenAsync("0901123456");
        using var xb = As(hub, "XB");

        var answer = await xb.PostAsync("/api/v1/sla/what-if", Body(draft, "2026-07-01", "2026-08-01"));

        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((HttpStatusCode.BadRequest, "SLA_FILE_INVALID"), (answer.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Contains(detail, problem.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task What_was_announced_is_not_drafted_again_under_its_name()
    {
        await using var hub = await Hub.StartAsync();
        await hub.WithDbAsync(db =>
        {
            var edition = SlaFile.Read(Quick).Single();
            db.Add(new Data.SlaEditionRow { Kind = edition.Kind, Name = edition.Name, ActiveFrom = edition.From, Body = edition.Body });
            return db.SaveChangesAsync();
        });
        using var xb = As(hub, "XB");

        Assert.Equal(0, Number(await TryAsync(xb, Quick, "2026-07-01", "2026-08-01"), "casesThatDiffer"));
        var answer = await xb.PostAsync("/api/v1/sla/what-if", Body(Quick.Replace("PT1H", "PT2H", StringComparison.Ordinal), "2026-07-01", "2026-08-01"));
        Assert.Contains("quick/1 is in the database with other content", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_cases_are_refused_and_a_draft_that_is_too_long_too()
    {
        await using var hub = await Hub.StartAsync();
        await DueCases.StoreAsync(hub.Database, WhatIfs.MostCases + 1, hub.Time.Now);
        using var xb = As(hub, "XB");

        var answer = await xb.PostAsync("/api/v1/sla/what-if", Body(Quick, "2026-07-01", "2026-08-01"));
        Assert.Equal((HttpStatusCode.Conflict, "WHAT_IF_TOO_LARGE"), (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()));

        var large = await xb.PostAsync("/api/v1/sla/what-if", Body($$"""{ "note": "{{new string('x', 70_000)}}" }""", "2026-07-01", "2026-08-01"));
        Assert.Equal("SLA_FILE_INVALID", (await large.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    /// <summary>Lives every case again by the book the database has, and compares each word with the recorded one.</summary>
    private static async Task<int> ProveRelivedAsync(Hub hub, double within = 0.01)
    {
        var book = await hub.WithDbAsync(db => SlaBooks.ReadAsync(db, CancellationToken.None));
        var words = 0;
        await foreach (var walked in hub.Services.GetRequiredService<CaseWalk>().ThroughAsync(Ever, _ => true, one => one, CancellationToken.None))
        {
            var one = walked.Told!;
            var recorded = Clocks.InOrderOfReceipt(one.Claims.Where(claim => claim.Judgement is not null)).ToArray();
            var again = RelivedCase.Of(book, one.Facts, one.OpenedAt, one.Claims, hub.Time.Now).Words;

            Assert.Equal(recorded.Select(Name), again.Select(Name));
            Assert.All(recorded.Zip(again), pair => Assert.Equal(0, (pair.First.ReceivedAt - pair.Second.ReceivedAt).TotalSeconds, within));
            Assert.Equal(recorded.Select(word => word.Judgement), again.Select(word => word.Judgement));
            words += recorded.Length;
        }
        return words;
    }

    private static string Name(Claim word) => $"{word.UpdateId} {word.StatusCode} {word.ItemId}";

    private static async Task<JsonElement> TryAsync(HttpClient client, string draft, string from, string to)
    {
        var answer = await client.PostAsync("/api/v1/sla/what-if", Body(draft, from, to));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static StringContent Body(string draft, string from, string to) => new($$"""{ "draft": {{draft}}, "from": "{{from}}", "to": "{{to}}" }""", null, "application/json");

    /// <summary>How many rows every table has, and the versions of all cases.</summary>
    private static Task<string> RowsAsync(Hub hub) => hub.WithDbAsync(async db =>
    {
        var rows = new List<string>();
        // What partners owe, and when they were heard, is kept up in the background, and may still be catching up with the story.
        foreach (var table in db.Model.GetEntityTypes().Select(entity => entity.GetTableName()!).Where(table => table != "pulses" && !table.StartsWith("duties", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal))
#pragma warning disable EF1002 // The name is that of a table of ours.
            rows.Add(table + " " + (await db.Database.SqlQueryRaw<long>($"SELECT COUNT(*) AS \"Value\" FROM {table}").SingleAsync()).ToString(CultureInfo.InvariantCulture));
#pragma warning restore EF1002
        var versions = await db.Incidents.OrderBy(row => row.Id).Select(row => row.Version).ToListAsync();
        return string.Join('\n', rows) + "\n" + string.Join(' ', versions);
    });
}
