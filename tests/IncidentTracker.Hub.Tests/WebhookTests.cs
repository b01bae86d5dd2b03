using IncidentTracker.Data;
using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Receivers as they are in life: down, slow, hostile, moved away. What was promised is delivered, under one id, and nobody else waits for it.</summary>
public sealed class WebhookTests : DeliveryTest
{
    private protected override (string Key, string Value)[] Settings =>
        [.. base.Settings, ("Contacts:People:0:Organization", "XB"), ("Contacts:People:0:Level", "Partner"), ("Contacts:People:0:Mail", "it@xb.example")];

    private static readonly Duration[] Pauses =
    [
        Duration.FromSeconds(5), Duration.FromMinutes(5), Duration.FromMinutes(30), Duration.FromHours(2), Duration.FromHours(5),
        Duration.FromHours(10), Duration.FromHours(14), Duration.FromHours(20), Duration.FromHours(24),
    ];

    [Fact]
    public async Task Nothing_is_sent_before_the_endpoint_has_answered_its_challenge()
    {
        Receiver.AnswersChallenges = false;     // 200, but without the word
        var made = await CreateAsync("XB", new Uri(Receiver.Address, "hook").ToString());
        var id = made.GetProperty("id").GetString()!;
        await UntilAsync(() => Hub.WithDbAsync(db => db.DeliveryAttempts.AnyAsync(attempt => attempt.Lane == id && attempt.Outcome == "NOT_ECHOED")));

        await Hub.As("XB").OpenAsync(Tag);
        await FannedOutAsync();
        Assert.Equal("PENDING", (await GetAsync("XB", $"/api/v1/webhook-endpoints/{id}")).GetProperty("state").GetString());
        Assert.Equal("ENDPOINT_PENDING", (await DeliveriesAsync(id)).Single().ParkedReason);
        Assert.Empty(Receiver.Events);

        Receiver.AnswersChallenges = true;
        Hub.Time.Advance(Duration.FromSeconds(6));
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Active);
        Assert.All(Receiver.All, one => Assert.True(one.IsSignedWith(made.GetProperty("secret").GetString()!)));
    }

    [Fact]
    public async Task What_fails_is_tried_ten_times_in_three_days_under_one_id_and_then_given_up()
    {
        Receiver.Answer = Receiver.Status(500);
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);
        var delivery = (await DeliveriesAsync(id)).Single();
        await UntilAsync(async () => (await AttemptsAsync(delivery.Id)).Count == 1);

        // A little over what jitter may add.
        foreach (var pause in Pauses) await NextAttemptAsync(delivery.Id, pause + Duration.FromTicks(pause.TotalTicks / 9));

        var attempts = await AttemptsAsync(delivery.Id);
        Assert.Equal(10, attempts.Count);
        Assert.All(attempts, attempt => Assert.Equal(("REFUSED_STATUS", 500), (attempt.Outcome, attempt.Status)));
        Assert.Single(Receiver.Events.Select(one => one.Id).Distinct());
        Assert.Equal(("ATTEMPTS_EXHAUSTED", null), ((await DeliveriesAsync(id)).Single().ParkedReason, (await DeliveriesAsync(id)).Single().NextAt));
    }

    [Fact]
    public async Task No_attempt_comes_before_its_time()
    {
        Receiver.Answer = Receiver.Status(500);
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);
        var start = Hub.Time.Now;
        await UntilAsync(async () => (await DeliveriesAsync(id)).Single().Attempts == 1);

        var waiting = (await DeliveriesAsync(id)).Single().NextAt!.Value - start;

        Assert.InRange(waiting, Duration.FromSeconds(5), Duration.FromSeconds(5.6));
    }

    [Fact]
    public async Task The_time_of_an_attempt_is_the_machines_whatever_clock_the_hub_goes_by()
    {
        await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);

        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse((await Receiver.EventsAsync(1))[0].Timestamp, System.Globalization.CultureInfo.InvariantCulture));

        Assert.InRange(TimeProvider.System.GetUtcNow() - sent, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_nobody_goes_there()
    {
        await using var other = await Receiver.StartAsync();
        Receiver.Answer = Receiver.Status(301, ("Location", other.Address.ToString()));

        Assert.Equal(("REDIRECTED", 301), await FirstAttemptAsync());
        Assert.Empty(other.All);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_a_failure()
    {
        await using var receiver = await Receiver.StartWithOwnCertificateAsync();

        var id = (await CreateAsync("XB", new Uri(receiver.Address, "hook").ToString())).GetProperty("id").GetString()!;

        await UntilAsync(() => Hub.WithDbAsync(db => db.DeliveryAttempts.AnyAsync(attempt => attempt.Lane == id && attempt.Outcome == "CONNECTION_FAILED")));
        Assert.Empty(receiver.All);
    }

    [Fact]
    public async Task A_cut_line_is_a_failure_and_the_next_attempt_succeeds()
    {
        Receiver.Answer = Receiver.Reset();
        var (outcome, _) = await FirstAttemptAsync();
        Assert.Equal("CONNECTION_FAILED", outcome);

        Receiver.Answer = Receiver.Status(204);
        Hub.Time.Advance(Duration.FromSeconds(6));
        await UntilAsync(() => Hub.WithDbAsync(db => db.Deliveries.AllAsync(row => row.DeliveredAt != null)));

        Assert.Single(Receiver.Events.Select(one => one.Id).Distinct());
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_given_fifteen_seconds()
    {
        Receiver.Answer = Receiver.Hang();

        var (outcome, _) = await FirstAttemptAsync();

        Assert.Equal("TIMED_OUT", outcome);
        var took = await Hub.WithDbAsync(db => db.DeliveryAttempts.Where(attempt => attempt.Outcome == "TIMED_OUT").Select(attempt => attempt.TookMilliseconds).SingleAsync());
        Assert.InRange(took, 14_500, 20_000);
    }

    [Fact]
    public async Task A_receiver_that_hangs_holds_up_nobody_else()
    {
        await using var quick = await Receiver.StartAsync();
        Receiver.Answer = Receiver.Hang();
        await EndpointAsync("XB");
        await EndpointAsync("GO", receiver: quick);
        var started = System.Diagnostics.Stopwatch.StartNew();

        for (var i = 0; i < 30; i++) await Hub.As("XB").OpenAsync($"09000000{i:00}", "GO");
        await quick.EventsAsync(30);

        Assert.True(started.Elapsed < TimeSpan.FromSeconds(14), $"{started.Elapsed}");
        Assert.InRange(Receiver.Events.Count, 1, 8);
    }

    [Fact]
    public async Task Gone_means_gone()
    {
        await using var second = await Receiver.StartAsync();
        var (other, _) = await EndpointAsync("XB", receiver: second);
        var (id, _) = await EndpointAsync("XB");
        Receiver.Answer = Receiver.Status(410);

        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).State == EndpointState.Disabled);
        await Hub.As("XB").OpenAsync("0900000001");
        await FannedOutAsync();

        Assert.Equal("GONE", (await EndpointRowAsync(id)).DisabledReason);
        Assert.Equal(["ENDPOINT_DISABLED", "ENDPOINT_DISABLED"], (await DeliveriesAsync(id)).Select(delivery => delivery.ParkedReason));
        var told = await second.EventsAsync(3);
        Assert.Equal(id, told.Single(one => one.Type == "endpoint.disabled").Json.GetProperty("data").GetProperty("endpointId").GetString());
        Assert.Equal(3, (await DeliveriesAsync(other)).Count);
        // No mail server is set here, and stale news by mail later would be a riddle.
        await UntilAsync(async () => (await DeliveriesAsync(Outbox.MailLane)) is [{ Recipient: "it@xb.example", EventType: "endpoint.disabled", ParkedReason: "MAIL_OFF" }]);
    }

    [Fact]
    public async Task Whoever_asks_for_peace_gets_it()
    {
        Receiver.Answer = Receiver.Status(429, ("Retry-After", "600"));
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(async () => (await EndpointRowAsync(id)).QuietUntil is not null);
        var started = Hub.Time.Now;
        Receiver.Answer = Receiver.Status(200);

        await Hub.As("XB").OpenAsync("0900000001");
        await FannedOutAsync();
        Hub.Time.Advance(Duration.FromMinutes(9));
        await LookedAsync();
        Assert.Single(Receiver.Events);
        Assert.Equal(started + Duration.FromMinutes(10), (await EndpointRowAsync(id)).QuietUntil);

        Hub.Time.Advance(Duration.FromMinutes(1.1));
        Assert.Equal(3, (await Receiver.EventsAsync(3)).Count);
    }

    [Fact]
    public async Task After_hours_of_being_down_everything_comes_within_a_minute_of_being_up()
    {
        const int Events = 60;
        Receiver.Answer = Receiver.Status(503);
        var (id, _) = await EndpointAsync("XB");
        for (var i = 0; i < Events; i++) await Hub.As("XB").OpenAsync($"09000000{i:00}");
        await FannedOutAsync();
        await UntilAsync(async () => (await EndpointRowAsync(id)).FailingSince is not null);
        for (var hour = 0; hour < 8; hour++)
        {
            Hub.Time.Advance(Duration.FromHours(1));
            await LookedAsync();
        }

        Receiver.Answer = Receiver.Status(200);
        Hub.Time.Advance(Duration.FromSeconds(60));
        await UntilAsync(async () => (await DeliveriesAsync(id)).TrueForAll(delivery => delivery.DeliveredAt is not null));

        Assert.Equal(Events, Receiver.Events.Select(one => one.Id).Distinct().Count());
        Assert.Null((await EndpointRowAsync(id)).FailingSince);
    }

    [Fact]
    public async Task A_hub_that_dies_between_sending_and_noting_it_sends_again_under_the_same_id()
    {
        Receiver.Answer = Receiver.Hang();
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);

        await Hub.RestartAsync();
        Receiver.Answer = Receiver.Status(200);
        await LookedAsync();
        Assert.Single(Receiver.Events);
        Hub.Time.Advance(Schedule.LockFor);
        var events = await Receiver.EventsAsync(2);

        Assert.Equal(events[0].Id, events[1].Id);
        Assert.Equal(events[0].Body, events[1].Body);
        await UntilAsync(async () => (await DeliveriesAsync(id)).Single().DeliveredAt is not null);
    }

    [Fact]
    public async Task A_result_from_somebody_who_was_too_slow_does_not_count()
    {
        Receiver.Answer = Receiver.Hang();
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);

        // Somebody else takes it meanwhile.
        await Hub.WithDbAsync(db => db.Deliveries.Where(row => row.Lane == id && row.NextAt != null).ExecuteUpdateAsync(set => set.SetProperty(row => row.Fence, row => row.Fence + 1)));
        await Task.Delay(TimeSpan.FromSeconds(16), CancellationToken.None);     // the real time limit of an attempt

        Assert.Equal(0, (await DeliveriesAsync(id)).Single().Attempts);
        Assert.Null((await EndpointRowAsync(id)).FailingSince);
    }

    /// <summary>The loop has looked at least once since.</summary>
    private static Task LookedAsync() => Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);

    private async Task<(string Outcome, int? Status)> FirstAttemptAsync()
    {
        var (id, _) = await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await Receiver.EventsAsync(1);
        var delivery = (await DeliveriesAsync(id)).Single();
        await UntilAsync(async () => (await AttemptsAsync(delivery.Id)).Count > 0);
        var attempt = (await AttemptsAsync(delivery.Id))[0];
        return (attempt.Outcome, attempt.Status);
    }
}
