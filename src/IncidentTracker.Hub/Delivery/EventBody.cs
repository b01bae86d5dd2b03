using System.Text.Json;
using System.Text.Json.Serialization;
using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>What receivers are told: that there is something new and where to read it. Never what it is, nor of whom.</summary>
internal static class EventBody
{
    public const string Opened = "incident.opened";
    public const string Published = "incident.update.published";
    public const string Closed = "incident.closed";
    public const string Resync = "resync";
    public const string Challenge = "endpoint.challenge";
    public const string Test = "endpoint.test";
    public const string Disabled = "endpoint.disabled";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,       // never in a page
    };

    /// <param name="sequence">Counts the events of a case for one receiver; null where nobody counts.</param>
    /// <param name="site">Where the hub is reached, without a slash at the end.</param>
    public static string OfCase(string type, Instant at, Reference reference, long? sequence, long version, string site) => Of(type, at, new EventData
    {
        Reference = reference.ToString(),
        Sequence = sequence,
        PreviousSequence = sequence - 1,
        Version = version,
        Links = new($"{site}/api/v1/incidents/{reference}", $"{site}/api/v1/incidents/{reference}/timeline"),
    });

    public static string OfChallenge(string id, Instant at, string challenge) => Of(Challenge, at, new EventData { EndpointId = id, Challenge = challenge });

    public static string OfTest(string id, Instant at) => Of(Test, at, new EventData { EndpointId = id });

    public static string OfDisabled(string id, Instant at, string reason) => Of(Disabled, at, new EventData { EndpointId = id, Reason = reason });

    /// <summary>The word that a receiver must send back to prove that it read the challenge.</summary>
    public static string ChallengeIn(string body) => Read(body).Data.Challenge ?? "";

    public static EventView Read(string body) => JsonSerializer.Deserialize<EventView>(body, Json)!;

    private static string Of(string type, Instant at, EventData data) => JsonSerializer.Serialize(new EventView(type, at.ToDateTimeOffset(), data), Json);
}
