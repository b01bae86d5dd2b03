namespace IncidentTracker.Domain;

/// <summary>
/// What holds a bag or a case up, in words for customers. They name what stands in the way and nobody who is to blame; of a
/// code that has no such words here, customers read only that there is a reason.
/// </summary>
public static class HoldReasons
{
    public const string Given = "a reason was given";

    /// <summary>The words for a reason code; empty when none was stated.</summary>
    public static string Words(string code) => code switch
    {
        "" => "",
        "61" => "strike",
        "62" or "65" => "bad weather",
        "63" or "75" or "SECURITY" => "security check",
        "64" => "the airport's equipment is out of order",
        "73" or "CUSTOMS" => "customs inspection",
        _ => Given,
    };
}
