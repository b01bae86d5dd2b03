using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using IncidentTracker.Access;
using IncidentTracker.Incidents;
using IncidentTracker.Partner.V1;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace IncidentTracker.HubTests;

/// <summary>Being told when there is something new to read, while one looks.</summary>
public sealed class EventStreamTests : HubTest
{
    [Fact]
    public async Task A_change_is_told_with_version_type_and_where_to_read_it_and_nothing_of_what_it_is()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        await using var stream = await FollowAsync(reference, "?familyName=kowalska");
        Assert.Equal(("text/event-stream", "no"), (stream.Answer.Content.Headers.ContentType!.MediaType, stream.Answer.Headers.GetValues("X-Accel-Buffering").Single()));
        Assert.Equal(["retry: 3000"], await stream.NextAsync());
        Assert.Equal(["id: 1"], await stream.NextAsync());

        await Hub.As("GO").AcceptedAsync(Say.That("g1", reference, "ON_HAND").But(update => update.StaffText = "canary"));

        var told = await stream.NextAsync();
        Assert.Equal(["id: 2", "event: incident.update.published"], told[..2]);
        var data = JsonDocument.Parse(told[2]["data: ".Length..]).RootElement;
        Assert.Equal("incident.update.published", data.GetProperty("type").GetString());
        Assert.Equal((reference, 2), (data.GetProperty("data").GetProperty("reference").GetString(), data.GetProperty("data").GetProperty("version").GetInt32()));
        Assert.EndsWith($"/api/v1/incidents/{reference}/timeline", data.GetProperty("data").GetProperty("links").GetProperty("timeline").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(told, line => line.Contains("canary", StringComparison.Ordinal) || line.Contains("ON_HAND", StringComparison.Ordinal) || line.Contains("Kowalska", StringComparison.OrdinalIgnoreCase));

        await Hub.As("XB").AcceptedAsync(Say.That("x1", reference, "CLOSED_CANCELLED"));
        Assert.Equal("event: incident.closed", (await stream.NextAsync())[1]);
    }

    [Fact]
    public async Task What_a_reader_may_not_read_is_not_told_to_that_reader()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO", "TRW");
        var other = await Hub.As("XB").OpenAsync("0900123457", "GO");
        await using var traveller = await FollowAsync(reference, "?familyName=Kowalska", skip: 2);
        await using var tracing = await FollowAsync(reference, partner: "TRW", skip: 2);
        await using var owner = await FollowAsync(reference, partner: "XB", skip: 2);

        await Hub.As("XB").AcceptedAsync(Say.Note("n1", reference).But(update => update.Visibility = Visibility.Internal));
        Assert.Equal("id: 2", (await owner.NextAsync())[0]);
        await Hub.As("XB").AcceptedAsync(Say.That("n2", other, "ACKNOWLEDGED"));
        await Hub.As("XB").AcceptedAsync(Say.That("n3", reference, "ACKNOWLEDGED"));

        Assert.Equal("id: 3", (await traveller.NextAsync())[0]);
        Assert.Equal("id: 3", (await tracing.NextAsync())[0]);
        Assert.Equal("id: 3", (await owner.NextAsync())[0]);
    }

    [Fact]
    public async Task Whoever_comes_back_is_told_once_what_was_missed_and_nothing_when_nothing_was()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        await using (await FollowAsync(reference, partner: "GO", skip: 2)) { }
        await Hub.As("XB").AcceptedAsync(Say.Note("n1", reference).But(update => update.Visibility = Visibility.Internal));

        await using (var nothing = await FollowAsync(reference, partner: "GO", lastEventId: "1", skip: 1))
        {
            await Hub.As("XB").AcceptedAsync(Say.That("n2", reference, "ACKNOWLEDGED"));
            Assert.Equal("id: 3", (await nothing.NextAsync())[0]);
        }
        await Hub.As("XB").AcceptedAsync(Say.That("n3", reference, "TRACING"));
        await Hub.As("XB").AcceptedAsync(Say.That("n4", reference, "LAST_SEEN"));

        await using var missed = await FollowAsync(reference, "?after=3", partner: "GO", skip: 1);
        Assert.Equal(["id: 5", "event: incident.update.published"], (await missed.NextAsync())[..2]);
        await using var current = await FollowAsync(reference, "?after=5", partner: "GO", skip: 1);
        Assert.Equal(["id: 5"], await current.NextAsync());
    }

    [Theory]
    [InlineData("999")]
    [InlineData("-1000")]
    [InlineData("nonsense")]
    public async Task A_version_that_nobody_knows_gets_a_resync_and_then_what_comes(string version)
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        await using var stream = await FollowAsync(reference, partner: "GO", lastEventId: version, skip: 1);

        Assert.Equal(["id: 1", "event: resync"], (await stream.NextAsync())[..2]);
        await Hub.As("XB").AcceptedAsync(Say.That("n1", reference, "ACKNOWLEDGED"));
        Assert.Equal(["id: 2", "event: incident.update.published"], (await stream.NextAsync())[..2]);
    }

    [Fact]
    public async Task Whoever_was_away_for_too_long_gets_a_resync()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        for (var i = 0; i <= EventStreams.MostMissed; i++) await Hub.As("XB").AcceptedAsync(Say.Note($"n{i}", reference));

        await using var late = await FollowAsync(reference, "?after=1", partner: "GO", skip: 1);
        await using var inTime = await FollowAsync(reference, "?after=2", partner: "GO", skip: 1);

        Assert.Equal("event: resync", (await late.NextAsync())[1]);
        Assert.Equal("event: incident.update.published", (await inTime.NextAsync())[1]);
    }

    [Fact]
    public async Task The_pass_of_a_link_is_enough_and_nobody_else_learns_whether_there_is_such_a_case()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        var other = await Hub.As("XB").OpenAsync("0900123457");
        var id = await Hub.WithDbAsync(db => db.Incidents.Where(incident => incident.Reference == reference.Replace("-", "", StringComparison.Ordinal)).Select(incident => incident.Id).SingleAsync());
        var pass = Hub.Services.GetRequiredService<CustomerLinks>().PassFor(id);
        await using (var stream = await FollowAsync(reference, cookie: pass, skip: 1)) Assert.Equal(["id: 1"], await stream.NextAsync());
        using var browser = Hub.Browse();
        using (var onPage = new HttpRequestMessage(HttpMethod.Get, $"/track/{reference}/events") { Headers = { { "Cookie", $"{CustomerPass.Cookie}={pass}" } } })
        using (var answer = await browser.SendAsync(onPage, HttpCompletionOption.ResponseHeadersRead)) Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);

        foreach (var address in new[] { $"{reference}/events", $"{reference}/events?familyName=Smith", "000-000-000/events?familyName=Kowalska", $"{other}/events?pass={pass}" })
        {
            using var answer = await browser.GetAsync($"/api/v1/incidents/{address}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
        await Assert.ThrowsAnyAsync<Exception>(() => FollowAsync(reference, partner: "STRANGER"));
        using var head = await browser.SendAsync(new(HttpMethod.Head, $"/api/v1/incidents/{reference}/events?familyName=Kowalska"));
        Assert.Equal("text/event-stream", head.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_case_has_room_for_so_many_and_who_leaves_makes_room()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        var streams = new List<Stream>();
        for (var i = 0; i < EventStreams.MostOfCase; i++) streams.Add(await FollowAsync(reference, partner: "GO", skip: 2));
        using var client = As("GO");

        using (var full = await client.GetAsync($"/api/v1/incidents/{reference}/events"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, full.StatusCode);
            Assert.Contains("TOO_MANY_STREAMS", await full.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        foreach (var stream in streams) await stream.DisposeAsync();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var again = await client.GetAsync($"/api/v1/incidents/{reference}/events", HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (again.IsSuccessStatusCode) break;
            await Task.Delay(20, patience.Token);
        }
    }

    [Fact]
    public async Task Streams_end_cleanly_when_the_hub_stops()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        await using var stream = await FollowAsync(reference, partner: "GO", skip: 2);
        var started = System.Diagnostics.Stopwatch.StartNew();

        var stopping = Hub.StopServerAsync();
        Assert.Empty(await stream.NextAsync());     // the end, and no broken line
        await stopping;

        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_comment_comes_every_fifteen_seconds_when_nothing_else_does()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        await using var stream = await FollowAsync(reference, partner: "GO", skip: 2);
        var started = System.Diagnostics.Stopwatch.StartNew();

        Assert.Equal([": here"], await stream.NextAsync());

        Assert.InRange(started.Elapsed, TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task What_another_hub_stored_is_told_too()
    {
        if (!TestDatabase.IsPostgres) return;       // SQLite serves one hub
        var reference = await Hub.As("XB").OpenAsync("0900123456", "GO");
        await using var stream = await FollowAsync(reference, partner: "GO", skip: 2);
        await using var twin = Hub.StartTwin();

        await twin.As("XB").AcceptedAsync(Say.That("n1", reference, "ACKNOWLEDGED"));

        Assert.Equal("id: 2", (await stream.NextAsync())[0]);
    }

    private HttpClient As(string partner)
    {
        var client = Hub.Browse();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", DevelopmentPartners.KeyOf(partner));
        return client;
    }

    private async Task<Stream> FollowAsync(string reference, string query = "", string? partner = null, string? lastEventId = null, string? cookie = null, int skip = 0)
    {
        var client = partner is null ? Hub.Browse() : As(partner);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/incidents/{reference}/events{query}");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        if (cookie is not null) request.Headers.Add("Cookie", $"{CustomerPass.Cookie}={cookie}");
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        var stream = new Stream(client, answer, new(await answer.Content.ReadAsStreamAsync()));
        for (var i = 0; i < skip; i++) await stream.NextAsync();
        return stream;
    }

    /// <summary>A stream as a browser reads it: block by block.</summary>
    private sealed class Stream(HttpClient client, HttpResponseMessage answer, StreamReader reader) : IAsyncDisposable
    {
        public HttpResponseMessage Answer => answer;

        /// <summary>The lines of the next block; none when the stream has ended.</summary>
        public async Task<string[]> NextAsync()
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var lines = new List<string>();
            while (await reader.ReadLineAsync(patience.Token) is { } line && (line.Length > 0 || lines.Count == 0)) lines.Add(line);
            return [.. lines];
        }

        public ValueTask DisposeAsync()
        {
            reader.Dispose();
            answer.Dispose();
            client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
