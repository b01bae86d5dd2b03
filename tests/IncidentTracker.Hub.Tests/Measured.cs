using System.Diagnostics.Metrics;
using IncidentTracker.Delivery;
using Microsoft.Extensions.DependencyInjection;

namespace IncidentTracker.HubTests;

/// <summary>What a gauge of a hub shows at present.</summary>
internal static class Measured
{
    public static double Of(Hub hub, string name)
    {
        var shown = 0.0;
        var meters = hub.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Meter.Name == DeliveryMeter.Name && instrument.Meter.Scope == meters && instrument.Name == name) to.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => shown = value);
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => shown = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return shown;
    }
}
