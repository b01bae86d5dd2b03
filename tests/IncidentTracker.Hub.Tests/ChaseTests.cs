using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using IncidentTracker.Delivery;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What travellers read about a word that has not come: what was done, and nothing else.</summary>
[Trait("Category", "Foreign")]
public sealed class ChaseTests : IAsyncLifetime
{
    private MailServer _server = null!;
    private Hub? _hub;

    public async Task InitializeAsync() => _server = await MailServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_hub is { } hub) await hub.DisposeAsync();
    }

    [Fact]
    public async Task Asking_again_is_told_once_a_mail_server_has_taken_it_with_the_moment_of_that()
    {
        var hub = await StartAsync("desk@go.example");
        var reference = await hub.AskAndWaitAsync(Duration.FromHours(3) + Duration.FromMinutes(1));
        await UntilAsync(hub, row => row.DeliveredAt is not null, 2);
        var handed = (await hub.MailRowsAsync()).Max(row => row.DeliveredAt)!.Value;

        var (page, rest, etag) = await ReadAsync(hub, reference);

        Assert.Matches($"It has not come\\. We asked again on {Moment(handed)} Funchal time\\. If nothing comes, we look again on Monday 6 July, 19:00 Funchal time\\.", page);
        Assert.Equal(handed, Instant.FromDateTimeOffset(rest.GetProperty("askedAgainTime").GetDateTimeOffset()));
        Assert.StartsWith("2026-07-06T18:00:00", rest.GetProperty("nextCheckTime").GetString(), StringComparison.Ordinal);
        Assert.False(rest.TryGetProperty("raised", out _));

        await hub.WithDbAsync(db => db.Deliveries.ExecuteUpdateAsync(set => set.SetProperty(row => row.DeliveredAt, (Instant?)null)));
        var (unasked, unaskedRest, other) = await ReadAsync(hub, reference);
        Assert.DoesNotContain("asked again", unasked, StringComparison.Ordinal);
        Assert.False(unaskedRest.TryGetProperty("askedAgainTime", out _));
        Assert.NotEqual(etag, other);
    }

    [Theory]
    [InlineData("unknown@go.example", "SMTP_550")]      // the server does not want it
    [InlineData("", "")]                                // there is nobody to write to
    public async Task What_nobody_got_was_not_asked(string address, string reason)
    {
        var hub = await StartAsync(address);
        var reference = await hub.AskAndWaitAsync(Duration.FromHours(3) + Duration.FromMinutes(1));
        if (address.Length > 0) await UntilAsync(hub, row => row.ParkedReason == reason, 2);

        var (page, rest, _) = await ReadAsync(hub, reference);

        Assert.Contains("It has not come. If nothing comes, we look again on", page, StringComparison.Ordinal);
        Assert.False(rest.TryGetProperty("askedAgainTime", out _));
    }

    [Fact]
    public async Task A_mail_to_others_is_not_asking_the_party_and_every_level_is_named_until_there_is_none_left()
    {
        var hub = await StartAsync("", ("XB", ContactLevel.Supervisor, "boss@xb.example"));
        var reference = await hub.AskAndWaitAsync(Duration.FromHours(10));
        await UntilAsync(hub, row => row.DeliveredAt is not null, 1);

        var (page, rest, _) = await ReadAsync(hub, reference);
        Assert.Matches("It has not come\\. We raised it with its headquarters on Monday 6 July, 19:00 Funchal time\\. We raised it with the supervisor of your case on Monday 6 July, 22:00 Funchal time\\. If nothing comes, we look again on Tuesday 7 July, 04:00 Funchal time\\.", page);
        Assert.Equal(["its headquarters", "the supervisor of your case"], rest.GetProperty("raised").EnumerateArray().Select(step => step.GetProperty("with").GetString()));
        Assert.False(rest.TryGetProperty("askedAgainTime", out _));

        await hub.LiveAndTellAsync(Duration.FromHours(6));
        var (last, lastRest, _) = await ReadAsync(hub, reference);
        Assert.Contains("We raised it with a mediator on Tuesday 7 July, 04:00 Funchal time.", last, StringComparison.Ordinal);
        Assert.DoesNotContain("look again", last, StringComparison.Ordinal);
        Assert.False(lastRest.TryGetProperty("nextCheckTime", out _));
    }

    [Fact]
    public async Task While_nothing_is_overdue_nothing_is_told_of_a_chase()
    {
        var hub = await StartAsync("desk@go.example");
        var reference = await hub.AskAndWaitAsync(Duration.FromHours(2.5));
        await UntilAsync(hub, row => row.DeliveredAt is not null, 1);

        var (page, rest, _) = await ReadAsync(hub, reference);

        Assert.DoesNotContain("asked again", page, StringComparison.Ordinal);
        foreach (var name in new[] { "askedAgainTime", "nextCheckTime", "raised" }) Assert.False(rest.TryGetProperty(name, out _), name);
    }

    private async Task<Hub> StartAsync(string desk, params (string Organization, ContactLevel Level, string Mail)[] others)
    {
        var people = desk.Length > 0 ? [("GO", ContactLevel.Station, desk), .. others] : others;
        return _hub = await Hub.StartAsync([("Mail:Host", "127.0.0.1"), ("Mail:Port", $"{_server.Port}"), ("Mail:Tls", "false"), ("Mail:From", "hub@incidenttracker.example"),
            .. people.SelectMany((person, i) => new[] { ($"Contacts:People:{i}:Organization", person.Item1), ($"Contacts:People:{i}:Level", $"{person.Item2}"), ($"Contacts:People:{i}:Mail", person.Item3) })]);
    }

    /// <summary>What the page says of the next news, in its words alone, and the same over REST.</summary>
    private static async Task<(string Page, JsonElement Json, string ETag)> ReadAsync(Hub hub, string reference)
    {
        using var browser = hub.Browse();
        var page = WebUtility.HtmlDecode(await TrackTests.OpenAsync(browser, reference, "Kowalska"));
        var told = Regex.Match(page, "<dt>Next news</dt>(.*?)</dd>", RegexOptions.Singleline).Groups[1].Value;
        using var rest = await browser.GetAsync($"/api/v1/incidents/{reference}?familyName=Kowalska");
        return (Regex.Replace(Regex.Replace(told, "<[^>]+>", " "), "\\s+", " ").Replace(" .", ".", StringComparison.Ordinal).Trim(), await rest.Content.ReadFromJsonAsync<JsonElement>(), rest.Headers.ETag!.ToString());
    }

    private static string Moment(Instant at) => Domain.Sentences.Moment(at, "Atlantic/Madeira");

    private static async Task UntilAsync(Hub hub, Func<Data.DeliveryRow, bool> isSo, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await hub.MailRowsAsync()).Count(isSo) < count)
        {
            if (patience.IsCancellationRequested) Assert.Fail("It did not come to that.");
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
