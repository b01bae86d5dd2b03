using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Domain;
using IncidentTracker.Partner.V1;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using NodaTime.Text;
using Duration = NodaTime.Duration;
using IncidentKind = IncidentTracker.Partner.V1.IncidentKind;
using PartyRole = IncidentTracker.Partner.V1.PartyRole;

namespace IncidentTracker.HubTests;

/// <summary>The stories of the domain, as far as they are about who has to speak and what happens when nobody does.</summary>
public sealed class SilentStoriesTests : IAsyncLifetime
{
    private static readonly Instant Noon = Instant.FromUtc(2026, 7, 6, 12, 0);
    private Hub _hub = null!;

    public async Task InitializeAsync() => _hub = await Stories.StartHubAsync();

    public async Task DisposeAsync()
    {
        await _hub.ProveStoredEqualsFoldedAsync();
        _hub.MustBeQuiet();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task The_origin_story_ends_without_a_silence_that_nobody_kept_and_with_the_day_until_which_damage_can_be_claimed()
    {
        var reference = await _hub.TellAsync("sc01", live: true);
        var timeline = await ReadAsync(reference, "Kowalska");

        Assert.Equal("2026-07-15", timeline.GetProperty("incident").GetProperty("damageComplaintBy").GetString());
        // The workshop is closed on Sundays, and nobody has told the hub so.
        Assert.Equal(["07-14 09:30 SLA_BREACHED FIX"], (await WordsAsync(HubWords.Breached)).Where(word => string.CompareOrdinal(word, "07-08 12:00") > 0));
    }

    [Fact]
    public async Task A_bag_that_is_put_right_before_landing_wakes_nobody_and_its_case_closes_itself()
    {
        var reference = await _hub.TellAsync("sc02", live: true);
        await _hub.LiveUntilAsync(_hub.Time.Now + Duration.FromDays(4));

        Assert.Equal(0, await _hub.WithDbAsync(db => db.Alerts.CountAsync()));
        Assert.Equal(0, await _hub.WithDbAsync(db => db.Deliveries.CountAsync()));
        Assert.Equal(["08-17 17:05 CLOSED_RETURNED"], await WordsAsync("CLOSED_RETURNED"));
        var timeline = await ReadAsync(reference, "Lindqvist");
        Assert.StartsWith("Your case is closed", timeline.GetProperty("incident").GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal("Case closed, because nobody said that anything is wrong", timeline.GetProperty("entries").EnumerateArray().Last().GetProperty("text").GetString());

        await _hub.As("CU").AcceptedAsync(Say.That("reopen", reference, "REOPENED"));
        Assert.Equal("XB", Assert.Single(await ClocksAsync(reference)).Party.Value);
    }

    [Fact]
    public async Task A_match_that_was_wrong_gives_the_search_back_to_whoever_searched()
    {
        await _hub.TellAsync("sc04", until: "11", live: true);

        var clocks = await _hub.WithDbAsync(async db => (await db.Incidents.AsNoTracking().OrderBy(row => row.OpenedAt).ToListAsync()).Select(row => Data.CaseCodec.ReadStateAndWatch(row.State).Watch.Running).ToArray());
        var search = Assert.Single(clocks[0], clock => clock.Track == Track.Main);
        Assert.Equal(("TRW", "MATCH_VOIDED", Duration.FromHours(2)), (search.Party.Value, search.Status, search.Length));
    }

    [Fact]
    public async Task A_delivery_that_the_traveller_denies_is_the_airlines_to_explain_within_two_hours()
    {
        var reference = await _hub.TellAsync("sc05", until: "07", live: true);

        await _hub.FollowDutiesAsync();
        var task = Assert.Single((await _hub.As("XB").TasksAsync()).Tasks, task => task.IncidentReference == reference);
        Assert.Equal("2026-11-03T13:45", task.DueTime.ToDateTime().ToString("yyyy-MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture));
        await _hub.LiveUntilAsync(Instant.FromUtc(2026, 11, 3, 14, 0));
        Assert.Contains("11-03 13:45 SLA_BREACHED XB", await WordsAsync(HubWords.Breached));
        Assert.Contains(await _hub.WithDbAsync(db => db.Alerts.ToListAsync()), alert => alert is { Party: "XB", Stage: ClockStage.Breached });
    }

    [Fact]
    public async Task A_hold_pauses_once_for_a_reason_with_an_end_and_the_travellers_time_is_charged_to_nobody_else()
    {
        var reference = await _hub.As("XB").OpenAsync("0901123456", "IH");
        await _hub.As("IH").AcceptedAsync(Held("h1", reference, 24, "CUSTOMS"));
        await _hub.LiveUntilAsync(Noon + Duration.FromHours(27));
        Assert.Equal(["07-07 12:00 PAUSE_ENDED IH", "07-07 14:00 SLA_BREACHED IH"], await WordsAsync(HubWords.PauseEnded, HubWords.Breached));

        await _hub.As("IH").AcceptedAsync(Held("h2", reference, 24, ""));
        Assert.Null(Assert.Single(await ClocksAsync(reference)).PausedUntil);

        await _hub.As("IH").AcceptedAsync(Say.That("i1", reference, "INFO_NEEDED"));
        await _hub.LiveUntilAsync(_hub.Time.Now + Duration.FromDays(3));
        Assert.Single(await WordsAsync(HubWords.Breached));
        using var browser = _hub.Browse();
        var ledger = await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/ledger?familyName=Kowalska");
        Assert.Equal("You", ledger.GetProperty("spans").EnumerateArray().Last().GetProperty("who").GetString());

        await _hub.As("CU").AcceptedAsync(Say.Note("c1", reference, "Here is the form."));
        await _hub.LiveUntilAsync(_hub.Time.Now + Duration.FromHours(5));
        Assert.EndsWith("SLA_BREACHED IH", (await WordsAsync(HubWords.Breached))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_courier_whose_order_is_cancelled_has_two_hours_to_say_that_it_knows()
    {
        var reference = await _hub.As("XB").OpenAsync("0901123456", "CQ");
        await _hub.As("XB").AcceptedAsync(Say.That("u1", reference, "DELIVERY_ORDERED").But(update => update.AskedParty = "CQ"));
        _hub.Time.Advance(Duration.FromHours(1));
        await _hub.As("XB").AcceptedAsync(Say.That("u2", reference, "FORWARD_PLANNED").But(update => update.Flight = new() { Carrier = "XA", Number = "102", From = "FNC", To = "GDN" }));

        await _hub.FollowDutiesAsync();
        Assert.Equal(TaskKind.Question, Assert.Single((await _hub.As("CQ").TasksAsync()).Tasks).Kind);
        await _hub.LiveUntilAsync(Noon + Duration.FromHours(4));
        Assert.Equal(["07-06 15:00 SLA_BREACHED CQ"], (await WordsAsync(HubWords.Breached)).Where(word => word.EndsWith("CQ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_case_that_is_given_to_another_airline_is_owed_by_that_one_under_the_same_reference()
    {
        var reference = await _hub.As("XB").OpenAsync("0901123456", "XA");
        await _hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ARRIVED_STATION"));
        _hub.Time.Advance(Duration.FromHours(1));
        await _hub.As("XB").AcceptedAsync(Say.Note("u2", reference).But(update => update.Assignment = new() { Role = PartyRole.CaseOwner, OrganizationId = "XA" }));

        await _hub.FollowDutiesAsync();
        Assert.Empty((await _hub.As("XB").TasksAsync()).Tasks);
        Assert.Equal((reference, "XA"), (Assert.Single((await _hub.As("XA").TasksAsync()).Tasks).IncidentReference, Assert.Single(await ClocksAsync(reference)).Party.Value));
    }

    [Fact]
    public async Task A_search_is_asked_for_its_next_steps_and_a_lost_bag_that_turns_up_wakes_the_owner_within_the_hour()
    {
        var opening = Say.Missing("0901123456", "TRW");
        opening.Legs.Add(new Partner.V1.Flight { Carrier = "XB", Number = "1687", Date = "2026-07-05", From = "LIS", To = "FNC", ArrivalTime = Timestamp.FromDateTimeOffset((Noon - Duration.FromDays(1)).ToDateTimeOffset()) });
        var reference = (await _hub.As("XB").OpenAsync(opening)).Incident.IncidentReference;
        _hub.Time.Advance(Duration.FromMinutes(1));
        await _hub.As("TRW").AcceptedAsync(Say.That("t0", reference, "TRACING"));
        for (var hour = 1; hour <= 9; hour++)
        {
            _hub.Time.Advance(Duration.FromHours(1));
            await _hub.As("TRW").AcceptedAsync(hour % 2 == 0 ? Say.Note($"t{hour}", reference, "Still searching.") : Say.That($"t{hour}", reference, "TRACING"));
        }
        Assert.Contains("07-06 19:01 SLA_BREACHED TRW", await LivedAsync(Noon + Duration.FromDays(23), HubWords.Breached));
        Assert.Equal(["07-10 12:00 PROMPTED TRW", "07-24 12:00 PROMPTED XB", "07-26 12:00 PROMPTED XB"], await WordsAsync(HubWords.Prompted));

        await _hub.As("XB").AcceptedAsync(Say.That("l1", reference, "DECLARED_LOST"));
        Assert.Equal("XB", Assert.Single(await ClocksAsync(reference), clock => clock.Track == Track.Claim).Party.Value);
        await _hub.As("XB").AcceptedAsync(Say.That("l2", reference, "CLOSED_LOST"));
        Assert.Empty(await ClocksAsync(reference));

        _hub.Time.Advance(Duration.FromDays(12));
        await _hub.As("XB").AcceptedAsync(Say.That("l3", reference, "REOPENED"));
        var clock = Assert.Single(await ClocksAsync(reference), clock => clock.Track == Track.Main);
        Assert.Equal(("XB", Duration.FromHours(1)), (clock.Party.Value, clock.Length));
    }

    [Theory]
    [InlineData("PT17H", "11-03 11:00")]        // the courier is on its way
    [InlineData("PT17H30M", "11-03 11:45")]     // it stands as delivered; then the traveller says that it was not
    [InlineData("PT20H", "11-03 14:00")]        // the courier has taken it back
    [InlineData("PT23H")]                       // it is there
    public async Task The_refund_of_the_fee_is_owed_until_the_bag_is_really_there(string after, params string[] asked)
    {
        var policy = JsonNode.Parse(typeof(CodeLists).Assembly.GetManifestResourceStream("sla-policy.json")!)!.AsObject();
        (policy["id"], policy["activeFrom"]) = ("with-refund", "2026-07-06T12:00:00Z");
        policy["prompts"]!.AsArray().Add(new JsonObject { ["name"] = "refund", ["after"] = after, ["asks"] = "CL", ["owner"] = "XB", ["until"] = "RETURNED", ["text"] = "Refund the bag fee." });
        using var file = new Agreed(new JsonObject { ["policies"] = new JsonArray(policy) }.ToJsonString());
        await _hub.DisposeAsync();
        _hub = await Stories.StartHubAsync(("Sla:File", file.Name));

        await _hub.TellAsync("sc05", live: true);
        await _hub.LiveUntilAsync(_hub.Time.Now + Duration.FromHours(2));
        Assert.Equal(asked.Select(at => at + " PROMPTED XB"), await WordsAsync(HubWords.Prompted));
    }

    [Fact]
    public async Task Before_an_item_that_was_left_behind_is_disposed_of_two_reminders_are_asked_for()
    {
        var opening = Say.Missing("0901123456", "IH");
        opening.Kind = IncidentKind.LeftBehindItem;
        opening.Items[0] = new NewItem { Description = "Tablet, seat 14C" };
        var reference = (await _hub.As("XB").OpenAsync(opening)).Incident.IncidentReference;
        _hub.Time.Advance(Duration.FromHours(11.5));
        await _hub.As("IH").AcceptedAsync(Say.That("found", reference, "ITEM_FOUND", "FNC"));

        Assert.Equal(["07-20 23:30 PROMPTED IH", "07-31 23:30 PROMPTED IH"], await LivedAsync(Noon + Duration.FromDays(31), HubWords.Prompted));
        await _hub.FollowDutiesAsync();
        Assert.Contains((await _hub.As("IH").TasksAsync()).Tasks, task => task.QuestionText.Contains("for the last time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bulletin_about_many_cases_is_one_word_about_each_search_in_twelve_hours_and_none_about_a_bag_that_was_found()
    {
        var (searched, found) = (await _hub.As("XB").OpenAsync("0901123456"), await _hub.As("XB").OpenAsync("0901123457"));
        _hub.Time.Advance(Duration.FromMinutes(1));
        await _hub.As("XB").AcceptedAsync(Say.That("s1", searched, "TRACING"));
        await _hub.As("XB").AcceptedAsync(Say.That("f1", found, "POSSIBLE_MATCH"));
        async Task StormAsync(int number)
        {
            var told = await _hub.As("XB").BatchAsync(new[] { searched, found }.Select(reference => Say.Note($"storm-{number}", reference, "Storm at Frankfurt. Next bulletin 18:00.").But(update => update.Bulletin = "FRA storm 6 July")));
            Assert.All(told, result => Assert.Equal(UpdateResult.OutcomeOneofCase.Accepted, result.OutcomeCase));
        }

        _hub.Time.Advance(Duration.FromHours(1));
        await StormAsync(1);
        _hub.Time.Advance(Duration.FromHours(1));
        await StormAsync(2);

        Assert.Equal(17, Assert.Single(await ClocksAsync(searched)).DueAt.InUtc().Hour);
        Assert.Equal(14, Assert.Single(await ClocksAsync(found)).DueAt.InUtc().Hour);
    }

    [Fact]
    public async Task A_broken_wheelchair_goes_the_same_way_faster_and_nobody_speaks_of_a_bag()
    {
        var opening = new OpenIncidentRequest
        {
            RequestId = "wheelchair",
            Kind = IncidentKind.ServiceIncident,
            Priority = IncidentPriority.Critical,
            FamilyName = "Kowalska",
            Items = { new NewItem { Description = "Wheelchair" } },
            PartyIds = { "GO", "FIX" },
            Place = new() { Station = "LIS" },
            ReportTimeZone = "Europe/Lisbon",
        };
        var reference = (await _hub.As("XB").OpenAsync(opening)).Incident.IncidentReference;
        Assert.Equal(Noon + Duration.FromMinutes(30), Assert.Single(await ClocksAsync(reference)).DueAt);

        await _hub.As("XB").AcceptedAsync(Say.That("w1", reference, "SVC_ACKNOWLEDGED", "LIS"));
        await _hub.As("GO").AcceptedAsync(Say.Note("w2", reference, "It was not us.").But(update => update.Visibility = Partner.V1.Visibility.Internal));
        await _hub.As("FIX").AcceptedAsync(Say.That("w3", reference, "SVC_IN_PROGRESS", "LIS").But(update => update.Eta = Until(5)));
        await _hub.LiveUntilAsync(Noon + Duration.FromHours(5.1));
        Assert.Equal(["07-06 17:00 ETA_PASSED"], await WordsAsync(HubWords.EtaPassed));

        await _hub.As("FIX").AcceptedAsync(Say.That("w4", reference, "SVC_RESOLVED", "LIS"));
        await _hub.As("CU").AcceptedAsync(Say.That("w5", reference, "REOPENED", "LIS"));
        Assert.Equal(("XB", Duration.FromHours(1)), Assert.Single(await ClocksAsync(reference)) is var again ? (again.Party.Value, again.Length) : default);
        await _hub.As("FIX").AcceptedAsync(Say.That("w6", reference, "SVC_RESOLVED", "LIS"));
        await _hub.As("CU").AcceptedAsync(Say.That("w7", reference, "CONFIRMED", "LIS"));

        using var browser = _hub.Browse();
        var page = await TrackTests.OpenAsync(browser, reference, "Kowalska");
        Assert.DoesNotMatch("(?i)[ >](your|the|a) bag", page[page.IndexOf("<main", StringComparison.Ordinal)..page.IndexOf("</main", StringComparison.Ordinal)]);
        Assert.DoesNotContain("not us", page, StringComparison.Ordinal);
    }

    private static Update Held(string id, string reference, int hours, string reason) => Say.That(id, reference, "HELD").But(update =>
    {
        update.ReasonCode = reason;
        update.Eta = new() { From = Timestamp.FromDateTimeOffset((Noon + Duration.FromHours(hours)).ToDateTimeOffset()), TimeZone = "Z" };
    });

    private static Partner.V1.Eta Until(int hours) => new() { From = Timestamp.FromDateTimeOffset((Noon + Duration.FromHours(hours)).ToDateTimeOffset()), TimeZone = "Z" };

    private async Task<JsonElement> ReadAsync(string reference, string familyName)
    {
        using var browser = _hub.Browse();
        return await browser.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/timeline?familyName={familyName}");
    }

    private Task<IReadOnlyList<DutyClock>> ClocksAsync(string reference) => _hub.WithDbAsync(async db =>
    {
        Assert.True(Reference.TryParse(reference, out var known));
        var row = await db.Incidents.AsNoTracking().SingleAsync(incident => incident.Reference == known.Value);
        return (IReadOnlyList<DutyClock>)Data.CaseCodec.ReadStateAndWatch(row.State).Watch.Running;
    });

    private async Task<string[]> LivedAsync(Instant until, params string[] codes)
    {
        await _hub.LiveUntilAsync(until);
        return await WordsAsync(codes);
    }

    private async Task<string[]> WordsAsync(params string[] codes) =>
        [.. (await _hub.WithDbAsync(db => db.Claims.AsNoTracking().Where(claim => claim.PartnerId == "HUB").OrderBy(claim => claim.ReceivedAt).ToListAsync()))
            .Select(row => Updates.ClaimCodec.Read(row.AsRow()).Claim).Where(word => codes.Contains(word.StatusCode))
            .Select(word => $"{InstantPattern.CreateWithInvariantCulture("MM-dd HH:mm").Format(word.ReceivedAt)} {word.StatusCode} {word.AskedParty}".TrimEnd())];
}
