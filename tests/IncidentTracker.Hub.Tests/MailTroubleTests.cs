using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Mail servers in trouble, and whose trouble it is: the server's, ours, or that of an address.</summary>
[Trait("Category", "Foreign")]
public sealed class MailTroubleTests
{
    private static readonly string[] Dialogue = ["220 hello", "250 hello", "250 sender ok", "250 recipient ok", "354 go on"];

    [Fact]
    public async Task A_server_that_hangs_at_any_step_holds_a_mail_for_forty_five_seconds_and_one_place_alone()
    {
        // It says so many lines and then nothing more; the last one lets nobody connect at all.
        await Task.WhenAll([.. Enumerable.Range(0, Dialogue.Length + 1).Select(lines => MustEndInTimeAsync(HangAfter(lines))), MustEndInTimeAsync(Unreachable())]);
    }

    [Theory]
    [InlineData("relay@xb.example", "DEFERRED 550")]
    [InlineData("desk@xb.example", "DEFERRED 554", "--closed")]
    public async Task What_a_server_has_against_us_is_not_held_against_the_mail(string address, string outcome, params string[] options)
    {
        await using var server = await MailServer.StartAsync(options);
        await using var hub = await Hub.StartAsync(server.Settings);
        await QueueAsync(hub, address, "first");

        await UntilAsync(hub, mails => mails is [{ Attempts: 1, NextAt: not null, ParkedReason: null }]);
        Assert.Equal(outcome, await hub.WithDbAsync(db => db.DeliveryAttempts.Select(attempt => attempt.Outcome + " " + attempt.Status).SingleAsync()));
    }

    [Fact]
    public async Task When_an_address_does_not_work_its_organization_is_told_at_its_other_addresses_once_a_day()
    {
        await using var server = await MailServer.StartAsync();
        await using var hub = await Hub.StartAsync([.. server.Settings,
            ("Contacts:People:0:Organization", "XB"), ("Contacts:People:0:Level", "Station"), ("Contacts:People:0:Mail", "unknown@xb.example"),
            ("Contacts:People:1:Organization", "XB"), ("Contacts:People:1:Level", "Headquarters"), ("Contacts:People:1:Mail", "hq@xb.example"),
            ("Contacts:People:2:Organization", "XB"), ("Contacts:People:2:Level", "Supervisor"), ("Contacts:People:2:Mail", "unknown.too@xb.example")]);
        await QueueAsync(hub, "unknown@xb.example", "first");
        await QueueAsync(hub, "unknown@xb.example", "second");

        var mail = (await server.MailsAsync(1))[0];
        await UntilAsync(hub, mails => mails.TrueForAll(one => one.NextAt is null));

        Assert.Equal(("hq@xb.example", "A mail address of yours does not work"), (mail.To, mail.Header("Subject")));
        Assert.Contains("We cannot write to unknown@xb.example.", mail.Part("text/plain"), StringComparison.Ordinal);
        Assert.Single(server.Mails);
        Assert.Contains(hub.Log, line => line.Text.StartsWith("A mail address of XB for Station does not work (SMTP_550)", StringComparison.Ordinal));
        Assert.DoesNotContain(hub.Log, line => line.Text.Contains('@', StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_an_hour_without_a_server_every_mail_comes_once_but_for_one_copy_of_each_that_was_cut()
    {
        const int Usual = 12;
        string[] cut = ["cut.one@xb.example", "cut.two@xb.example"];
        var down = await MailServer.StartAsync();
        await down.DisposeAsync();
        await using var hub = await Hub.StartAsync([.. down.Settings, .. Silences.SettingsOf("XB Station unknown@xb.example", "XB Headquarters hq@xb.example")]);
        string[] all = [.. Enumerable.Range(0, Usual).Select(i => $"desk{i}@xb.example"), "greylist@xb.example", "unknown@xb.example", .. cut];
        foreach (var address in all) await QueueAsync(hub, address, "first");
        for (var minute = 0; minute < 60; minute++)
        {
            await UntilAsync(hub, mails => mails.TrueForAll(mail => mail.LockedUntil is null));
            var before = (await MailsAsync(hub)).Sum(mail => mail.Fence);
            hub.Time.Advance(Duration.FromMinutes(1.01));
            await UntilAsync(hub, mails => mails.Sum(mail => mail.Fence) > before);
        }

        await using var server = await MailServer.StartAsync("--port", $"{down.Port}");
        // In steps that are shorter than a lock, and only while nothing is on its way.
        var steps = 0;
        for (; !(await MailsAsync(hub)).TrueForAll(mail => mail.NextAt is null); steps++)
        {
            Assert.True(steps < 400, "It did not come to that.");
            await UntilAsync(hub, mails => mails.TrueForAll(mail => mail.LockedUntil is null));
            hub.Time.Advance(Duration.FromSeconds(15));
            await Task.Delay(TimeSpan.FromMilliseconds(300));
        }

        Assert.Equal(all.Except(["unknown@xb.example"]).Concat(cut).Append("hq@xb.example").Order(), server.Mails.Select(mail => mail.To).Order());
        Assert.Equal(all.Length, server.Mails.Select(mail => mail.Header("Message-ID")).Distinct().Count());
        Assert.Equal("A mail address of yours does not work", server.Mails.Single(mail => mail.To == "hq@xb.example").Header("Subject"));
        Assert.Equal([("unknown@xb.example", "SMTP_550")], (await MailsAsync(hub)).Where(mail => mail.ParkedReason is not null).Select(mail => (mail.Recipient!, mail.ParkedReason!)));
        // The hour cost nobody a try.
        Assert.All(await MailsAsync(hub), mail => Assert.Equal(mail.Recipient == "greylist@xb.example" || cut.Contains(mail.Recipient) ? 1 : 0, mail.Attempts));
    }

    private static async Task MustEndInTimeAsync(Socket listener)
    {
        using var end = listener;
        await using var hub = await Hub.StartAsync(
            ("Mail:Host", "127.0.0.1"), ("Mail:Port", $"{((IPEndPoint)listener.LocalEndPoint!).Port}"), ("Mail:Tls", "false"), ("Mail:From", "hub@incidenttracker.example"));
        await QueueAsync(hub, "desk@xb.example", "first");
        var started = Stopwatch.StartNew();
        await UntilAsync(hub, mails => mails is [{ LockedUntil: null, NextAt: not null, Fence: > 0 }]);

        Assert.InRange(started.Elapsed, TimeSpan.FromSeconds(44), TimeSpan.FromSeconds(59));
        Assert.Equal("TIMED_OUT", await hub.WithDbAsync(db => db.DeliveryAttempts.Select(attempt => attempt.Outcome).SingleAsync()));
    }

    private static Socket HangAfter(int lines)
    {
        var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _ = Task.Run(async () =>
        {
            using var client = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
            using var reader = new StreamReader(client, Encoding.ASCII);
            for (var i = 0; i < lines; i++)
            {
                if (i > 0) await reader.ReadLineAsync();
                if (i < Dialogue.Length) await client.WriteAsync(Encoding.ASCII.GetBytes(Dialogue[i] + "\r\n"));
            }
            while (await reader.ReadLineAsync() is not null) { }
        });
        return listener;
    }

    // Its queue is full, so nobody is answered.
    private static Socket Unreachable()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        for (var i = 0; i < 4; i++) _ = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp).ConnectAsync(listener.LocalEndPoint!);
        return listener;
    }

    private static Task<int> QueueAsync(Hub hub, string to, string key) => hub.WithDbAsync(db =>
    {
        Outbox.Add(db, new($"{key} {to}", to, "alert.test", "A word is overdue", "It is overdue.", "<p>It is overdue.</p>"), hub.Time.Now);
        return db.SaveChangesAsync();
    });

    private static Task<List<DeliveryRow>> MailsAsync(Hub hub) => hub.WithDbAsync(db => db.Deliveries.AsNoTracking().ToListAsync());

    private static async Task UntilAsync(Hub hub, Predicate<List<DeliveryRow>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (!isSo(await MailsAsync(hub)))
        {
            if (patience.IsCancellationRequested) Assert.Fail("It did not come to that.");
            await Task.Delay(50, CancellationToken.None);
        }
    }
}
