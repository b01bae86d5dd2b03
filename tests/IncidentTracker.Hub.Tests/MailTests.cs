using IncidentTracker.Data;
using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Mail through a real server: once, under one name, with a way out that nobody takes by accident.</summary>
[Trait("Category", "Foreign")]
public sealed class MailTests : IAsyncLifetime
{
    private Hub _hub = null!;
    private MailServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await MailServer.StartAsync();
        _hub = await Hub.StartAsync([.. _server.Settings, ("Contacts:People:0:Organization", "XB"), ("Contacts:People:0:Level", "Partner"), ("Contacts:People:0:Mail", "it@xb.example")]);
    }

    public async Task DisposeAsync()
    {
        await using var server = _server;
        await using var hub = _hub;
        await hub.StopAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task A_mail_has_both_forms_a_name_and_a_way_out()
    {
        await QueueAsync("desk@xb.example");
        var mail = (await _server.MailsAsync(1))[0];

        Assert.Equal("desk@xb.example", mail.To);
        Assert.Equal($"<{Outbox.IdOfMail("k desk@xb.example")}@incidenttracker.example>", mail.Header("Message-ID"));
        Assert.Equal("auto-generated", mail.Header("Auto-Submitted"));
        Assert.Equal("List-Unsubscribe=One-Click", mail.Header("List-Unsubscribe-Post"));
        Assert.StartsWith("multipart/alternative", mail.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Contains("text/plain", mail.Raw, StringComparison.Ordinal);
        Assert.Contains("text/html", mail.Raw, StringComparison.Ordinal);
        Assert.Matches("^<http://.*/mail/unsubscribe\\?for=[\\w-]+>$", mail.Header("List-Unsubscribe"));
        await UntilAsync("desk@xb.example", delivery => delivery.DeliveredAt is not null);
    }

    [Fact]
    public async Task The_same_mail_is_queued_once()
    {
        await _hub.WithDbAsync(db =>
        {
            Outbox.Add(db, Draft("desk@xb.example"), _hub.Time.Now);
            Outbox.Add(db, Draft("desk@xb.example"), _hub.Time.Now);
            return db.SaveChangesAsync();
        });

        await Assert.ThrowsAsync<DbUpdateException>(() => QueueAsync("desk@xb.example"));
        await UntilAsync("desk@xb.example", delivery => delivery.DeliveredAt is not null);
        Assert.Single(_server.Mails);
    }

    [Fact]
    public async Task Whoever_is_turned_away_at_first_comes_back()
    {
        await QueueAsync("greylist@xb.example");
        await UntilAsync("greylist@xb.example", delivery => delivery.Attempts == 1);
        Assert.Empty(_server.Mails);

        _hub.Time.Advance(Duration.FromMinutes(1.2));
        await UntilAsync("greylist@xb.example", delivery => delivery.DeliveredAt is not null);

        Assert.Single(_server.Mails);
        Assert.Equal(["DEFERRED 451", "DELIVERED 250"], await AttemptsAsync("greylist@xb.example"));
    }

    [Theory]
    [InlineData("unknown@xb.example", "SMTP_550")]
    [InlineData("full@xb.example", "SMTP_552")]
    public async Task What_is_refused_for_good_is_given_up_with_the_reason(string address, string reason)
    {
        await QueueAsync(address);
        await UntilAsync(address, delivery => delivery.ParkedReason == reason);

        _hub.Time.Advance(Duration.FromDays(3));
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _server.Tries(address));
    }

    [Fact]
    public async Task When_the_line_is_cut_after_the_mail_the_copy_has_the_same_name()
    {
        await QueueAsync("cut@xb.example");
        await UntilAsync("cut@xb.example", delivery => delivery.Attempts == 1);
        _hub.Time.Advance(Duration.FromMinutes(1.2));
        var mails = await _server.MailsAsync(2);

        Assert.Equal(mails[0].Header("Message-ID"), mails[1].Header("Message-ID"));
        await UntilAsync("cut@xb.example", delivery => delivery.DeliveredAt is not null);
        Assert.Equal(2, _server.Mails.Count);
    }

    [Fact]
    public async Task A_mail_waits_for_a_server_that_is_down()
    {
        await _server.DisposeAsync();
        for (var i = 0; i < 3; i++) await QueueAsync($"desk{i}@xb.example");
        await UntilAsync("desk0@xb.example", delivery => delivery.Fence > 0);
        for (var minute = 0; minute < 60; minute++)
        {
            var before = await _hub.WithDbAsync(db => db.DeliveryAttempts.CountAsync());
            _hub.Time.Advance(Duration.FromMinutes(1.01));
            while (await _hub.WithDbAsync(db => db.DeliveryAttempts.CountAsync()) == before) await Task.Delay(10);
        }

        // An hour later it is there again; no mail has lost any of its tries, and one a minute was enough to see it.
        Assert.InRange(await _hub.WithDbAsync(db => db.DeliveryAttempts.CountAsync()), 60, 70);
        await using var server = await MailServer.StartAsync("--port", $"{_server.Port}");
        _hub.Time.Advance(Duration.FromMinutes(1));
        await server.MailsAsync(3);
        await Task.Delay(TimeSpan.FromSeconds(1));

        Assert.Equal(3, server.Mails.Select(mail => mail.Header("Message-ID")).Distinct().Count());
        Assert.Equal(3, server.Mails.Count);
    }

    [Fact]
    public async Task A_reminder_that_waited_for_a_server_is_not_sent_once_its_word_has_come()
    {
        await _server.DisposeAsync();
        await using var hub = await Hub.StartAsync([.. _server.Settings, .. Silences.SettingsOf("GO Station desk@go.example")]);
        var reference = await hub.AskAsync("XB", 1);
        await hub.LiveAndTellAsync(Duration.FromHours(2.5));
        await UntilAsync(hub, "desk@go.example", delivery => delivery.Fence > 0);
        await hub.As("GO").AcceptedAsync(Say.That("g1", reference, "ON_HAND"));
        await hub.StopAsync();

        await using var server = await MailServer.StartAsync();
        await using var back = Hub.StartOn(hub.Database, hub.Time, server.Settings);
        hub.Time.Advance(Duration.FromHours(3));
        await UntilAsync(back, "desk@go.example", delivery => delivery.ParkedReason == "NO_LONGER_NEEDED");

        Assert.Empty(server.Mails);
        Assert.Equal("NOT_NEEDED", await back.WithDbAsync(db => db.DeliveryAttempts.OrderByDescending(attempt => attempt.Fence).Select(attempt => attempt.Outcome).FirstAsync()));
        Assert.Contains(back.Log, line => line.Text.Contains("is not sent: the news that it asks for has come meanwhile", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Looking_at_the_way_out_changes_nothing_and_taking_it_ends_all_mail()
    {
        await QueueAsync("desk@xb.example", "first");
        var link = new Uri((await _server.MailsAsync(1))[0].Header("List-Unsubscribe").Trim('<', '>'));
        using var browser = _hub.Browse();

        for (var i = 0; i < 3; i++) Assert.Contains("Nothing has changed yet", await browser.GetStringAsync(link.PathAndQuery), StringComparison.Ordinal);
        using (var head = await browser.SendAsync(new(HttpMethod.Head, link.PathAndQuery))) Assert.True(head.IsSuccessStatusCode);
        await QueueAsync("desk@xb.example", "second");
        await _server.MailsAsync(2);

        // As a mail program does it: no cookie, no page before.
        using var oneClick = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
        using var answer = await browser.PostAsync(link.PathAndQuery, oneClick);
        using var again = await browser.PostAsync(link.PathAndQuery, null);
        await QueueAsync("Desk@XB.example", "third");
        await UntilAsync("Desk@XB.example", delivery => delivery.ParkedReason == "UNSUBSCRIBED");

        Assert.True(answer.IsSuccessStatusCode && again.IsSuccessStatusCode);
        Assert.Equal(2, _server.Mails.Count);
    }

    [Fact]
    public async Task A_link_that_is_not_ours_ends_nothing()
    {
        using var browser = _hub.Browse();
        using var answer = await browser.PostAsync("/mail/unsubscribe?for=nonsense", null);

        Assert.Equal(404, (int)answer.StatusCode);
        Assert.False(await _hub.WithDbAsync(db => db.MailRefusals.AnyAsync()));
    }

    [Fact]
    public async Task Text_of_others_adds_no_header()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => QueueAsync("desk@xb.example\r\nBcc: all@xb.example"));
        await _hub.WithDbAsync(db =>
        {
            Outbox.Add(db, Draft("desk@xb.example") with { Subject = "Überfällig\r\nBcc: all@xb.example" }, _hub.Time.Now);
            return db.SaveChangesAsync();
        });

        Assert.Equal("", (await _server.MailsAsync(1))[0].Header("Bcc"));
    }

    [Theory]
    [InlineData("secret", "DELIVERED 250")]
    [InlineData("wrong", "DEFERRED 530")]
    public async Task A_wrong_password_of_ours_is_not_held_against_the_mail(string password, string outcome)
    {
        await using var server = await MailServer.StartAsync("--auth");
        await using var hub = await Hub.StartAsync([.. server.Settings, ("Mail:User", "hub"), ("Mail:Password", password)]);
        await hub.WithDbAsync(db =>
        {
            Outbox.Add(db, Draft("desk@xb.example"), hub.Time.Now);
            return db.SaveChangesAsync();
        });

        await UntilAsync(hub, "desk@xb.example", delivery => delivery.DeliveredAt is not null || delivery.Attempts == 1);
        Assert.Equal(["hub"], server.Users);
        Assert.Equal(outcome, await hub.WithDbAsync(db => db.DeliveryAttempts.Select(attempt => attempt.Outcome + " " + attempt.Status).SingleAsync()));
        Assert.Null(await hub.WithDbAsync(db => db.Deliveries.Select(row => row.ParkedReason).SingleAsync()));
    }

    [Fact]
    public async Task Where_nobody_can_vouch_for_the_encryption_nothing_is_said()
    {
        await using var hub = await Hub.StartAsync([.. _server.Settings, ("Mail:Tls", "true")]);
        await hub.WithDbAsync(db =>
        {
            Outbox.Add(db, Draft("desk@xb.example"), hub.Time.Now);
            return db.SaveChangesAsync();
        });

        await UntilAsync(hub, "desk@xb.example", delivery => delivery.NextAt > hub.Time.Now);
        Assert.Empty(_server.Mails);
    }

    [Fact]
    public async Task The_contacts_of_the_settings_are_in_the_database() =>
        Assert.Equal(["it@xb.example"], await _hub.WithDbAsync(db => Contacts.FindAsync(db, new("XB"), ContactLevel.Partner, CancellationToken.None)));

    private static MailDraft Draft(string to, string key = "k") => new($"{key} {to}", to, "alert.test", "A word is overdue", "It is overdue.", "<p>It is overdue.</p>");

    private Task<int> QueueAsync(string to, string key = "k") => _hub.WithDbAsync(db =>
    {
        Outbox.Add(db, Draft(to, key), _hub.Time.Now);
        return db.SaveChangesAsync();
    });

    private Task UntilAsync(string address, Func<DeliveryRow, bool> isSo) => UntilAsync(_hub, address, isSo);

    private static async Task UntilAsync(Hub hub, string address, Func<DeliveryRow, bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isSo(await hub.WithDbAsync(db => db.Deliveries.AsNoTracking().Where(row => row.Recipient == address).OrderByDescending(row => row.CreatedAt).FirstAsync())))
        {
            if (patience.IsCancellationRequested) Assert.Fail("It did not come to that.");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private Task<List<string>> AttemptsAsync(string address) => _hub.WithDbAsync(db => db.DeliveryAttempts
        .Where(attempt => db.Deliveries.Any(row => row.Id == attempt.DeliveryId && row.Recipient == address)).OrderBy(attempt => attempt.Fence)
        .Select(attempt => attempt.Outcome + " " + attempt.Status).ToListAsync());
}
