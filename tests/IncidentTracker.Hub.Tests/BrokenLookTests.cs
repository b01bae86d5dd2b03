using IncidentTracker.Domain;
using IncidentTracker.Sla;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>The hub cannot look at one case, whatever it tries. Whoever stands beside it in a batch does not notice.</summary>
public sealed class BrokenLookTests : IAsyncLifetime
{
    private const int Neighbours = 20;

    private readonly List<string> _sound = [];
    private Hub _hub = null!;
    private IncidentId _broken;

    public async Task InitializeAsync()
    {
        _hub = await Hub.StartAsync();
        await _hub.As("XB").OpenAsync("0900000001");
        _broken = await _hub.WithDbAsync(db => db.Incidents.Select(incident => incident.Id).SingleAsync());
        for (var i = 0; i < Neighbours; i++) _sound.Add(await _hub.As("XB").OpenAsync($"09100000{i:00}"));
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Its_neighbours_are_told_of_in_the_same_round_and_it_is_tried_less_and_less_often(bool isUnreadable)
    {
        await BreakAsync(isUnreadable);
        _hub.Time.Advance(Duration.FromMinutes(25));

        Assert.Equal(Neighbours + 1, await SweepAsync());

        Assert.Equal(Neighbours, await _hub.WithDbAsync(db => db.Alerts.CountAsync()));
        var pauses = new List<double>();
        for (var round = 0; round < 12; round++)
        {
            var next = await _hub.WithDbAsync(db => db.LookAgain.Where(row => row.IncidentId == _broken).Select(row => row.At).SingleAsync());
            pauses.Add((next - _hub.Time.Now).TotalSeconds);
            _hub.Time.Set(next + Duration.FromMilliseconds(1));
            await SweepAsync();
        }
        Assert.Equal([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600], pauses);
        Assert.Equal(13, _hub.Log.Count(line => line.Level == LogLevel.Error && line.Failure is not null && line.Text.Contains(_broken.ToString(), StringComparison.Ordinal)));
        Assert.DoesNotContain(_hub.Log, line => line.Text.Contains("updates or looks could not be written", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_partners_say_in_the_same_batch_is_stored()
    {
        await BreakAsync(isUnreadable: false);
        _hub.Time.Advance(Duration.FromMinutes(25));

        Task<int> sweeping;
        Task<Partner.V1.Accepted>[] saying;
        await using (await _hub.HoldWritesAsync())
        {
            sweeping = SweepAsync();
            saying = [.. _sound.Take(5).Select(reference => _hub.As("XB").AcceptedAsync(Say.That("u1", reference, "ACKNOWLEDGED")))];
            await _hub.As("XB").FindAsync(Partner.V1.ReferenceScheme.BagTag, "0900000001");     // they are on their way meanwhile
        }
        await Task.WhenAll(saying);
        Assert.Equal(5, await _hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.UpdateId == "u1")));
        await sweeping;
        while (await SweepAsync() > 0) { }
        Assert.Empty(await _hub.WithDbAsync(db => db.LookAgain.Where(row => row.IncidentId != _broken && row.At < _hub.Time.Now).ToListAsync()));
    }

    [Fact]
    public async Task Once_it_is_mended_it_is_told_of_and_watched_like_any_other()
    {
        await BreakAsync(isUnreadable: false);
        _hub.Time.Advance(Duration.FromMinutes(25));
        await SweepAsync();
        await _hub.WithDbAsync(db => db.Claims.Where(claim => claim.PartnerId == "HUB" && claim.IncidentId == _broken).ExecuteDeleteAsync());

        await _hub.LiveUntilAsync(_hub.Time.Now + Duration.FromMinutes(1));

        Assert.Equal(Neighbours + 1, await _hub.WithDbAsync(db => db.Alerts.CountAsync()));
        await _hub.ProveStoredEqualsFoldedAsync();
    }

    [Fact]
    public async Task Two_expected_times_within_a_millisecond_are_two_words()
    {
        var passed = _hub.Time.Now - Duration.FromMinutes(1);
        foreach (var microsecond in new[] { 100, 500 })
        {
            var update = Say.That($"u{microsecond}", _sound[0], "FORWARD_DEPARTED");
            update.Eta = new() { From = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset((passed + Duration.FromTicks(microsecond * 10)).ToDateTimeOffset()), TimeZone = "Z" };
            await _hub.As("XB").AcceptedAsync(update);
            _hub.Time.Advance(Duration.FromMinutes(1));
            await SweepAsync();
        }
        Assert.Equal(2, await _hub.WithDbAsync(db => db.Claims.CountAsync(claim => claim.UpdateId.StartsWith("eta-"))));
        await _hub.ProveStoredEqualsFoldedAsync();
        _hub.MustBeQuiet();
    }

    private Task<int> SweepAsync() => _hub.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);

    /// <summary>What is stored of it is garbage; or the names of the hub's next words are taken, which no rule of ours allows.</summary>
    private Task<int> BreakAsync(bool isUnreadable) => _hub.WithDbAsync(async db =>
    {
        if (isUnreadable) return await db.Incidents.Where(incident => incident.Id == _broken).ExecuteUpdateAsync(incident => incident.SetProperty(row => row.State, new byte[] { 0xFF, 0xFF }));
        var opening = await db.Claims.AsNoTracking().SingleAsync(claim => claim.IncidentId == _broken);
        foreach (var step in new[] { "due-soon", "breached", "escalated-headquarters", "escalated-supervisor", "escalated-mediator" })
            db.Add(new Data.ClaimEntity { IncidentId = _broken, PartnerId = "HUB", UpdateId = "clock-1-" + step, ReceivedAt = opening.ReceivedAt, Hash = opening.Hash, Body = opening.Body });
        return await db.SaveChangesAsync();
    });
}
