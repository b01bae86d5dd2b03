using Grpc.Core;
using IncidentTracker.Partner.V1;
using NodaTime;
using Outcome = IncidentTracker.Partner.V1.UpdateResult.OutcomeOneofCase;

namespace IncidentTracker.HubTests;

/// <summary>Sending again is always safe.</summary>
public sealed class IdempotencyTests : HubTest
{
    [Fact]
    public async Task A_repeated_update_is_acknowledged_but_stored_once_a_second_a_day_and_a_restart_later()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        var update = Say.That("u-1", reference, "TRACING");
        var first = await Hub.As("XB").AcceptedAsync(update);

        foreach (var pause in new[] { Duration.Zero, Duration.FromSeconds(1), Duration.FromDays(1) })
        {
            Hub.Time.Advance(pause);
            Assert.Equal(first.RecordTime, (await Hub.As("XB").DuplicateAsync(update)).RecordTime);
        }
        await Hub.RestartAsync();
        var again = await Hub.As("XB").DuplicateAsync(update);

        Assert.Equal(first.RecordTime, again.RecordTime);
        Assert.Equal(first.Standing, again.Standing);
        Assert.Equal(1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task Twins_arriving_together_on_many_connections_leave_one_entry()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");

        for (var i = 0; i < 10; i++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Hub.As("XB").ReportAsync(Say.That($"u-{i}", reference, "TRACING"))));

            Assert.Single(answers, answer => answer.OutcomeCase == Outcome.Accepted);
            Assert.Equal(7, answers.Count(answer => answer.OutcomeCase == Outcome.Duplicate));
            Assert.Single(answers.Select(answer => answer.Accepted?.RecordTime ?? answer.Duplicate.RecordTime).Distinct());
        }
        Assert.Equal(10, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task Another_hub_on_the_same_database_knows_what_the_first_has_stored()
    {
        if (!TestDatabase.IsPostgres) return;       // a SQLite file serves one hub
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        await using var twin = Hub.StartTwin();

        for (var i = 0; i < 20; i++)
        {
            var update = Say.That($"u-{i}", reference, "TRACING");
            var answers = await Task.WhenAll(new[] { Hub, twin, Hub, twin }.Select(hub => hub.As("XB").ReportAsync(update.Clone())));

            Assert.Single(answers, answer => answer.OutcomeCase == Outcome.Accepted);
            Assert.Equal(3, answers.Count(answer => answer.OutcomeCase == Outcome.Duplicate));
        }
        Assert.Equal(20, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task The_same_update_twice_in_one_batch_is_accepted_and_then_a_duplicate()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0900123456");
        var update = Say.That("u-1", reference, "TRACING");

        var results = await xb.BatchAsync(update, update, Say.That("u-2", reference, "LAST_SEEN"), update);

        Assert.Equal([Outcome.Accepted, Outcome.Duplicate, Outcome.Accepted, Outcome.Duplicate], results.Select(result => result.OutcomeCase));
        Assert.Equal([0, 1, 2, 3], results.Select(result => result.Index));
    }

    [Fact]
    public async Task The_same_id_with_other_content_is_refused_and_the_original_stands()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0900123456");
        var update = Say.That("u-1", reference, "TRACING", "FRA");
        await xb.AcceptedAsync(update);

        var refusal = await xb.ReportAsync(Say.That("u-1", reference, "TRACING", "LIS")).AsRefusedAsync();
        var inOneBatch = await xb.BatchAsync(Say.That("u-2", reference, "TRACING", "FRA"), Say.That("u-2", reference, "TRACING", "LIS"));

        Assert.Equal((StatusCode.AlreadyExists, "UPDATE_ID_CONFLICT", "update_id"), refusal);
        Assert.Equal("UPDATE_ID_CONFLICT", inOneBatch[1].Reason());
        Assert.All((await xb.ReadAsync(reference)).Entries.Where(entry => entry.Update.UpdateId.StartsWith("u-", StringComparison.Ordinal)), entry => Assert.Equal("FRA", entry.Update.Place.Station));
        await xb.DuplicateAsync(update);
    }

    [Fact]
    public async Task Different_partners_may_use_the_same_id()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO", "XA");

        foreach (var partner in new[] { "XB", "GO", "XA" }) await Hub.As(partner).AcceptedAsync(Say.Note("u-1", reference, partner));

        Assert.Equal(4, (await Hub.As("XB").ReadAsync(reference)).Entries.Count);
    }

    [Fact]
    public async Task One_partner_may_use_the_same_id_on_different_cases()
    {
        var xb = Hub.As("XB");
        var (one, two) = (await xb.OpenAsync("0900000001"), await xb.OpenAsync("0900000002"));

        var results = await xb.BatchAsync(Say.Note("u-1", one), Say.Note("u-1", two));

        Assert.All(results, result => Assert.Equal(Outcome.Accepted, result.OutcomeCase));
    }

    [Fact]
    public async Task A_correction_with_an_id_of_its_own_is_no_duplicate()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0900123456");
        var wrong = Say.That("u-1", reference, "LAST_SEEN", "FRA");
        await xb.AcceptedAsync(wrong);
        var right = wrong.But(update =>
        {
            (update.UpdateId, update.Place.Station) = ("u-2", "LIS");
            update.Correction = new() { Kind = CorrectionKind.Replace, UpdateId = "u-1", Reason = CorrectionReason.IncorrectData };
        });

        await xb.AcceptedAsync(right);
        await xb.DuplicateAsync(right);

        var entries = (await xb.ReadAsync(reference)).Entries;
        Assert.Contains("REPLACED", entries.Single(entry => entry.Update.UpdateId == "u-1").Marks);
        Assert.Empty(entries.Single(entry => entry.Update.UpdateId == "u-2").Marks);
    }

    [Fact]
    public async Task A_repetition_by_another_way_in_is_recognised()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0900123456");
        var update = Say.That("u-1", reference, "TRACING");
        await xb.AcceptedAsync(update);

        var batch = await xb.BatchAsync(update);
        using var stream = await Feed.OpenAsync(xb, "stream-1");
        var streamed = await stream.SendAndWaitAsync(update);

        Assert.Equal(Outcome.Duplicate, batch.Single().OutcomeCase);
        Assert.Equal(Outcome.Duplicate, streamed.Single().OutcomeCase);
    }

    [Fact]
    public async Task Of_500_updates_37_bad_ones_are_named_by_index_and_id_and_the_others_are_stored()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0900123456");
        var bad = Enumerable.Range(0, 37).Select(i => (i * 13) + 5).ToHashSet();
        var now = Hub.Time.GetUtcNow();
        var updates = Enumerable.Range(0, 500).Select(i => Say.Note($"u-{i}", reference).At(now.AddSeconds(i - 500)).But(update =>
        {
            if (bad.Contains(i)) update.EventTimeZone = "";
        }));

        var results = await xb.BatchAsync(updates);

        Assert.Equal(500, results.Count);
        Assert.All(results, (result, i) => Assert.Equal((i, $"u-{i}"), (result.Index, result.UpdateId)));
        Assert.Equal(bad.Order(), results.Where(result => result.OutcomeCase == Outcome.Rejected).Select(result => result.Index));
        Assert.All(results.Where(result => bad.Contains(result.Index)), result => Assert.Equal(("EVENT_TIME_OFFSET_REQUIRED", "update.event_time_zone"), (result.Reason(), result.Field())));
        Assert.Equal(463, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task A_case_reached_by_several_identifiers_recognises_what_was_sent_by_another_one()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0900123456");
        await xb.AcceptedAsync(Say.Seen("u-1", "0900123456", "ON_HAND"));

        var byReference = await xb.ReportAsync(Say.That("u-1", reference, "ON_HAND")).AsRefusedAsync();

        Assert.Equal("UPDATE_ID_CONFLICT", byReference.Reason);      // the address is part of the content
        Assert.Equal(1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task A_repetition_goes_to_the_case_of_its_first_copy_although_the_tag_has_a_new_case()
    {
        var xb = Hub.As("XB");
        var old = await xb.OpenAsync("0900123456");
        var update = Say.Seen("u-1", "0900123456", "ON_HAND");
        await xb.AcceptedAsync(update);
        Hub.Time.Advance(Duration.FromHours(1));
        await xb.AcceptedAsync(Say.That("u-2", old, "CLOSED_RETURNED"));
        var request = Say.Missing("0900123456");
        request.RequestId = "anew";
        var anew = (await xb.OpenAsync(request)).Incident.IncidentReference;

        Assert.Equal(old, (await xb.DuplicateAsync(update)).Standing.IncidentReference);
        Assert.Equal(anew, (await xb.AcceptedAsync(Say.Seen("u-3", "0900123456", "ON_HAND"))).Standing.IncidentReference);
    }

    [Fact]
    public async Task A_repetition_stays_recognised_when_its_identifier_has_become_ambiguous()
    {
        var xb = Hub.As("XB");
        var pnr = new ExternalReference { Scheme = ReferenceScheme.Pnr, Value = "X7Y2QP" };
        OpenIncidentRequest Opening(string tag)
        {
            var request = Say.Missing(tag);
            request.ExternalReferences.Add(pnr);
            return request;
        }
        await xb.OpenAsync(Opening("0900000001"));
        var update = Say.Note("u-1", "").But(note => note.Incident = new() { ExternalReference = pnr });
        await xb.AcceptedAsync(update.At(Hub.Time.GetUtcNow()));
        await xb.OpenAsync(Opening("0900000002"));

        await xb.DuplicateAsync(update);
        Assert.Equal((StatusCode.FailedPrecondition, "REFERENCE_AMBIGUOUS"), await CodeAndReason(xb.ReportAsync(update.But(other => other.UpdateId = "u-2"))));
    }

    private static async Task<(StatusCode, string)> CodeAndReason(Task call)
    {
        var (code, reason, _) = await call.AsRefusedAsync();
        return (code, reason);
    }
}
