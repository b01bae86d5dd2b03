using IncidentTracker.Domain;

namespace IncidentTracker.Sla;

/// <summary>What clocks are judged by at present.</summary>
internal sealed class SlaBooks
{
    public SlaBook Current { get; } = SlaBook.Default;
}
