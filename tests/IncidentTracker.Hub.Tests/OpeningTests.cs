using Grpc.Core;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>Opening a case: once, whoever asks and however often.</summary>
public sealed class OpeningTests : HubTest
{
    [Fact]
    public async Task The_same_request_gives_the_same_case_even_after_a_restart()
    {
        var first = await Hub.As("XB").OpenAsync(Say.Missing("0900123456"));
        var request = Say.Missing("0900123456").ReportedAt(Hub.Time);

        await Hub.RestartAsync();
        Hub.Time.Advance(NodaTime.Duration.FromDays(1));
        var again = await Hub.As("XB").OpenAsync(request);

        Assert.False(first.Replayed);
        Assert.True(again.Replayed);
        Assert.Equal(first.Incident.IncidentReference, again.Incident.IncidentReference);
        Assert.Equal(first.Incident.CreateTime, again.Incident.CreateTime);
    }

    [Fact]
    public async Task The_same_request_id_with_other_content_is_refused()
    {
        var xb = Hub.As("XB");
        await xb.OpenAsync(Say.Missing("0900123456"));
        var other = Say.Missing("0900123456");
        other.FamilyName = "Nowak";

        Assert.Equal((StatusCode.AlreadyExists, "REQUEST_ID_CONFLICT", "request_id"), await xb.OpenAsync(other).AsRefusedAsync());
    }

    [Fact]
    public async Task Two_partners_may_use_the_same_request_id()
    {
        var one = Say.Missing("0900000001");
        var two = Say.Missing("0900000002");
        two.RequestId = one.RequestId;

        Assert.NotEqual((await Hub.As("XA").OpenAsync(one)).Incident.IncidentReference, (await Hub.As("XB").OpenAsync(two)).Incident.IncidentReference);
    }

    [Fact]
    public async Task A_second_case_for_a_bag_is_refused_and_a_party_is_told_which_one_is_open()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        var twin = Say.Missing("0900123456");
        twin.RequestId = "another";

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Hub.As("GO").OpenAsync(twin));

        Assert.Equal(StatusCode.AlreadyExists, refusal.StatusCode);
        Assert.Equal("INCIDENT_EXISTS", refusal.Reason());
        Assert.Equal(reference, refusal.Info()!.Metadata["incident_reference"]);
    }

    [Fact]
    public async Task A_stranger_who_opens_a_second_case_learns_nothing_of_the_first()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        var twin = Say.Missing("0900123456");
        twin.RequestId = "another";

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Hub.As("XC").OpenAsync(twin));

        Assert.Equal("INCIDENT_EXISTS", refusal.Reason());
        Assert.DoesNotContain(reference, refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("incident_reference", refusal.Info()!.Metadata.Keys);
    }

    [Fact]
    public async Task Of_six_who_open_a_case_for_one_bag_at_once_one_succeeds()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            var request = Say.Missing("0900123456");
            request.RequestId = $"r-{i}";
            try { return (await Hub.As("XB").OpenAsync(request)).Incident.IncidentReference; }
            catch (RpcException refusal) { return refusal.Reason(); }
        }));

        Assert.Equal(5, answers.Count(answer => answer == "INCIDENT_EXISTS"));
    }

    [Fact]
    public async Task The_same_request_sent_from_six_connections_at_once_opens_one_case()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Hub.As("XB").OpenAsync(Say.Missing("0900123456"))));

        Assert.Single(answers, answer => !answer.Replayed);
        Assert.Single(answers.Select(answer => answer.Incident.IncidentReference).Distinct());
    }

    [Fact]
    public async Task A_tag_is_used_again_after_its_case_was_closed_or_four_days_later()
    {
        var xb = Hub.As("XB");
        var closed = await xb.OpenAsync("0900123456");
        await xb.AcceptedAsync(Say.That("u-1", closed, "CLOSED_RETURNED"));
        var anew = Say.Missing("0900123456");
        anew.RequestId = "anew";
        var later = Say.Missing("0900123456");
        (later.RequestId, later.Items[0].BagTagDate) = ("later", "2026-07-10");

        await xb.OpenAsync(anew);
        await xb.OpenAsync(later);
    }

    [Fact]
    public async Task A_case_of_others_does_not_exist()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        var stranger = Hub.As("XC");

        Assert.Equal((StatusCode.NotFound, "INCIDENT_NOT_FOUND", "incident_reference"), await stranger.ReadAsync(reference).AsRefusedAsync());
        Assert.Equal((StatusCode.NotFound, "INCIDENT_NOT_FOUND", "incident_reference"), await stranger.ReadAsync("K7Q-4M2-XDC").AsRefusedAsync());
        Assert.Empty((await stranger.FindAsync(ReferenceScheme.BagTag, "0900123456", Say.Day)).Incidents);
    }

    [Fact]
    public async Task A_case_is_found_by_any_of_its_identifiers()
    {
        var xb = Hub.As("XB");
        var request = Say.Missing("0900123456");
        request.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.Worldtracer, Value = "FNCXB10457", Date = Say.Day });
        request.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.Pnr, Value = "X7Y2QP" });
        var reference = (await xb.OpenAsync(request)).Incident.IncidentReference;
        await xb.AcceptedAsync(Say.That("u-1", reference, "TRACING").But(update =>
            update.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.Courier, Value = "CQ-778812" })));

        foreach (var (scheme, value, date) in new[]
        {
            (ReferenceScheme.BagTag, "0900123456", Say.Day), (ReferenceScheme.BagTag, "0900123456", "2026-07-09"), (ReferenceScheme.BagTag, "0900123456", ""),
            (ReferenceScheme.Worldtracer, "FNCXB10457", Say.Day), (ReferenceScheme.Worldtracer, "FNCXB10457", ""),
            (ReferenceScheme.Pnr, "X7Y2QP", ""), (ReferenceScheme.Courier, "CQ-778812", ""),
        })
            Assert.Equal([reference], (await xb.FindAsync(scheme, value, date)).Incidents.Select(incident => incident.IncidentReference));
        Assert.Empty((await xb.FindAsync(ReferenceScheme.BagTag, "0900123456", "2026-07-10")).Incidents);
        Assert.Equal(reference, (await xb.ReadAsync(reference.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant())).Incident.IncidentReference);
    }

    [Fact]
    public async Task Many_cases_with_one_identifier_come_in_pages_newest_first()
    {
        var xb = Hub.As("XB");
        var references = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            Hub.Time.Advance(NodaTime.Duration.FromSeconds(1));
            var request = Say.Missing($"090000000{i}");
            request.ExternalReferences.Add(new ExternalReference { Scheme = ReferenceScheme.Pnr, Value = "X7Y2QP" });
            references.Add((await xb.OpenAsync(request)).Incident.IncidentReference);
        }

        var found = new List<string>();
        var token = "";
        do
        {
            var page = await xb.FindAsync(ReferenceScheme.Pnr, "X7Y2QP", pageSize: 3, pageToken: token);
            found.AddRange(page.Incidents.Select(incident => incident.IncidentReference));
            token = page.NextPageToken;
            if (token.Length > 0) Assert.Equal("PAGE_TOKEN_MISMATCH", (await xb.FindAsync(ReferenceScheme.Pnr, "OTHER1", pageToken: token).AsRefusedAsync()).Reason);
        }
        while (token.Length > 0);

        Assert.Equal(Enumerable.Reverse(references), found);
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_request_is_named_at_once()
    {
        var request = new OpenIncidentRequest { RequestId = "r-1", Items = { new NewItem { BagTag = "12" } }, PartyIds = { "NOBODY" } };

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Hub.As("XB").OpenAsync(request));

        foreach (var field in new[] { "kind", "family_name", "items[0].bag_tag", "party_ids[0]", "report_time_zone" }) Assert.Contains(field, refusal.Fields());
    }

    [Fact]
    public async Task Nobody_without_a_key_gets_in()
    {
        var anonymous = new PartnerLine(Hub.Connect(), "not-a-key-of-anybody", Hub.Time);

        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIAL_REQUIRED", ""), await anonymous.OpenAsync(Say.Missing("0900123456")).AsRefusedAsync());
        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIAL_REQUIRED", ""), await anonymous.ReportAsync(Say.Seen("u-1", "0900123456", "LOADED")).AsRefusedAsync());
        Assert.Equal(0, await Hub.CountClaimsAsync());
    }
}
