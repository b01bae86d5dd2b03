using IncidentTracker.Alerts;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>
/// A hub fails before or after each single step of what it does about a silence, and lives on, or another one goes on in its
/// place. However that was, the case, the alert and the mail come out as if nothing had been.
/// </summary>
public sealed class FaultTests : IAsyncLifetime
{
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
        // Whatever goes wrong, no loop of the hub ends, and the hub with it.
        Assert.DoesNotContain(hub.Log.Concat(other?.Log ?? []), line => line.Level == LogLevel.Critical);
        await hub.ProveStoredEqualsFoldedAsync();
    }

    [Theory]
    [InlineData("an outage", false), InlineData("an outage", true), InlineData("a bug", false), InlineData("a bug", true)]
    public async Task A_word_that_is_due_is_said_and_told_once_wherever_the_hub_fails_while_it_says_it(string fault, bool anotherGoesOn)
    {
        var survivor = anotherGoesOn ? await OtherAsync() : _hub;
        var failed = await FailAtEveryStepAsync((place, time) => OutcomeAsync(place, time, fault, survivor));

        foreach (var place in (string[])["before BeginAsync", "before InsertClaimsAsync", "after InsertClaimsAsync", "before SaveAndCommitAsync", "after SaveAndCommitAsync", "before commit", "after commit"])
            Assert.Contains(place, failed);
    }

    [Theory]
    [InlineData("an outage"), InlineData("a bug")]
    public async Task A_late_word_and_what_the_hub_says_before_it_are_stored_once_wherever_the_hub_fails_while_it_takes_them(string fault)
    {
        var failed = await FailAtEveryStepAsync((place, time) => LateWordAsync(place, time, fault));

        Assert.Contains("after SaveAndCommitAsync", failed);
    }

    /// <summary>Does it once without a fault, and then with one at each step that was taken; says where it failed.</summary>
    private async Task<IReadOnlyCollection<string>> FailAtEveryStepAsync(Func<string, int, Task<(bool HasFailed, string[] Said)>> run)
    {
        var failed = new HashSet<string>();
        var sound = (await run("nowhere", 1)).Said;
        foreach (var step in _faults.Passed.GroupBy(place => place).SelectMany(places => places.Select((place, i) => (Place: place, Time: i + 1))).ToArray())
        {
            var (hasFailed, said) = await run(step.Place, step.Time);
            Assert.True(sound.SequenceEqual(said), $"After a fault {step.Place} ({step.Time}): {string.Join(", ", said)}");
            if (hasFailed) failed.Add(step.Place);
        }
        return failed;
    }

    /// <summary>A case is due, and a step goes wrong while the hub looks at it and tells people.</summary>
    private async Task<(bool HasFailed, string[] Said)> OutcomeAsync(string place, int time, string fault, Hub survivor)
    {
        var reference = await _hub.As("XB").OpenAsync($"09040{_cases++:00000}");
        await _hub.As("CU").AcceptedAsync(Say.Note("n1", reference));       // its writer has it in memory from then on
        _hub.Time.Advance(Duration.FromMinutes(25));

        _faults.Arm(place, time, () => Of(fault));
        await TryAsync(() => SweepAsync(_hub));
        _hub.Time.Advance(Duration.FromSeconds(3));
        await TryAsync(() => TellAsync(_hub));
        var hasFailed = _faults.Disarm();

        await GoOnAsync(survivor);
        return (hasFailed, await SaidAsync(reference));
    }

    private async Task<(bool HasFailed, string[] Said)> LateWordAsync(string place, int time, string fault)
    {
        var reference = await _hub.As("XB").OpenAsync($"09050{_cases++:00000}");
        await _hub.As("CU").AcceptedAsync(Say.Note("n1", reference));
        _hub.Time.Advance(Duration.FromMinutes(31));
        var update = Say.That("u1", reference, "ACKNOWLEDGED").At(_hub.Time.GetUtcNow());

        _faults.Arm(place, time, () => Of(fault));
        for (var tries = 0; !await IsStoredAsync(update); tries++)
        {
            Assert.True(tries < 10, "It is never stored.");
            _hub.Time.Advance(Duration.FromMilliseconds(300));
        }
        var hasFailed = _faults.Disarm();

        await GoOnAsync(_hub);
        return (hasFailed, await SaidAsync(reference));
    }

    // What the first one left behind is leased for ten seconds.
    private async Task GoOnAsync(Hub survivor)
    {
        _hub.Time.Advance(Duration.FromSeconds(11));
        while (await SweepAsync(survivor) > 0) { }
        _hub.Time.Advance(Duration.FromSeconds(3));
        await TellAsync(survivor);
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

    // Here a test says when people are told. A loop that is stopped before it has begun would end its hub; one that answers has begun.
    private static async Task StopTellingAsync(Hub hub)
    {
        using var browser = hub.Browse();
        await browser.GetStringAsync("/healthz/ready");
        await hub.Services.GetServices<IHostedService>().OfType<AlertLoop>().Single().StopAsync(CancellationToken.None);
    }
}
