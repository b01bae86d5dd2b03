using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>Turns what became of an update into the words of the contract.</summary>
internal static class UpdateResults
{
    public static Wire.UpdateResult ToResult(this Outcome outcome, string updateId, int index = 0, long sequence = 0)
    {
        var result = new Wire.UpdateResult { UpdateId = updateId, Index = index, ClientSequence = sequence };
        switch (outcome)
        {
            case Outcome.Stored stored:
                result.Accepted = new()
                {
                    Standing = stored.Standing.ToWire(),
                    RecordTime = stored.RecordedAt.ToTimestamp(),
                    Position = stored.Position,
                    Late = (stored.Marks & Marks.Late) != 0,
                    Quarantined = (stored.Marks & Marks.Quarantined) != 0,
                };
                result.Accepted.Warnings.Add(Warnings(stored.Marks));
                break;
            case Outcome.Repeated repeated:
                result.Duplicate = new() { Standing = repeated.Standing.ToWire(), RecordTime = repeated.RecordedAt.ToTimestamp() };
                break;
            default:
                result.Rejected = outcome.ToStatus();
                break;
        }
        return result;
    }

    /// <summary>The answer to a call with one update. A refusal ends the call.</summary>
    public static Wire.UpdateResult ToAnswer(this Outcome outcome, string updateId) =>
        outcome is Outcome.Refused or Outcome.Unknown ? throw outcome.ToStatus().ToRpcException() : outcome.ToResult(updateId);

    /// <summary>The gRPC status of a refusal, with every detail a client's program needs.</summary>
    public static Google.Rpc.Status ToStatus(this Outcome outcome) => outcome switch
    {
        Outcome.Refused refused => Status(refused.Why[0].Why, refused.Why),
        Outcome.Unknown => Status(Refusals.ServiceUnavailable, []),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    public static Google.Rpc.Status Status(Refusal why, IReadOnlyList<Violation> violations, IReadOnlyDictionary<string, string>? facts = null)
    {
        var reason = RichErrors.Reason(why.Code);
        if (violations.Count > 0) reason.Metadata["field"] = violations[0].Field;
        foreach (var (name, value) in facts ?? new Dictionary<string, string>()) reason.Metadata[name] = value;

        var status = new Google.Rpc.Status { Code = (int)CodeOf(why.Kind), Message = violations.Count > 0 ? $"{violations[0].Field}: {violations[0].Detail}" : why.Message };
        status.Details.Add(Any.Pack(reason));
        if (why.Kind is RefusalKind.Invalid or RefusalKind.TooLarge && violations.Count > 0)
            status.Details.Add(Any.Pack(RichErrors.BadRequest([.. violations.Select(violation => (violation.Field, $"{violation.Why.Code}: {violation.Detail}"))])));
        if (why.Kind == RefusalKind.Unavailable) status.Details.Add(Any.Pack(RichErrors.RetryAfter(TimeSpan.FromSeconds(1))));
        return status;
    }

    public static RpcException ToRpcException(this RefusedException refused) => Status(refused.Why, refused.Violations, refused.Facts).ToRpcException();

    public static Grpc.Core.StatusCode CodeOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid or RefusalKind.TooLarge => Grpc.Core.StatusCode.InvalidArgument,
        RefusalKind.Unauthenticated => Grpc.Core.StatusCode.Unauthenticated,
        RefusalKind.NotAllowed => Grpc.Core.StatusCode.PermissionDenied,
        RefusalKind.NotFound => Grpc.Core.StatusCode.NotFound,
        RefusalKind.Conflict => Grpc.Core.StatusCode.AlreadyExists,
        RefusalKind.Precondition => Grpc.Core.StatusCode.FailedPrecondition,
        RefusalKind.OutOfRange => Grpc.Core.StatusCode.OutOfRange,
        RefusalKind.Unavailable => Grpc.Core.StatusCode.Unavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The marks in the words of the contract, for example CUSTODY_GAP.</summary>
    public static IEnumerable<string> Names(Marks marks) => AllMarks.Where(mark => (marks & mark.Mark) != 0).Select(mark => mark.Name);

    public static Timestamp ToTimestamp(this Instant moment) => new()
    {
        Seconds = moment.ToUnixTimeSeconds(),
        Nanos = (int)(moment - Instant.FromUnixTimeSeconds(moment.ToUnixTimeSeconds())).TotalNanoseconds,
    };

    private static Wire.CaseStanding ToWire(this Standing standing) => new()
    {
        IncidentReference = standing.Reference,
        TimelineVersion = standing.Version,
        StatusCode = standing.StatusCode,
        Custodian = standing.Custodian,
        Sighting = standing.IsSighting,
        NextUpdateDueTime = standing.NextDueAt?.ToTimestamp(),
    };

    private static readonly (Marks Mark, string Name)[] AllMarks =
        [.. System.Enum.GetValues<Marks>().Where(mark => mark != Marks.None).Select(mark => (mark, UpperSnakeCase(mark.ToString())))];

    // Late and quarantined have fields of their own; a clock that runs ahead is told in the words of the refusal.
    private static IEnumerable<string> Warnings(Marks marks)
    {
        if (marks == Marks.None) return [];
        return Names(marks & ~(Marks.Late | Marks.Quarantined | Marks.ClockSkew)).Concat((marks & Marks.ClockSkew) != 0 ? [Refusals.EventTimeInFuture.Code] : []);
    }

    private static string UpperSnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + c : char.ToUpperInvariant(c).ToString()));
}
