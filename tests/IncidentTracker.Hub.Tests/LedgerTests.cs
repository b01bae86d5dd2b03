using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

public sealed class LedgerTests
{
    [Fact]
    public async Task Every_second_of_a_case_is_somebodys_and_the_seconds_add_up()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01");
        using var traveller = hub.Browse();

        var ledger = await traveller.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/ledger?familyName=Kowalska");

        var spans = ledger.GetProperty("spans").EnumerateArray().ToArray();
        var seconds = ledger.GetProperty("lifetimeSeconds").GetInt64();
        Assert.False(ledger.GetProperty("isOpen").GetBoolean());
        Assert.Equal(seconds, spans.Sum(span => span.GetProperty("seconds").GetInt64()));
        Assert.Equal(seconds, ledger.GetProperty("totals").EnumerateArray().Sum(total => total.GetProperty("seconds").GetInt64()));
        Assert.Equal(seconds, (long)System.Xml.XmlConvert.ToTimeSpan(ledger.GetProperty("lifetime").GetString()!).TotalSeconds);
        Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.Equal(pair.First.GetProperty("until").GetDateTimeOffset(), pair.Second.GetProperty("from").GetDateTimeOffset()));
        Assert.Contains(spans, span => span.GetProperty("who").GetString() == "Worldwide Tracing" && span.GetProperty("why").GetString() == "next word after \"Search goes on\"");
        Assert.All(spans, span => Assert.False(span.TryGetProperty("whoId", out _)));
    }

    [Fact]
    public async Task While_a_delivery_is_disputed_the_time_is_nobodys_and_while_the_traveller_has_to_answer_it_is_the_travellers()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc05");
        using var traveller = hub.Browse();

        var ledger = await traveller.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/ledger?familyName=Okafor");

        var disputed = ledger.GetProperty("spans").EnumerateArray().Single(span => !span.TryGetProperty("who", out _));
        Assert.Equal("delivery in dispute", disputed.GetProperty("why").GetString());
        Assert.Contains(ledger.GetProperty("totals").EnumerateArray(), total => total.TryGetProperty("who", out var who) && who.GetString() == "You");
    }

    [Fact]
    public async Task An_open_case_is_told_up_to_now_and_a_party_reads_who_by_its_identifier()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.TellAsync("sc01", until: "07");
        hub.Time.Set(Instant.FromUtc(2026, 7, 6, 15, 10));
        using var partner = hub.Browse();
        partner.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf("XB"));

        var ledger = await partner.GetFromJsonAsync<JsonElement>($"/api/v1/incidents/{reference}/ledger");

        var last = ledger.GetProperty("spans").EnumerateArray().Last();
        Assert.True(ledger.GetProperty("isOpen").GetBoolean());
        Assert.Equal(("TRW", "PT1H", 3600), (last.GetProperty("whoId").GetString(), last.GetProperty("duration").GetString(), last.GetProperty("seconds").GetInt32()));
        Assert.Equal(new(2026, 7, 6, 15, 10, 0, TimeSpan.Zero), last.GetProperty("until").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_case_is_lived_through_again_once_for_each_version_however_often_somebody_asks()
    {
        await using var hub = await Stories.StartHubAsync();
        Assert.True(Reference.TryParse(await hub.As("XB").OpenAsync("0900123456"), out var reference));
        var cases = hub.Services.GetRequiredService<CaseReader>();
        var retelling = hub.Services.GetRequiredService<Retelling>();

        var first = retelling.LedgerOf(await ReadAsync());
        var again = retelling.LedgerOf(await ReadAsync());
        await hub.As("XB").AcceptedAsync(Say.That("u-1", reference.ToString(), "TRACING"));
        var later = retelling.LedgerOf(await ReadAsync());

        Assert.Same(first, again);
        Assert.NotSame(first, later);

        async Task<ReadCase> ReadAsync()
        {
            var (id, version) = (await cases.FindAsync(reference, CancellationToken.None))!.Value;
            return (await cases.ReadAsync(id, version, CancellationToken.None))!;
        }
    }

    [Fact]
    public async Task Whoever_may_not_read_the_timeline_may_not_read_the_ledger()
    {
        await using var hub = await Stories.StartHubAsync();
        var reference = await hub.As("XB").OpenAsync("0900123456");
        using var anybody = hub.Browse();
        using var stranger = hub.Browse();
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", DevelopmentPartners.KeyOf("STRANGER"));

        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/api/v1/incidents/{reference}/ledger")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/api/v1/incidents/{reference}/ledger?familyName=Smith")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/v1/incidents/{reference}/ledger?familyName=Kowalska")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync($"/api/v1/incidents/{reference}/ledger?familyName=Kowalska")).StatusCode);
    }
}
