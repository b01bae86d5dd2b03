namespace IncidentTracker.HubTests;

/// <summary>The parties of every test: those of the stories, and one that nobody ever brings in.</summary>
internal static class DevelopmentPartners
{
    public static readonly (string Id, string Kind, string[] ActsFor)[] All =
    [
        ("XA", "Airline", []),
        ("XB", "Airline", []),
        ("XC", "Airline", []),
        ("GO", "Handler", ["XA", "XB"]),
        ("LH2", "Handler", ["XB"]),
        ("IH", "Handler", ["XB"]),
        ("TRW", "Tracing", ["XB"]),
        ("CQ", "Courier", []),
        ("HTL", "ThirdParty", []),
        ("FIX", "ThirdParty", []),
        ("CU", "Customer", []),
        ("AG", "Agent", ["XB"]),
        ("STRANGER", "Handler", []),
    ];

    public static string KeyOf(string partner) => $"development-key-of-{partner}";

    public static IEnumerable<(string Key, string Value)> Settings => All.SelectMany((partner, i) => new[]
    {
        ($"Development:Partners:{i}:Id", partner.Id),
        ($"Development:Partners:{i}:Kind", partner.Kind),
        ($"Development:Partners:{i}:Key", KeyOf(partner.Id)),
    }.Concat(partner.ActsFor.Select((principal, j) => ($"Development:Partners:{i}:ActsFor:{j}", principal))));
}
