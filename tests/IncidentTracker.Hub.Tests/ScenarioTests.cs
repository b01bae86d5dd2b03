using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>The stories of partners/Simulator/scenarios, told step by step at their own times.</summary>
public sealed class ScenarioTests : HubTest
{
    [Fact]
    public async Task SC01_a_scan_reported_hours_late_stands_where_it_belongs_and_says_how_late_it_came()
    {
        var sc01 = HubScenario.Of(Hub, "sc01");

        await sc01.TellAsync(upTo: "09");

        Assert.True(sc01.Accepted("09").Late);
        var story = await sc01.StoryAsync("05");
        var said = story.Entries.Select(entry => entry.Claim).Where(claim => claim.Judgement is null).ToList();
        Assert.Equal(["sc01-07", "sc01-09", "sc01-08"], said[^3..].Select(claim => claim.UpdateId));         // 14:10, 16:05, 18:30
        Assert.Equal("reported 4 h 36 late", Sentences.ReportedLate(said[^2]));
        Assert.All(story.Entries.Where(entry => entry.Claim.UpdateId != "sc01-09"), entry => Assert.Equal("", Sentences.ReportedLate(entry.Claim)));
        Assert.Equal(("ON_HAND", "GO"), (story.State.Worst.StatusCode, story.State.Worst.Holding?.By.Value));
    }

    [Fact]
    public async Task SC01_scans_made_before_the_report_are_on_the_timeline_from_the_start()
    {
        var sc01 = HubScenario.Of(Hub, "sc01");

        await sc01.TellAsync(upTo: "05");

        Assert.All(new[] { "01", "02", "03", "04" }, step => Assert.True(sc01.Accepted(step).Standing.Sighting));
        var read = await sc01.As("XB").ReadAsync(sc01.Reference("05"));
        Assert.Equal(["sc01-01", "sc01-02", "sc01-03", "sc01-04", "sc01-05"], read.Entries.Select(entry => entry.Update.UpdateId));
        Assert.All(read.Entries, entry => Assert.DoesNotContain("QUARANTINED", entry.Marks));
    }

    [Fact]
    public async Task SC01_a_missed_flight_replaces_the_departure_although_it_is_heard_after_the_bag_was_due()
    {
        var sc01 = HubScenario.Of(Hub, "sc01");
        await sc01.TellAsync(upTo: "15");
        Assert.Equal("FORWARD_DEPARTED", (await sc01.StoryAsync("05")).State.Worst.StatusCode);

        await sc01.TellAsync(upTo: "16");

        var now = (await sc01.StoryAsync("05")).State.Worst;
        Assert.Equal(("FORWARD_MISSED", null, "LH2"), (now.StatusCode, now.Eta, now.Holding?.By.Value));
        Assert.True(sc01.Accepted("16").Late);
    }

    [Fact]
    public async Task SC01_damage_arose_between_the_last_good_look_and_the_first_bad_one()
    {
        var sc01 = HubScenario.Of(Hub, "sc01");

        await sc01.TellAsync(upTo: "28");

        var window = DamageWindow.Of(await sc01.StoryAsync("05"))!;
        Assert.Equal((Instant.FromUtc(2026, 7, 6, 5, 10), Instant.FromUtc(2026, 7, 8, 12, 30), "HTL"), (window.From!.Value, window.Until, window.SeenBy.Value));
        foreach (var party in new[] { "XA", "GO", "XB", "LH2", "IH", "CQ" }) Assert.Contains(new OrganizationId(party), window.NotExcluded);
        foreach (var party in new[] { "HTL", "CU", "AG", "TRW" }) Assert.DoesNotContain(new OrganizationId(party), window.NotExcluded);
    }

    [Fact]
    public async Task SC01_damage_and_repair_run_beside_the_way_home_and_the_case_closes_returned()
    {
        var sc01 = HubScenario.Of(Hub, "sc01");
        await sc01.TellAsync(upTo: "28");
        var damaged = (await sc01.As("XB").ReadAsync(sc01.Reference("05"))).Incident;
        Assert.Equal(("RETURNED", "DAMAGE_REPORTED"), (damaged.Phase, damaged.Items[0].DamageStatusCode));
        Assert.Equal([sc01.Reference("05")], (await sc01.As("XB").FindAsync(Partner.V1.ReferenceScheme.Worldtracer, "FNCXB10482")).Incidents.Select(found => found.IncidentReference));

        await sc01.TellAsync();

        var closed = (await sc01.As("XB").ReadAsync(sc01.Reference("05"))).Incident;
        Assert.Equal(("CLOSED_RETURNED", "CLOSED", "CUSTOMER"), (closed.StatusCode, closed.Phase, closed.Items[0].Custodian));
        Assert.All((await sc01.StoryAsync("05")).Entries, entry => Assert.Equal(!entry.Claim.IsInternal, entry.Counts));
    }

    [Fact]
    public async Task SC02_the_best_case_has_no_contradiction_and_ends_with_the_couriers_proof()
    {
        var sc02 = HubScenario.Of(Hub, "sc02");

        await sc02.TellAsync();

        var story = await sc02.StoryAsync("01");
        Assert.All(story.Entries, entry => Assert.Equal(Marks.None, entry.Marks));
        var delivered = story.Entries[^1].Claim;
        Assert.Equal(("DELIVERED", "CQ", true), (delivered.StatusCode, delivered.By.Value, delivered.HasEvidence));
        Assert.Equal((Phase.Returned, OrganizationId.Customer), (story.State.Worst.Phase, story.State.Worst.Holding!.By));
        Assert.Equal(["XB", "CQ", "CUSTOMER"], story.Custody.Select(span => span.By.Value));
    }

    [Fact]
    public async Task SC03_a_replay_newest_first_ends_where_the_truth_is()
    {
        var sc03 = HubScenario.Of(Hub, "sc03");

        await sc03.TellAsync();         // the answers DUPLICATE and UPDATE_ID_CONFLICT are in the story itself

        var story = await sc03.StoryAsync("01");
        Assert.Equal(["sc03-01", "sc03-02", "sc03-03", "7702", "sc03-04", "7779", "7790", "7781"], story.Entries.Select(entry => entry.Claim.UpdateId));
        Assert.Equal("LOADED", story.State.Worst.StatusCode);
        Assert.Equal(Instant.FromUtc(2026, 9, 2, 14, 40), story.State.Worst.Eta!.From);
        Assert.Equal("LIS", story.Entries[^1].Claim.Place!.Station);
        Assert.Equal(["7790"], story.Entries.Where(entry => entry.Is(Marks.ProbableDuplicate)).Select(entry => entry.Claim.UpdateId));
        Assert.All(new[] { "05", "06", "09" }, step => Assert.True(sc03.Accepted(step).Late));
        Assert.Equal(["7702", "7779", "7790", "7781"], story.Entries.Where(entry => entry.Is(Marks.Late)).Select(entry => entry.Claim.UpdateId));
    }

    [Fact]
    public async Task SC04_a_withdrawn_match_strikes_through_what_followed_it_and_the_search_goes_on()
    {
        var sc04 = HubScenario.Of(Hub, "sc04");

        await sc04.TellAsync(upTo: "11");

        var story = await sc04.StoryAsync("01");
        var struck = story.Entries.Where(entry => entry.Is(Marks.Withdrawn)).ToArray();
        Assert.Equal(["sc04-07", "sc04-08", "sc04-09"], struck.Select(entry => entry.Claim.UpdateId));
        Assert.All(struck, entry => Assert.Equal(Instant.FromUtc(2026, 10, 6, 9, 35), entry.WithdrawnAt));
        Assert.Equal((Phase.Searching, "MATCH_VOIDED", null), (story.State.Worst.Phase, story.State.Worst.StatusCode, story.State.Worst.Eta));
        Assert.Null(story.State.Worst.Holding);

        await sc04.TellAsync();
        Assert.Equal("GO", (await sc04.StoryAsync("01")).State.Worst.Holding?.By.Value);
    }

    [Fact]
    public async Task SC04_neither_owner_ever_sees_the_others_case()
    {
        var sc04 = HubScenario.Of(Hub, "sc04");

        await sc04.TellAsync();

        var customer = sc04.As("CU");       // on the first case only
        Assert.Equal("INCIDENT_NOT_FOUND", (await customer.ReadAsync(sc04.Reference("03")).AsRefusedAsync()).Reason);
        Assert.Equal("INCIDENT_NOT_FOUND", (await customer.ReadAsync(sc04.Reference("04")).AsRefusedAsync()).Reason);
        var shown = (await customer.ReadAsync(sc04.Reference("01"))).ToString();
        foreach (var foreign in new[] { "Siwak", "0900700245", "LISXB20769", sc04.Reference("03"), sc04.Reference("04") }) Assert.DoesNotContain(foreign, shown, StringComparison.Ordinal);
        var second = (await sc04.As("XB").ReadAsync(sc04.Reference("03"))).ToString();
        foreach (var foreign in new[] { "Nowak", "0901700111", "LISXB20764", sc04.Reference("01") }) Assert.DoesNotContain(foreign, second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SC05_while_a_delivery_is_disputed_the_couriers_bare_word_closes_nothing()
    {
        var sc05 = HubScenario.Of(Hub, "sc05");
        await sc05.TellAsync(upTo: "07");
        var disputed = (await sc05.StoryAsync("01")).State.Worst;
        Assert.Equal(("DELIVERY_DISPUTED", "CQ"), (disputed.StatusCode, disputed.Holding?.By.Value));

        await sc05.TellAsync(upTo: "08");

        Assert.Contains("EVIDENCE_MISSING", sc05.Accepted("08").Warnings);
        Assert.Equal("DELIVERY_DISPUTED", (await sc05.StoryAsync("01")).State.Worst.StatusCode);
    }

    [Fact]
    public async Task SC05_what_was_taken_back_stays_visible_and_proof_ends_the_dispute()
    {
        var sc05 = HubScenario.Of(Hub, "sc05");
        await sc05.TellAsync(upTo: "11");
        var read = await sc05.As("CU").ReadAsync(sc05.Reference("01"));
        var struck = read.Entries.Where(entry => entry.Marks.Contains("WITHDRAWN")).ToArray();
        Assert.Equal(["sc05-06", "sc05-08"], struck.Select(entry => entry.Update.UpdateId).Order());
        Assert.All(struck, entry => Assert.NotNull(entry.WithdrawnTime));
        Assert.NotEqual("RETURNED", read.Incident.Phase);

        await sc05.TellAsync(upTo: "12");
        var delivered = await sc05.StoryAsync("01");
        await sc05.TellAsync();

        Assert.Equal(("DELIVERED", Instant.FromUtc(2026, 11, 3, 16, 40)), (delivered.State.Worst.StatusCode, delivered.State.Worst.StatusAt));
        var confirmed = (await sc05.As("XB").ReadAsync(sc05.Reference("01"))).Incident;
        Assert.Equal(("CONFIRMED", "CUSTOMER"), (confirmed.StatusCode, confirmed.Items[0].Custodian));
    }
}
