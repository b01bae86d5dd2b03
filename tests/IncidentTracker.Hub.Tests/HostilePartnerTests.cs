using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>What a partner with bad manners, or a bad clock, must not be able to do to others.</summary>
public sealed class HostilePartnerTests : HubTest
{
    private const string Tag = "0900123456";

    [Theory]
    [InlineData("+15:00")]
    [InlineData("-18:00")]
    public async Task An_offset_that_no_place_on_earth_has_is_refused(string offset)
    {
        var reference = await Hub.As("XB").OpenAsync(Tag);
        var update = Say.That("u-1", reference, "LAST_SEEN").But(update => update.EventTimeZone = offset);

        var refusal = await Hub.As("XB").ReportAsync(update).AsRefusedAsync();

        Assert.Equal(("EVENT_TIME_OFFSET_REQUIRED", "update.event_time_zone"), (refusal.Reason, refusal.Field));
        await MustReadAsync(reference);
    }

    [Fact]
    public async Task The_ends_of_time_are_no_moment_for_a_bag()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag);
        var last = new Timestamp { Seconds = 253_402_300_799 };
        var eta = Say.That("u-1", reference, "DELIVERY_ORDERED").But(update => update.Eta = new() { From = last, TimeZone = "+14:00" });
        var estimate = Say.That("u-2", reference, "DELIVERY_ORDERED").But(update => (update.EventTime, update.Classifier, update.EventTimePrecision) = (last, Classifier.Estimated, TimePrecision.Date));

        Assert.Equal(("FIELD_INVALID", "update.eta.from"), await ReasonAsync(eta));
        Assert.Equal(("FIELD_INVALID", "update.event_time"), await ReasonAsync(estimate));
        await MustReadAsync(reference);
    }

    [Fact]
    public async Task A_stranger_hears_nothing_of_a_case_it_speaks_about()
    {
        await Hub.As("XB").OpenAsync(Tag);

        var accepted = await Hub.As("STRANGER").AcceptedAsync(Say.Seen("u-1", Tag, "ON_HAND"));
        var repeated = await Hub.As("STRANGER").DuplicateAsync(Say.Seen("u-1", Tag, "ON_HAND"));

        Assert.True(accepted.Quarantined);
        Assert.Equal(new CaseStanding(), accepted.Standing);
        Assert.Equal(new CaseStanding(), repeated.Standing);
    }

    [Fact]
    public async Task A_stranger_cannot_say_where_the_report_was_taken()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag);

        await Hub.As("STRANGER").AcceptedAsync(Say.Seen("u-1", Tag, "REPORTED").At(Hub.Time.GetUtcNow().AddDays(-9)).But(update => update.Place = new() { Station = "NRT" }));

        Assert.DoesNotContain("Tokyo", await MustReadAsync(reference), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_with_somebody_elses_identifier_does_not_come_between_a_party_and_its_case()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag);
        var twin = Say.Missing("0900999999");
        twin.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.BagTag, Value = Tag, Date = Say.Day });
        await Hub.As("STRANGER").OpenAsync(twin);

        var said = await Hub.As("XB").AcceptedAsync(Say.Seen("u-1", Tag, "TRACING"));
        var byHandler = await Hub.As("GO").AcceptedAsync(Say.Seen("u-2", Tag, "ON_HAND"));

        Assert.Equal((reference, reference), (said.Standing.IncidentReference, byHandler.Standing.IncidentReference));
    }

    [Fact]
    public async Task A_sightings_other_identifiers_lead_nobody_to_it()
    {
        await Hub.As("XB").AcceptedAsync(Say.Seen("u-1", Tag, "LOADED"));
        await Hub.As("STRANGER").AcceptedAsync(Say.Seen("u-1", Tag, "LOADED").But(update => update.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.BagTag, Value = "0900999999", Date = Say.Day })));

        var foreign = await Hub.As("STRANGER").OpenAsync("0900999999", "XB");
        var own = await Hub.As("XB").OpenAsync(Tag);

        Assert.Single((await Hub.As("STRANGER").ReadAsync(foreign)).Entries);
        Assert.Contains((await Hub.As("XB").ReadAsync(own)).Entries, entry => entry.PartnerId == "XB" && entry.Update.StatusCode == "LOADED");
    }

    [Fact]
    public async Task What_moves_a_cursor_is_no_text()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag);

        Assert.Equal(("FIELD_INVALID", "update.staff_text"), await ReasonAsync(Say.Note("u-1", reference, "\u001b[2J all clear")));
        await Hub.As("XB").AcceptedAsync(Say.Note("u-2", reference, "two\nlines\tand a tab"));
    }

    [Fact]
    public async Task Who_is_on_every_case_lets_no_stranger_in()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag);
        await Hub.As("STRANGER").AcceptedAsync(Say.That("u-0", reference, "ON_HAND"));

        await Hub.As("AG").AcceptedAsync(Say.Note("u-1", reference).But(update => update.Assignment = new() { Role = PartyRole.HoldingStation, OrganizationId = "STRANGER" }));
        await Hub.As("AG").AcceptedAsync(Say.Note("u-2", reference).But(update => update.AskedParty = "STRANGER"));
        await Hub.As("CU").AcceptedAsync(Say.That("u-3", reference, "LAST_SEEN").But(update => update.AskedParty = "STRANGER"));
        await Hub.As("TRW").AcceptedAsync(Say.Note("u-4", reference).But(update => update.Custody = new() { Action = CustodyAction.Taken, To = "STRANGER" }));

        Assert.Equal("INCIDENT_NOT_FOUND", (await Hub.As("STRANGER").ReadAsync(reference).AsRefusedAsync()).Reason);
        await Hub.As("XB").AcceptedAsync(Say.Note("u-5", reference).But(update => update.AskedParty = "STRANGER"));
        Assert.Equal("LAST_SEEN", (await Hub.As("STRANGER").ReadAsync(reference)).Incident.StatusCode);
    }

    [Fact]
    public async Task A_sighting_cannot_name_whom_nobody_knows()
    {
        Assert.Equal(("ORGANIZATION_UNKNOWN", "update.asked_party"), await ReasonAsync(Say.Seen("u-1", Tag, "LOADED").But(update => update.AskedParty = "NOBODY")));
        await Hub.As("XB").AcceptedAsync(Say.Seen("u-2", Tag, "LOADED").But(update => update.Custody = new() { Action = CustodyAction.Taken, From = "CUSTOMER" }));
    }

    [Fact]
    public async Task What_is_kept_from_others_changes_nothing_that_they_read()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag, "CQ", "XA");
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        var (before, page) = ((await Hub.As("XA").ReadAsync(reference)).Incident, await MustReadAsync(reference));
        Hub.Time.Advance(NodaTime.Duration.FromMinutes(5));

        var secret = Say.That("u-2", reference, "OUT_FOR_DELIVERY").But(update =>
        {
            (update.Visibility, update.AskedParty) = (Visibility.Internal, "STRANGER");
            update.Eta = new() { From = Hub.Time.GetUtcNow().AddHours(2).ToTimestamp(), TimeZone = "Z" };
            update.Custody = new() { Action = CustodyAction.Taken, Condition = BagCondition.DamageSeen };
            update.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.Courier, Value = "CQ-1" });
        });
        await Hub.As("CQ").AcceptedAsync(secret);

        before.TimelineVersion++;
        Assert.Equal(before, (await Hub.As("XA").ReadAsync(reference)).Incident);
        Assert.Equal(page.Replace("Version\":2", "Version\":3", StringComparison.Ordinal), await MustReadAsync(reference));
        Assert.Empty((await Hub.As("XB").FindAsync(ReferenceScheme.Courier, "CQ-1")).Incidents);
        Assert.Contains((await Hub.As("CQ").ReadAsync(reference)).Entries, entry => entry.Update.UpdateId == "u-2");
    }

    [Fact]
    public async Task A_strangers_identifier_counts_as_soon_as_the_stranger_is_let_in()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag);
        await Hub.As("STRANGER").AcceptedAsync(Say.That("u-1", reference, "LAST_SEEN").But(update => update.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.Courier, Value = "S-1" })));
        Assert.Empty((await Hub.As("XB").FindAsync(ReferenceScheme.Courier, "S-1")).Incidents);

        await Hub.As("XB").AcceptedAsync(Say.That("u-2", reference, "DELIVERY_ORDERED").But(update => update.AskedParty = "STRANGER"));

        Assert.Single((await Hub.As("XB").FindAsync(ReferenceScheme.Courier, "S-1")).Incidents);
    }

    [Fact]
    public async Task An_identifier_that_only_some_may_read_is_shown_to_nobody()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag, "CQ", "XA");
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING").But(update =>
        {
            update.Visibility = Visibility.Parties;
            update.VisibleTo.Add("XA");
            update.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.PartnerCase, Value = "SECRET-1" });
        }));

        Assert.DoesNotContain((await Hub.As("CQ").ReadAsync(reference)).Incident.ExternalReferences, known => known.Value == "SECRET-1");
    }

    [Fact]
    public async Task A_hotel_that_has_no_bag_does_not_move_what_the_traveller_expects()
    {
        var reference = await Hub.As("XB").OpenAsync(Tag, "HTL");
        var tomorrow = new Eta { From = Hub.Time.GetUtcNow().AddDays(1).ToTimestamp(), TimeZone = "Z" };

        var guess = await Hub.As("HTL").AcceptedAsync(Say.Note("u-1", reference).But(update => update.Eta = tomorrow));
        var plan = await Hub.As("HTL").AcceptedAsync(Say.That("u-2", reference, "OUT_FOR_DELIVERY").But(update => (update.Eta, update.Classifier) = (tomorrow, Classifier.Estimated)));
        var seen = await Hub.As("HTL").AcceptedAsync(Say.That("u-3", reference, "LAST_SEEN").But(update => update.Eta = tomorrow));
        var page = await MustReadAsync(reference);

        Assert.All(new[] { guess, plan, seen }, accepted => Assert.Equal(["ETA_NOT_AUTHORISED"], accepted.Warnings));
        Assert.Equal("LAST_SEEN", seen.Standing.StatusCode);
        Assert.Contains("Seen at Frankfurt", page, StringComparison.Ordinal);
        Assert.DoesNotContain("xpected", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_travellers_link_leads_nowhere_but_to_the_hub()
    {
        await using var published = await Hub.StartAsync(("Doors:PublicUrl", "https://bags.example.com"));
        await Hub.As("XB").OpenAsync(Tag);
        await published.As("XB").OpenAsync(Tag);

        Assert.StartsWith($"{Hub.WebAddress}track/", await LinkAsync(Hub, Hub.WebAddress.Authority), StringComparison.Ordinal);
        Assert.StartsWith("http://127.0.0.1:0/track/", await LinkAsync(Hub, "evil.example"), StringComparison.Ordinal);
        Assert.StartsWith("https://bags.example.com/track/", await LinkAsync(published, "evil.example"), StringComparison.Ordinal);
        Assert.StartsWith("https://bags.example.com/track/", await LinkAsync(published, published.WebAddress.Authority), StringComparison.Ordinal);
    }

    private static async Task<string> LinkAsync(Hub hub, string host)
    {
        using var partner = hub.Browse();
        (partner.DefaultRequestHeaders.Host, partner.DefaultRequestHeaders.Authorization) = (host, new("Bearer", DevelopmentPartners.KeyOf("XB")));
        return (await partner.GetFromJsonAsync<JsonElement>("/api/v1/incidents")).GetProperty("items")[0].GetProperty("customerLink").GetString()!;
    }

    private async Task<(string, string)> ReasonAsync(Update update)
    {
        var refusal = await Hub.As("XB").ReportAsync(update).AsRefusedAsync();
        return (refusal.Reason, refusal.Field);
    }

    private async Task<string> MustReadAsync(string reference)
    {
        using var traveller = Hub.Browse();
        var answer = await traveller.GetAsync($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}
