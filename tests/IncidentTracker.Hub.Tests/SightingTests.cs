using IncidentTracker.Partner.V1;
using NodaTime;
using Outcome = IncidentTracker.Partner.V1.UpdateResult.OutcomeOneofCase;

namespace IncidentTracker.HubTests;

/// <summary>Scans usually exist before the traveller complains: they wait, and join the case when it opens.</summary>
public sealed class SightingTests : HubTest
{
    private const string Tag = "0900123456";

    [Fact]
    public async Task A_scan_without_a_case_is_kept_as_a_sighting()
    {
        var accepted = await Hub.As("GO").AcceptedAsync(Say.Seen("u-1", Tag, "OFFLOADED"));

        Assert.True(accepted.Standing.Sighting);
        Assert.Empty(accepted.Standing.IncidentReference);
        await Hub.As("GO").DuplicateAsync(Say.Seen("u-1", Tag, "OFFLOADED"));
    }

    [Theory]
    [InlineData("2026-07-03", true)]
    [InlineData("2026-07-09", true)]
    [InlineData("2026-07-02", false)]
    [InlineData("2026-07-10", false)]
    public async Task Sightings_join_the_case_that_opens_with_their_tag_within_three_days(string seenOn, bool joins)
    {
        var seen = await Hub.As("GO").AcceptedAsync(Say.Seen("u-1", Tag, "OFFLOADED", seenOn));

        var reference = await Hub.As("XB").OpenAsync(Tag, "GO");

        var entries = (await Hub.As("XB").ReadAsync(reference)).Entries;
        Assert.Equal(joins, entries.Any(entry => entry.Update.UpdateId == "u-1"));
        if (joins) Assert.Equal(seen.RecordTime, entries.Single(entry => entry.Update.UpdateId == "u-1").RecordTime);
    }

    [Fact]
    public async Task A_sighting_repeated_after_the_case_has_opened_is_a_duplicate()
    {
        var update = Say.Seen("u-1", Tag, "OFFLOADED");
        var first = await Hub.As("GO").AcceptedAsync(update);
        var reference = await Hub.As("XB").OpenAsync(Tag, "GO");

        var again = await Hub.As("GO").DuplicateAsync(update);
        await Hub.RestartAsync();
        var later = await Hub.As("GO").DuplicateAsync(update);

        Assert.Equal((first.RecordTime, reference), (again.RecordTime, again.Standing.IncidentReference));
        Assert.Equal((first.RecordTime, reference), (later.RecordTime, later.Standing.IncidentReference));
        Assert.Equal("UPDATE_ID_CONFLICT", (await Hub.As("GO").ReportAsync(Say.Seen("u-1", Tag, "LOADED")).AsRefusedAsync()).Reason);
        Assert.Equal(1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task Without_a_day_the_local_day_of_the_event_counts()
    {
        // 23:30 in Berlin on the 9th: still within three days of the 6th there.
        var update = Say.Seen("u-1", Tag, "OFFLOADED", day: "").At(new(2026, 7, 6, 4, 30, 0, TimeSpan.Zero)).But(seen => seen.EventTimeZone = "-05:00");
        await Hub.As("GO").AcceptedAsync(update);
        var request = Say.Missing(Tag, "GO");
        request.Items[0].BagTagDate = "2026-07-02";

        var reference = (await Hub.As("XB").OpenAsync(request)).Incident.IncidentReference;

        Assert.Contains((await Hub.As("XB").ReadAsync(reference)).Entries, entry => entry.Update.UpdateId == "u-1");
    }

    [Fact]
    public async Task A_sighting_without_day_and_time_is_recognised_for_ever()
    {
        var update = Say.Seen("u-1", Tag, "OFFLOADED", day: "");
        (update.EventTime, update.EventTimeZone, update.EventTimePrecision) = (null, "", TimePrecision.Unknown);
        var first = await Hub.As("GO").AcceptedAsync(update);

        Hub.Time.Advance(Duration.FromDays(1));
        var nextDay = await Hub.As("GO").DuplicateAsync(update);
        await Hub.As("XB").OpenAsync(Tag, "GO");
        Hub.Time.Advance(Duration.FromDays(10));
        var muchLater = await Hub.As("GO").DuplicateAsync(update);

        Assert.Equal((first.RecordTime, first.RecordTime), (nextDay.RecordTime, muchLater.RecordTime));
        Assert.Equal(1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task Sightings_of_two_tags_with_equal_ids_both_stand_in_the_case_of_both_bags()
    {
        var go = Hub.As("GO");
        var one = Say.Seen("u-1", "0900000001", "OFFLOADED");
        var two = Say.Seen("u-1", "0900000002", "LOADED");
        await go.AcceptedAsync(one);
        await go.AcceptedAsync(two);
        var request = Say.Missing("0900000001", "GO");
        request.Items.Add(new NewItem { BagTag = "0900000002", BagTagDate = Say.Day });
        var reference = (await Hub.As("XB").OpenAsync(request)).Incident.IncidentReference;

        await go.DuplicateAsync(one);
        await go.DuplicateAsync(two);
        var together = await go.BatchAsync(two, one, two);
        await go.AcceptedAsync(Say.Note("u-2", reference).But(update =>
        {
            update.StaffText = "";
            update.Correction = new() { Kind = CorrectionKind.Void, UpdateId = "u-1", Reason = CorrectionReason.DidNotOccur };
        }));

        Assert.All(together, result => Assert.Equal(Outcome.Duplicate, result.OutcomeCase));
        var said = (await go.ReadAsync(reference)).Entries.Where(entry => entry.Update.UpdateId == "u-1").Select(entry => entry.Update.StatusCode).Order();
        Assert.Equal(["LOADED", "OFFLOADED"], said);
    }

    [Fact]
    public async Task Each_item_of_a_case_gets_the_sightings_of_its_own_tag()
    {
        await Hub.As("GO").AcceptedAsync(Say.Seen("u-1", "0900000002", "ON_HAND"));
        var request = Say.Missing("0900000001", "GO");
        request.Items.Add(new NewItem { BagTag = "0900000002", BagTagDate = Say.Day });
        var reference = (await Hub.As("XB").OpenAsync(request)).Incident.IncidentReference;

        Hub.Time.Advance(Duration.FromHours(1));
        await Hub.As("GO").AcceptedAsync(Say.Seen("u-2", "0900000001", "LOADED"));

        Assert.Equal(["LOADED", "ON_HAND"], (await Hub.As("XB").ReadAsync(reference)).Incident.Items.Select(item => item.StatusCode));
    }

    [Fact]
    public async Task Sightings_sent_while_the_case_is_being_opened_are_never_lost()
    {
        var lines = Enumerable.Range(0, 4).Select(_ => Hub.As("GO")).ToArray();
        var xb = Hub.As("XB");
        for (var round = 0; round < 40; round++)
        {
            var tag = $"09001{round:00000}";
            Update Scan(int i) => Say.Seen($"u-{i}", tag, "OFFLOADED").At(Hub.Time.GetUtcNow().AddMinutes(-i));
            if (round % 2 == 0) await lines[0].AcceptedAsync(Scan(0));

            var opening = xb.OpenAsync(tag, "GO");
            var scans = lines.Select((line, n) => line.BatchAsync(Scan((2 * n) + 1), Scan((2 * n) + 2)));
            var results = (await Task.WhenAll(scans)).SelectMany(batch => batch);
            var reference = await opening;

            Assert.All(results, result => Assert.Equal(Outcome.Accepted, result.OutcomeCase));
            var told = (await xb.ReadAsync(reference)).Entries.Select(entry => entry.Update.UpdateId).Where(id => id.StartsWith("u-", StringComparison.Ordinal)).Order();
            Assert.Equal(Enumerable.Range(round % 2 == 0 ? 0 : 1, round % 2 == 0 ? 9 : 8).Select(i => $"u-{i}"), told);
            Assert.All(await lines[0].BatchAsync(Enumerable.Range(1, 8).Select(Scan)), result => Assert.Equal(Outcome.Duplicate, result.OutcomeCase));
        }
    }
}
