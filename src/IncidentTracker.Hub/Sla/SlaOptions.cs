namespace IncidentTracker.Sla;

/// <summary>How the hub watches clocks. Section <c>Sla</c>.</summary>
public sealed record SlaOptions
{
    /// <summary>A file of policies, agreements, working hours and maintenance that is read at the start. Empty: none.</summary>
    public string File { get; init; } = "";

    /// <summary>Whether this hub looks for what is due. At least one hub on a database must.</summary>
    public bool Sweep { get; init; } = true;
}
