using System.Collections.Immutable;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.Simulator;

/// <summary>Reads a scenario file, fills in what it may leave out, and says in sentences what is wrong with it.</summary>
internal static class ScenarioReader
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    public static (Scenario? Scenario, ImmutableArray<string> Problems) Read(string path)
    {
        if (!File.Exists(path)) return (null, ["There is no such file."]);
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (JsonException wrong)
        {
            return (null, [$"It is not a scenario: {wrong.Message}"]);
        }
    }

    public static (Scenario? Scenario, ImmutableArray<string> Problems) Parse(string json)
    {
        var file = JsonSerializer.Deserialize<ScenarioFile>(json, Json) ?? throw new JsonException("The file is empty.");
        var problems = new List<string>();
        var steps = ImmutableArray.CreateBuilder<ScenarioStep>();
        foreach (var step in file.Steps)
        {
            try
            {
                steps.Add(ReadStep(file, step));
            }
            catch (InvalidProtocolBufferException wrong)
            {
                problems.Add($"Step {step.Id}: {wrong.Message}");
            }
        }
        if (problems.Count > 0) return (null, [.. problems]);

        var scenario = new Scenario(file.Name, file.Title, file.Case, file.Organizations, steps.ToImmutable());
        problems.AddRange(ScenarioCheck.Problems(scenario));
        return (problems.Count == 0 ? scenario : null, [.. problems]);
    }

    private static ScenarioStep ReadStep(ScenarioFile file, StepFile step)
    {
        var id = $"{file.Name}-{step.Id}";
        var open = step.Open is { } opening ? JsonParser.Default.Parse<OpenIncidentRequest>(opening.GetRawText()) : null;
        if (open is not null)
        {
            if (open.RequestId.Length == 0) open.RequestId = id;
            open.ReportTime ??= Timestamp.FromDateTimeOffset(step.At);
        }

        var update = step.Update is { } updating ? JsonParser.Default.Parse<Update>(updating.GetRawText()) : null;
        if (update is not null)
        {
            if (update.UpdateId.Length == 0) update.UpdateId = id;
            if (update.EventTimePrecision != TimePrecision.Unknown) update.EventTime ??= Timestamp.FromDateTimeOffset(step.At);
            update.Incident ??= new()
            {
                ExternalReference = new() { Scheme = ReferenceScheme.BagTag, Value = file.Case.BagTag, Date = file.Case.BagTagDate },
            };
        }
        return new(step.Id, step.At, step.By, step.Note, step.Expect ?? Outcome.Accepted, open, update);
    }

    private sealed record ScenarioFile(
        string Name, string Title, ScenarioCase Case, ImmutableArray<ScenarioOrganization> Organizations, ImmutableArray<StepFile> Steps);

    private sealed record StepFile(
        string Id, DateTimeOffset At, string By, string Note, string? Expect = null, JsonElement? Open = null, JsonElement? Update = null);
}
