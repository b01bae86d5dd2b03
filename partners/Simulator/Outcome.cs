using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.Simulator;

/// <summary>What the hub answered, as a code to compare and as words for the console.</summary>
internal sealed record Outcome(string Code, string Words)
{
    public const string Accepted = "ACCEPTED";
    public const string Duplicate = "DUPLICATE";

    /// <summary>A duplicate is as good as accepted: an answer was lost, or the story is told a second time.</summary>
    public bool Meets(string expected) => Code == expected || (expected == Accepted && Code == Duplicate);

    public static Outcome Of(OpenIncidentResponse response) => response.Replayed
        ? new(Duplicate, $"case {response.Incident?.IncidentReference} was open already")
        : new(Accepted, $"case {response.Incident?.IncidentReference} is open");

    public static Outcome Of(UpdateResult result)
    {
        switch (result.OutcomeCase)
        {
            case UpdateResult.OutcomeOneofCase.Duplicate:
                return new(Duplicate, "duplicate" + NextWord(result.Duplicate.Standing));
            case UpdateResult.OutcomeOneofCase.Accepted:
                var accepted = result.Accepted;
                var words = "accepted";
                if (accepted.Standing?.Sighting == true) words += " as a sighting";
                if (accepted.Late) words += ", late";
                if (accepted.Quarantined) words += ", quarantined";
                if (accepted.Warnings.Count > 0) words += $" ({string.Join(", ", accepted.Warnings)})";
                return new(Accepted, words + NextWord(accepted.Standing));
            default:
                return new(result.OutcomeCase.ToString(), "answered with nothing this program knows");
        }
    }

    /// <summary>A refusal: its stable reason and every field it names, or the bare status where the hub gave no details.</summary>
    public static Outcome Of(RpcException refusal)
    {
        var details = Details(refusal);
        var reason = details.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>().Reason;
        var fields = details.Where(detail => detail.Is(BadRequest.Descriptor))
            .SelectMany(detail => detail.Unpack<BadRequest>().FieldViolations)
            .Select(violation => $" {violation.Field}: {violation.Description}");
        var code = reason ?? refusal.StatusCode.ToString();
        return new(code, $"refused, {code}: {refusal.Status.Detail}{string.Concat(fields)}");
    }

    private static RepeatedField<Any> Details(RpcException refusal)
    {
        if (refusal.Trailers.GetValueBytes("grpc-status-details-bin") is not { } bytes) return [];
        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(bytes).Details;
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }

    private static string NextWord(CaseStanding? standing) =>
        standing?.NextUpdateDueTime is { } due ? $", next word due {StoryTime.Text(due.ToDateTimeOffset())}" : "";
}
