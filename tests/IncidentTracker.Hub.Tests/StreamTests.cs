using Grpc.Core;
using IncidentTracker.Partner.V1;
using Outcome = IncidentTracker.Partner.V1.UpdateResult.OutcomeOneofCase;

namespace IncidentTracker.HubTests;

/// <summary>Reporting for as long as the line holds, and going on when it did not.</summary>
public sealed class StreamTests : HubTest
{
    [Fact]
    public async Task A_stream_begins_with_the_number_to_go_on_with_and_the_limits()
    {
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");

        Assert.Equal(1, feed.Ready.ResumeFromSequence);
        Assert.Equal((256 * 1024, 500, 1_000), (feed.Ready.Limits.MaxMessageBytes, feed.Ready.Limits.MaxBatchSize, feed.Ready.Limits.MaxInFlight));
        Assert.Empty(await feed.CompleteAsync());
    }

    [Fact]
    public async Task Without_hello_nothing_is_taken()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        using var feed = Feed.Silent(Hub.As("XB"));

        await feed.SendAsync(Say.Note("u-1", reference));

        var refusal = await feed.RefusalAsync();
        Assert.Equal((StatusCode.InvalidArgument, "STREAM_HELLO_REQUIRED"), (refusal.StatusCode, refusal.Reason()));
        Assert.Equal(0, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task A_second_hello_ends_the_stream()
    {
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");

        await feed.SendAsync(new StreamUpdatesRequest { Hello = new() { PartnerStreamId = "s-1" } });

        Assert.Equal("STREAM_HELLO_REQUIRED", (await feed.RefusalAsync()).Reason());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("žluť")]
    public async Task A_stream_needs_a_name(string name)
    {
        using var feed = Feed.Silent(Hub.As("XB"));

        await feed.SendAsync(new StreamUpdatesRequest { Hello = new() { PartnerStreamId = name } });

        var refusal = await feed.RefusalAsync();
        Assert.Equal((StatusCode.InvalidArgument, "hello.partner_stream_id"), (refusal.StatusCode, refusal.Info()!.Metadata["field"]));
    }

    [Fact]
    public async Task An_update_is_acknowledged_only_after_it_is_on_disk()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        var held = await Hub.HoldWritesAsync();
        await feed.SendAsync(Say.Note("u-1", reference).At(Hub.Time.GetUtcNow()));
        var answer = feed.ResultsAsync(1);

        Assert.NotEqual(answer, await Task.WhenAny(answer, Task.Delay(300)));
        await held.DisposeAsync();

        Assert.Equal(Outcome.Accepted, (await answer).Single().OutcomeCase);
        Assert.Equal(1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task A_stream_goes_on_where_it_was_left_after_a_restart_too()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        var now = Hub.Time.GetUtcNow();
        using (var first = await Feed.OpenAsync(Hub.As("XB"), "s-1"))
        {
            await first.SendAndWaitAsync(Enumerable.Range(1, 20).Select(i => Say.Note($"u-{i}", reference).At(now)));
            await first.CompleteAsync();
        }
        using (var second = await Feed.OpenAsync(Hub.As("XB"), "s-1"))
        {
            Assert.Equal(21, second.Ready.ResumeFromSequence);
            await second.SendAndWaitAsync(Say.Note("u-21", reference).At(now), Say.Note("u-22", reference).At(now));
            await second.CompleteAsync();
        }

        await Hub.RestartAsync();

        using var third = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        Assert.Equal(23, third.Ready.ResumeFromSequence);
        Assert.Equal(23, (await Hub.As("XB").StateAsync("s-1")).ResumeFromSequence);
        Assert.Equal(1, (await Hub.As("XB").StateAsync("s-2")).ResumeFromSequence);
        Assert.Equal(1, (await Hub.As("GO").StateAsync("s-1")).ResumeFromSequence);
    }

    [Fact]
    public async Task Numbers_that_were_decided_before_are_repetitions()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        var updates = Enumerable.Range(1, 5).Select(i => Say.Note($"u-{i}", reference).At(Hub.Time.GetUtcNow())).ToArray();
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        await feed.SendAndWaitAsync(updates);

        feed.Next = 2;
        var again = await feed.SendAndWaitAsync(updates[1..]);

        Assert.Equal([2, 3, 4, 5], again.Select(result => result.ClientSequence));
        Assert.All(again, result => Assert.Equal(Outcome.Duplicate, result.OutcomeCase));
        Assert.Equal(Outcome.Accepted, (await feed.SendAndWaitAsync(Say.Note("u-6", reference).At(Hub.Time.GetUtcNow()))).Single().OutcomeCase);
    }

    [Fact]
    public async Task A_sender_may_forget_what_was_answered_even_when_the_hub_has_not_noted_it()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");

        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1", lastAcked: 4_000);

        Assert.Equal(4_001, feed.Ready.ResumeFromSequence);
        Assert.Equal(Outcome.Accepted, (await feed.SendAndWaitAsync(Say.Note("u-4001", reference).At(Hub.Time.GetUtcNow()))).Single().OutcomeCase);
    }

    [Fact]
    public async Task A_skipped_number_ends_the_stream_and_names_the_one_expected()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        await feed.SendAndWaitAsync(Say.Note("u-1", reference).At(Hub.Time.GetUtcNow()));

        feed.Next = 4;
        await feed.SendAsync(Say.Note("u-4", reference).At(Hub.Time.GetUtcNow()));

        var refusal = await feed.RefusalAsync();
        Assert.Equal((StatusCode.OutOfRange, "SEQUENCE_GAP", "2"), (refusal.StatusCode, refusal.Reason(), refusal.Info()!.Metadata["expected"]));
        Assert.Equal(1, await Hub.CountClaimsAsync());
        using var again = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        Assert.Equal(2, again.Ready.ResumeFromSequence);
    }

    [Fact]
    public async Task A_hub_that_cannot_keep_up_stops_reading_instead_of_hoarding()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        Hub.Time.Advance(NodaTime.Duration.FromDays(1));
        var now = Hub.Time.GetUtcNow();
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        var (held, sent) = (await Hub.HoldWritesAsync(), 0);

        var sending = Task.Run(async () =>
        {
            for (; sent < 5_000; sent += 100)
                await feed.SendAsync(Enumerable.Range(sent, 100).Select(i => Say.Note($"u-{i}", reference, new string('x', 1_500)).At(now.AddSeconds(i - 5_000))));
        });

        // 1,000 in flight and what fits into the windows and buffers of the line: far from 5,000.
        Assert.NotEqual(sending, await Task.WhenAny(sending, Task.Delay(TimeSpan.FromSeconds(2))));
        Assert.InRange(sent, 1_000, 3_500);
        await held.DisposeAsync();
        var results = await feed.ResultsAsync(5_000);
        await sending;

        Assert.All(results, result => Assert.Equal(Outcome.Accepted, result.OutcomeCase));
        Assert.Equal(5_000, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task Ten_thousand_updates_over_a_line_that_breaks_at_random_arrive_once_each()
    {
        var references = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Hub.As("XB").OpenAsync($"09001{i:00000}")));
        var start = Hub.Time.GetUtcNow();
        Hub.Time.Advance(NodaTime.Duration.FromDays(1));
        var sender = new Sender("s-1", [.. Enumerable.Range(0, 10_000).Select(i => Say.Note($"u-{i}", references[i % 50]).At(start.AddSeconds(i + 1)))]);
        var random = new Random(20260706);

        var cuts = 0;
        for (var done = false; !done; cuts++)
        {
            var (line, patience) = (Hub.As("XB"), random.Next(1, 700));
            done = await sender.RunAsync(line, random.Next(1, 200), answers => { if (answers >= patience && cuts < 25) line.Channel.Dispose(); });
        }

        Assert.True(cuts >= 10);
        Assert.True(sender.EveryUpdateWasAcknowledged);
        Assert.True(sender.NothingWasAcceptedTwice);
        Assert.Equal(10_000, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task A_hub_that_stops_answers_what_it_took_says_goodbye_and_ends_streams_as_unavailable()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        using var watch = Hub.As("XB").Watch();
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await feed.SendAndWaitAsync(Enumerable.Range(1, 300).Select(i => Say.Note($"u-{i}", reference).At(Hub.Time.GetUtcNow())));

        var stopping = Hub.StopServerAsync();
        var refusal = await feed.RefusalAsync();
        var watchEnds = await Assert.ThrowsAsync<RpcException>(async () => { while (await watch.ResponseStream.MoveNext(CancellationToken.None)) { } });
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.NotNull(feed.Closing);
        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN"), (refusal.StatusCode, refusal.Reason()));
        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN"), (watchEnds.StatusCode, watchEnds.Reason()));
        await Hub.RestartAsync();
        using var again = await Feed.OpenAsync(Hub.As("XB"), "s-1");
        Assert.Equal(301, again.Ready.ResumeFromSequence);
    }

    [Fact]
    public async Task Nothing_is_lost_when_the_hub_restarts_in_the_middle_of_a_stream()
    {
        var reference = await Hub.As("XB").OpenAsync("0900123456");
        var start = Hub.Time.GetUtcNow();
        Hub.Time.Advance(NodaTime.Duration.FromDays(1));
        var sender = new Sender("s-1", [.. Enumerable.Range(0, 2_000).Select(i => Say.Note($"u-{i}", reference).At(start.AddSeconds(i + 1)))]);

        for (var restarts = 0; restarts < 3; restarts++)
        {
            Task? stopping = null;
            await sender.RunAsync(Hub.As("XB"), 20, answers => { if (answers >= 300) stopping ??= Task.Run(Hub.StopServerAsync); });
            await (stopping ?? Task.CompletedTask);
            await Hub.RestartAsync();
        }
        Assert.True(await sender.RunAsync(Hub.As("XB"), 20, _ => { }));

        Assert.True(sender is { EveryUpdateWasAcknowledged: true, NothingWasAcceptedTwice: true });
        Assert.Equal(2_000, await Hub.CountClaimsAsync());
    }
}
