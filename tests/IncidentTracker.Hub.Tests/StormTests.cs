using IncidentTracker.Partner.V1;
using NodaTime;
using Outcome = IncidentTracker.Partner.V1.UpdateResult.OutcomeOneofCase;

namespace IncidentTracker.HubTests;

/// <summary>A partner that lost its place and sends everything again, on every connection it has.</summary>
public sealed class StormTests : HubTest
{
    private const int Cases = 200;
    private const int Updates = 10_000;

    [Fact]
    public async Task Ten_thousand_updates_sent_twenty_times_from_eight_connections_are_stored_once()
    {
        var references = await Task.WhenAll(Enumerable.Range(0, Cases).Select(i => Hub.As("XB").OpenAsync($"09001{i:00000}")));
        var start = Hub.Time.GetUtcNow().AddDays(-1);
        var updates = Enumerable.Range(0, Updates).Select(i => Say.Note($"u-{i}", references[i % Cases]).At(start.AddSeconds(i))).ToArray();
        var rounds = Enumerable.Range(0, 20).SelectMany(round => Enumerable.Range(0, 20).Select(part => (part + round) % 20)).ToArray();

        var next = -1;
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var (line, answers) = (Hub.As("XB"), new List<UpdateResult>());
            while (Interlocked.Increment(ref next) is var turn && turn < rounds.Length)
                answers.AddRange(await line.BatchAsync(updates.Skip(rounds[turn] * 500).Take(500)));
            return answers;
        }));

        foreach (var answered in answers.SelectMany(one => one).GroupBy(answer => answer.UpdateId))
        {
            Assert.Single(answered, answer => answer.OutcomeCase == Outcome.Accepted);
            Assert.Equal(19, answered.Count(answer => answer.OutcomeCase == Outcome.Duplicate));
        }
        Assert.Equal(Updates, answers.SelectMany(one => one).Select(answer => answer.UpdateId).Distinct().Count());
        Assert.Equal(Updates, await Hub.CountClaimsAsync());

        await Hub.RestartAsync();
        Hub.Time.Advance(Duration.FromHours(1));
        var again = await Task.WhenAll(updates.Chunk(500).Select(part => Hub.As("XB").BatchAsync(part)));

        Assert.All(again.SelectMany(batch => batch), answer => Assert.Equal(Outcome.Duplicate, answer.OutcomeCase));
        Assert.Equal(Updates, await Hub.CountClaimsAsync());
    }
}
