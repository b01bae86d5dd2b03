namespace IncidentTracker.Domain;

/// <summary>
/// Why a bag went astray, by the codes of IATA RP 1743E. Airlines share costs by it and learn from it; it is disputed between them and
/// so is never shown to customers.
/// </summary>
public sealed record ReasonForLoss(string Code, string Group, string Meaning);

/// <summary>The ten codes around one kind of cause, which still says something when the single code is unknown.</summary>
public sealed record ReasonGroup(string Group, string Meaning);
