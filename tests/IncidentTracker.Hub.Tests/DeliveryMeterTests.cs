using IncidentTracker.Delivery;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>What operators can measure of delivery.</summary>
public sealed class DeliveryMeterTests : DeliveryTest
{
    [Fact]
    public async Task What_waits_and_how_attempts_end_is_measured()
    {
        var outcomes = new System.Collections.Concurrent.ConcurrentQueue<string?>();
        var (depth, oldest) = (-1L, -1.0);
        using var listener = new System.Diagnostics.Metrics.MeterListener { InstrumentPublished = (instrument, listener) => { if (instrument.Meter.Name == DeliveryMeter.Name) listener.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "it.outbox.depth") depth = Math.Max(depth, value);
            else outcomes.Enqueue(tags[0].Value?.ToString());
        });
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => oldest = Math.Max(oldest, value));
        listener.Start();
        Receiver.Answer = Receiver.Status(503, ("Retry-After", "3600"));
        await EndpointAsync("XB");
        await Hub.As("XB").OpenAsync(Tag);
        await UntilAsync(() => Task.FromResult(outcomes.Contains("THROTTLED")));

        Hub.Time.Advance(Duration.FromMinutes(59));
        await Hub.As("XB").OpenAsync("0900000001");
        await FannedOutAsync();
        Hub.Time.Advance(Duration.FromSeconds(30));
        await Hub.Services.GetRequiredService<DeliveryMeter>().LookAsync(CancellationToken.None);
        listener.RecordObservableInstruments();

        Assert.Contains("DELIVERED", outcomes);     // the challenge
        Assert.True(depth >= 2);
        Assert.True(oldest >= 30);
    }
}
