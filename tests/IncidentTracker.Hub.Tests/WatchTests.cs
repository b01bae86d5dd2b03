using System.Collections.Concurrent;
using Grpc.Core;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>Following timelines: nothing that happened is left out, whatever happens to the line.</summary>
public sealed class WatchTests : HubTest
{
    [Fact]
    public async Task A_case_that_is_watched_is_shown_as_it_stands_and_then_as_it_changes()
    {
        var xb = Hub.As("XB");
        var reference = await xb.OpenAsync("0900123456");
        using var watch = xb.Watch(reference);

        var before = await NextAsync(watch);
        await xb.AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        var after = await NextAsync(watch);

        Assert.Equal((reference, 1L), (before.Incident.IncidentReference, before.Incident.TimelineVersion));
        Assert.Equal((2L, "TRACING"), (after.Incident.TimelineVersion, after.Incident.StatusCode));
        Assert.Equal(2, after.Entries.Count);
    }

    [Fact]
    public async Task Nobody_sees_the_cases_of_others()
    {
        using var stop = new CancellationTokenSource();
        var reference = await Hub.As("XB").OpenAsync("0900000001");
        using var watch = Hub.As("XC").Watch(stop: stop.Token);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        await Hub.As("XB").AcceptedAsync(Say.That("u-1", reference, "TRACING"));
        var own = await Hub.As("XC").OpenAsync("0900000002");

        Assert.Equal(own, (await NextAsync(watch)).Incident.IncidentReference);
        using var foreign = Hub.As("XC").Watch(reference);
        Assert.Equal("INCIDENT_NOT_FOUND", (await foreign.ResponseStream.MoveNext(CancellationToken.None).AsRefusedAsync()).Reason);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1.999999")]
    [InlineData("-1.5")]
    [InlineData("9223372036854775807.0")]
    public async Task A_token_the_hub_does_not_know_is_refused(string token)
    {
        using var watch = Hub.As("XB").Watch(resumeToken: token);

        var (code, reason, _) = await watch.ResponseStream.MoveNext(CancellationToken.None).AsRefusedAsync();

        Assert.Equal((StatusCode.OutOfRange, "RESUME_TOKEN_INVALID"), (code, reason));
    }

    [Fact]
    public async Task A_watcher_who_was_away_gets_everything_since_its_last_word_even_after_a_restart()
    {
        var xb = Hub.As("XB");
        string token;
        using (var watch = xb.Watch())
        {
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
            token = watch.ResponseStream.Current.ResumeToken;
        }
        var references = new List<string>();
        for (var i = 0; i < 5; i++) references.Add(await xb.OpenAsync($"090000000{i}"));
        await Hub.RestartAsync();
        await Hub.As("XB").AcceptedAsync(Say.That("u-1", references[2], "TRACING"));

        using var again = Hub.As("XB").Watch(resumeToken: token);
        var seen = new Dictionary<string, long>();
        while (seen.Count < 5)
        {
            var next = await NextAsync(again);
            seen[next.Incident.IncidentReference] = next.Incident.TimelineVersion;
        }

        Assert.Equal(references.Order(), seen.Keys.Order());
        Assert.Equal(2, seen[references[2]]);
    }

    [Fact]
    public async Task Watchers_whose_line_is_cut_again_and_again_miss_nothing_of_what_many_write_at_once()
    {
        const int Writers = 6, Each = 60;
        var references = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Hub.As("XB").OpenAsync($"09001{i:00000}", "GO")));
        var token = await TokenOfNowAsync();
        var seen = new ConcurrentDictionary<string, byte>();
        var wanted = Writers * Each;

        var watching = Task.Run(async () =>
        {
            var random = new Random(20260706);
            while (seen.Count < wanted)
            {
                using var watch = Hub.As("XB").Watch(resumeToken: token);
                for (var left = random.Next(1, 30); left > 0 && seen.Count < wanted; left--)
                {
                    Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
                    token = watch.ResponseStream.Current.ResumeToken;
                    foreach (var entry in watch.ResponseStream.Current.Entries.Where(entry => entry.PartnerId == "GO")) seen.TryAdd(entry.Update.UpdateId, 0);
                }
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            var line = Hub.As("GO");
            for (var i = 0; i < Each; i++) await line.AcceptedAsync(Say.Note($"u-{writer}-{i}", references[((writer * 7) + i) % references.Length]));
        }));
        await watching.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(wanted, seen.Count);
    }

    [Fact]
    public async Task A_sighting_that_joins_a_case_is_shown_with_it()
    {
        await Hub.As("GO").AcceptedAsync(Say.Seen("u-1", "0900123456", "OFFLOADED"));
        using var watch = Hub.As("XB").Watch();
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        await Hub.As("XB").OpenAsync("0900123456", "GO");

        Assert.Contains((await NextAsync(watch)).Entries, entry => entry.Update.UpdateId == "u-1");
    }

    private async Task<string> TokenOfNowAsync()
    {
        using var watch = Hub.As("XB").Watch();
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        return watch.ResponseStream.Current.ResumeToken;
    }

    private static async Task<WatchTimelineResponse> NextAsync(AsyncServerStreamingCall<WatchTimelineResponse> watch)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        do Assert.True(await watch.ResponseStream.MoveNext(patience.Token));
        while (watch.ResponseStream.Current.Incident is null);
        return watch.ResponseStream.Current;
    }
}
