using System.Text.Json.Serialization;

namespace IncidentTracker.Domain;

/// <summary>
/// The part a party plays in one incident. What a party may say, and who owes the next word, hangs on the role and never on the name:
/// the same airline owns one case and only carries the bag of another.
/// </summary>
public enum Role
{
    /// <summary>The carrier that took the report, usually the last one of the journey, or its handler on its behalf.</summary>
    [JsonStringEnumMemberName("CO")] CaseOwner,

    /// <summary>The station that has the bag.</summary>
    [JsonStringEnumMemberName("HS")] HoldingStation,

    /// <summary>The carrier that flies the bag after its owner.</summary>
    [JsonStringEnumMemberName("FC")] ForwardingCarrier,

    /// <summary>The team or system that searches. It reads files and holds no bags.</summary>
    [JsonStringEnumMemberName("TR")] Tracing,

    /// <summary>Brings the bag to the customer.</summary>
    [JsonStringEnumMemberName("CR")] Courier,

    /// <summary>A hotel, concierge, neighbour or repair shop.</summary>
    [JsonStringEnumMemberName("TP")] ThirdParty,

    /// <summary>The owner airline's claims department.</summary>
    [JsonStringEnumMemberName("CL")] Claims,

    /// <summary>The airport and its lost property office.</summary>
    [JsonStringEnumMemberName("AP")] Airport,

    /// <summary>The person whose bag it is.</summary>
    [JsonStringEnumMemberName("CU")] Customer,

    /// <summary>Customs, security or police.</summary>
    [JsonStringEnumMemberName("GV")] Authority,

    /// <summary>A call-centre agent who writes down what the customer says.</summary>
    [JsonStringEnumMemberName("AG")] Agent,
}

/// <summary>The part that goes with a role which an owner gives: the two go by the same names.</summary>
internal static class PartyRoles
{
    public static Role AsRole(this PartyRole given) => Enum.Parse<Role>(given.ToString());
}
