using IncidentTracker.Alerts;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>
/// A hub fails before or after each single step of what it does about a silence, and lives on, or another one goes on in its
/// place. However that was, the case, the alert and the mail come out as if nothing had been.
/// </summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const int Most = 60;

    private readonly Faults _faults = new();
    private Hub _hub = null!;
    private Hub? _other;
    private int _cases;

    public async Task InitializeAsync()
    {
        _hub = await Hub.StartAsync(_faults, [.. Silences.SettingsOf("XB Station desk@xb.example")]);
        await StopTellingAsync(_hub);
    }

    public async Task DisposeAsync()
    {
        await using var hub = _hub;
        await using var other = _other;
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Theory]
    [InlineData("an outage", false), InlineData("an outage", true), InlineData("a bug", false), InlineData("a bug", true)]
    public async Task A_word_that_is_due_is_said_and_told_once_wherever_the_hub_fails_while_it_says_it(string fault, bool anotherGoesOn)
    {
        var survivor = anotherGoesOn ? await OtherAsync() : _hub;
        var sound = await OutcomeAsync(0, fault, _hub);

        for (var step = 1; await OutcomeAsync(step, fault, survivor) is var outcome; step++)
        {
            Assert.True(sound.Said.SequenceEqual(outcome.Said), $"After a fault {_faults.Hits[^1]}: {string.Join(", ", outcome.Said)}");
            if (!outcome.HasFailed) break;
            Assert.True(step < Most, "The hub never comes to an end of its steps.");
        }

        foreach (var place in (string[])["before BeginAsync", "before InsertClaimsAsync", "after InsertClaimsAsync", "before SaveAndCommitAsync", "after SaveAndCommitAsync", "before commit", "after commit"])
            Assert.True(_faults.Hits.Contains(place), $"Nothing failed {place}. At last: {_faults.Passed}; failed: {string.Join(", ", _faults.Hits)}");
        Assert.Contains(_faults.Hits, place => place.StartsWith("before INSERT INTO", StringComparison.Ordinal) && place.Contains("deliveries", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("an outage"), InlineData("a bug")]
    public async Task A_late_word_and_what_the_hub_says_before_it_are_stored_once_wherever_the_hub_fails_while_it_takes_them(string fault)
    {
        var sound = await LateWordAsync(0, fault);
        for (var step = 1; await LateWordAsync(step, fault) is var outcome; step++)
        {
            Assert.True(sound.Said.SequenceEqual(outcome.Said), $"After a fault {_faults.Hits[^1]}: {string.Join(", ", outcome.Said)}");
            if (!outcome.HasFailed) break;
            Assert.True(step < Most, "The hub never comes to an end of its steps.");
        }
        Assert.Contains("after SaveAndCommitAsync", _faults.Hits);
    }

    /// <summary>A case is due, and the step of this number goes wrong while the hub looks at it and tells people.</summary>
    private async Task<(bool HasFailed, string[] Said)> OutcomeAsync(int step, string fault, Hub survivor)
    {
        var reference = await _hub.As("XB").OpenAsync($"09040{_cases++:00000}");
        await _hub.As("CU").AcceptedAsync(Say.Note("n1", reference));       // its writer has it in memory from then on
        _hub.Time.Advance(Duration.FromMinutes(25));

        _faults.Arm(step, () => Of(fault));
        await TryAsync(() => SweepAsync(_hub));
        _hub.Time.Advance(Duration.FromSeconds(3));
        await TryAsync(() => TellAsync(_hub));
        var hasFailed = _faults.Disarm() && step > 0;

        // What the first one left behind is leased for ten seconds.
        _hub.Time.Advance(Duration.FromSeconds(11));
        while (await SweepAsync(survivor) > 0) { }
        _hub.Time.Advance(Duration.FromSeconds(3));
        await TellAsync(survivor);
        return (hasFailed, await SaidAsync(reference));
    }

    private async Task<(bool HasFailed, string[] Said)> LateWordAsync(int step, string fault)
    {
        var reference = await _hub.As("XB").OpenAsync($"09050{_cases++:00000}");
        await _hub.As("CU").AcceptedAsync(Say.Note("n1", reference));
        _hub.Time.Advance(Duration.FromMinutes(31));
        var update = Say.That("u1", reference, "ACKNOWLEDGED").At(_hub.Time.GetUtcNow());

        _faults.Arm(step, () => Of(fault));
        for (var tries = 0; !await IsStoredAsync(update); tries++)
        {
            Assert.True(tries < 10, "It is never stored.");
            _hub.Time.Advance(Duration.FromMilliseconds(300));
        }
        var hasFailed = _faults.Disarm() && step > 0;

        _hub.Time.Advance(Duration.FromSeconds(11));
        while (await SweepAsync(_hub) > 0) { }
        _hub.Time.Advance(Duration.FromSeconds(3));
        await TellAsync(_hub);
        return (hasFailed, await SaidAsync(reference));
    }

    /// <summary>Everything that was left behind about a case, but for its moments. The case is closed then, so that nothing more is due there.</summary>
    private async Task<string[]> SaidAsync(string reference)
    {
        var said = await _hub.WithDbAsync(async db =>
        {
            var compact = reference.Replace("-", "", StringComparison.Ordinal);
            var row = (await db.Incidents.AsNoTracking().ToListAsync()).Single(row => row.Reference == reference || row.Reference == compact);
            var claims = await db.Claims.AsNoTracking().Where(claim => claim.IncidentId == row.Id).OrderBy(claim => claim.ReceivedAt).ToListAsync();
            var alerts = await db.Alerts.AsNoTracking().Where(alert => alert.IncidentId == row.Id).OrderBy(alert => alert.FiredAt).ToListAsync();
            return (string[])
            [
                $"version {row.Version} {row.Phase}",
                .. claims.Select(claim => $"{claim.PartnerId} {(claim.PartnerId == "HUB" || claim.UpdateId is "u1" or "n1" ? claim.UpdateId : "opening")}"),
                .. alerts.Select(alert => $"alert {alert.Stage} {alert.Party} told {alert.ToldAt is not null}"),
            ];
        });
        var mails = (await _hub.MailsAsync()).Where(mail => mail.Contains(reference, StringComparison.Ordinal)).Select(mail => "mail " + mail.Split(' ')[1]);
        await _hub.As("XB").AcceptedAsync(Say.That("end", reference, "CLOSED_CANCELLED"));
        return [.. said, .. mails];
    }

    private async Task<bool> IsStoredAsync(Partner.V1.Update update)
    {
        try { return (await _hub.As("XB").ReportAsync(update)).OutcomeCase is Partner.V1.UpdateResult.OutcomeOneofCase.Accepted or Partner.V1.UpdateResult.OutcomeOneofCase.Duplicate; }
        catch (Grpc.Core.RpcException failure) when (failure.StatusCode == Grpc.Core.StatusCode.Unavailable) { return false; }
    }

    // What a background loop would catch and log.
    private static async Task TryAsync(Func<Task> work)
    {
        try { await work(); }
        catch (Exception failure) when (failure is IOException or NotSupportedException || failure.InnerException is IOException or NotSupportedException) { }
    }

    private static Exception Of(string fault) => fault == "a bug" ? new NotSupportedException("A bug, as the test wants it.") : new IOException("An outage, as the test wants it.");

    private static Task<int> SweepAsync(Hub hub) => hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);

    private static Task<int> TellAsync(Hub hub) => hub.Services.GetRequiredService<AlertLoop>().RunAsync(CancellationToken.None);

    private async Task<Hub> OtherAsync()
    {
        _other = _hub.StartTwin();
        await StopTellingAsync(_other);
        return _other;
    }

    // Here a test says when people are told.
    private static Task StopTellingAsync(Hub hub) => hub.Services.GetServices<IHostedService>().OfType<AlertLoop>().Single().StopAsync(CancellationToken.None);
}
