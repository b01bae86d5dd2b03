using Grpc.Net.Client;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.HubTests;

/// <summary>The promise that a partner relies on: what was acknowledged is there, whatever became of the hub a moment later.</summary>
public sealed class KillTests
{
    private const int Kills = 20, Cases = 20, Updates = 6_000;

    private static readonly KeyValuePair<string, string>[] Settings =
        [.. DevelopmentPartners.Settings.Select(setting => KeyValuePair.Create(setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value))];

    [Fact]
    public async Task A_hub_killed_twenty_times_in_the_middle_of_a_stream_loses_and_doubles_nothing()
    {
        await using var hub = await HubProcess.StartAsync(Settings);
        var time = new ManualTime(NodaTime.Instant.FromDateTimeOffset(TimeProvider.System.GetUtcNow()));
        var references = new List<string>();
        using (var channel = GrpcChannel.ForAddress(hub.Grpc))
            for (var i = 0; i < Cases; i++) references.Add(await Line(channel, time).OpenAsync($"09001{i:00000}"));
        var start = time.GetUtcNow().AddSeconds(1);
        var sender = new Sender("s-1", [.. Enumerable.Range(0, Updates).Select(i => Say.Note($"u-{i}", references[i % Cases]).At(start.AddTicks(i * 10)))]);
        var random = new Random(20260706);

        for (var kill = 0; kill < Kills; kill++)
        {
            // Somewhere in this share of the work: by what was answered, so that every kill hits a stream that is busy.
            var (killing, after) = ((Task?)null, random.Next(1, Updates / Kills));
            using (var channel = GrpcChannel.ForAddress(hub.Grpc))
                await sender.RunAsync(Line(channel, time), random.Next(1, 100), answers => { if (answers >= after) killing ??= Task.Run(hub.KillAsync); });
            await killing!;

            var stored = await hub.Database.WithDbAsync(db => db.Claims.AsNoTracking().Select(claim => claim.UpdateId).ToListAsync());
            Assert.Empty(sender.Acknowledged.Except(stored));
            await hub.StartAgainAsync(Settings);
        }
        using (var channel = GrpcChannel.ForAddress(hub.Grpc))
            while (!await sender.RunAsync(Line(channel, time), 100, _ => { })) { }

        Assert.True(sender is { EveryUpdateWasAcknowledged: true, NothingWasAcceptedTwice: true });
        Assert.Equal(Updates, await hub.Database.CountClaimsAsync());
        await hub.Database.ProveStoredEqualsFoldedAsync();
    }

    private static PartnerLine Line(GrpcChannel channel, ManualTime time) => new(channel, DevelopmentPartners.KeyOf("XB"), time);
}
