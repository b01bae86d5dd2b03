namespace IncidentTracker.Sla;

/// <summary>How the hub watches clocks. Section <c>Sla</c>.</summary>
public sealed record SlaOptions
{
    /// <summary>Whether this hub looks for what is due. At least one hub on a database must.</summary>
    public bool Sweep { get; init; } = true;
}
