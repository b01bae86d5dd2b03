using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using static System.StringComparison;

namespace IncidentTracker.Domain;

/// <summary>
/// The words all parties share: the hub's status codes, reasons for loss (IATA RP 1743E), bag types and colours (Resolution 743b) and stations.
/// They are data files, so that a partner's engineer can read them and a new code is one more entry and no new logic. All lists are open:
/// an unknown code is not an error, it is kept as it came.
/// </summary>
public static class CodeLists
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false) },
        // a misspelt or forgotten property must stop the first test, not surface as an empty sentence on a customer's page
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        // what every start reads is known to the compiler; the rest may take its time
        TypeInfoResolver = JsonTypeInfoResolver.Combine(CodeListsJson.Default, new DefaultJsonTypeInfoResolver()),
    };

    private static readonly StatusFile StatusData = Read<StatusFile>("status-codes.json");
    private static readonly ReasonFile ReasonData = Read<ReasonFile>("reasons-for-loss.json");

    public static ImmutableArray<StatusCode> StatusCodes => StatusData.Codes;

    public static ImmutableArray<ReservedCode> Reserved => StatusData.Reserved;

    public static ImmutableArray<ReasonForLoss> ReasonsForLoss => ReasonData.Codes;

    public static ImmutableArray<ReasonGroup> ReasonGroups => ReasonData.Groups;

    public static ImmutableArray<BagType> BagTypes { get; } = Read<BagTypeFile>("bag-types.json").Types;

    public static ImmutableArray<Colour> Colours { get; } = Read<ColourFile>("colours.json").Colours;

    public static ImmutableArray<Station> Stations { get; } = Read<StationFile>("stations.json").Stations;

    // after the lists: static fields start in the order they are written
    private static readonly FrozenDictionary<string, StatusCode> StatusByCode = StatusCodes.ToFrozenDictionary(status => status.Code);
    private static readonly FrozenDictionary<string, ReservedCode> ReservedByCode = Reserved.ToFrozenDictionary(reserved => reserved.Code);
    private static readonly FrozenDictionary<string, ReasonForLoss> ReasonByCode = ReasonsForLoss.ToFrozenDictionary(reason => reason.Code);
    private static readonly FrozenDictionary<string, Colour> ColourByCode = Colours.ToFrozenDictionary(colour => colour.Code);
    private static readonly FrozenDictionary<string, Station> StationByCode = Stations.ToFrozenDictionary(station => station.Code);

    /// <summary>The policy that holds where nobody has agreed on another.</summary>
    public static SlaPolicy DefaultPolicy { get; } = Read<SlaFile.PolicyEntry>("sla-policy.json").ToPolicy();

    public static StatusCode? Find(string code) => StatusByCode.GetValueOrDefault(code);

    /// <summary>Every SLA_ code is the hub's, also one that a later hub invents: a partner must not be able to occupy it first.</summary>
    public static bool IsReserved(string code) => ReservedByCode.ContainsKey(code) || code.StartsWith("SLA_", Ordinal);

    public static ReservedCode? FindReserved(string code) => ReservedByCode.GetValueOrDefault(code);

    public static ReasonForLoss? FindReasonForLoss(string code) => ReasonByCode.GetValueOrDefault(code);

    public static BagType? FindBagType(string type) => BagTypes.FirstOrDefault(range => range.Covers(type));

    public static Colour? FindColour(string code) => ColourByCode.GetValueOrDefault(code);

    public static Station? FindStation(string code) => StationByCode.GetValueOrDefault(code);

    private static T Read<T>(string file)
    {
        using var stream = typeof(CodeLists).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The code list {file} is missing from the program.");

        return JsonSerializer.Deserialize<T>(stream, Json)
            ?? throw new InvalidOperationException($"The code list {file} is empty.");
    }

    internal sealed record StatusFile(string Note, ImmutableArray<StatusCode> Codes, ImmutableArray<ReservedCode> Reserved);

    internal sealed record ReasonFile(string Note, ImmutableArray<ReasonGroup> Groups, ImmutableArray<ReasonForLoss> Codes);

    internal sealed record BagTypeFile(string Note, ImmutableArray<BagType> Types);

    internal sealed record ColourFile(string Note, ImmutableArray<Colour> Colours);

    internal sealed record StationFile(string Note, ImmutableArray<Station> Stations);
}

[JsonSerializable(typeof(CodeLists.StatusFile))]
[JsonSerializable(typeof(CodeLists.ReasonFile))]
[JsonSerializable(typeof(CodeLists.BagTypeFile))]
[JsonSerializable(typeof(CodeLists.ColourFile))]
[JsonSerializable(typeof(CodeLists.StationFile))]
[JsonSerializable(typeof(SlaFile.PolicyEntry))]
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
internal sealed partial class CodeListsJson : JsonSerializerContext;
