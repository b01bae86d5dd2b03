using System.Text.Json;
using IncidentTracker.Access;
using IncidentTracker.Domain;

namespace IncidentTracker.Incidents;

/// <summary>Values as JSON and addresses name them, for example ON_THE_WAY.</summary>
internal static class Named
{
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseUpper.ConvertName(value.ToString());

    /// <summary>The value of a name that is documented. Parsing would take numbers and lists for names too.</summary>
    public static T Read<T>(string name, string field) where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        var index = Array.FindIndex(values, value => Of(value) == name);
        return index >= 0 ? values[index] : throw new RefusedException(Refusals.FieldInvalid.At(field, $"One of {string.Join(", ", values.Select(Of))}."));
    }
}
