using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace IncidentTracker.Rpc;

/// <summary>Errors that a program can act on: a gRPC status with google.rpc details beside it.</summary>
internal static class RichErrors
{
    /// <summary>Who defines our reasons.</summary>
    public const string Domain = "incidenttracker";

    /// <summary>The trailer in which the details travel.</summary>
    public const string DetailsTrailer = "grpc-status-details-bin";

    // Proxies and clients drop header lists beyond 8 KiB, and base64 makes three bytes four; the rest is for the message and other trailers.
    private const int MaxDetailsBytes = 5 * 1024;
    private const int MaxMessageLength = 512;

    /// <summary>An error with a reason and any further details.</summary>
    public static RpcException Create(StatusCode code, string reason, string message, params IMessage[] details) =>
        ToRpcException(new Google.Rpc.Status
        {
            Code = (int)code,
            Message = message,
            Details = { details.Prepend(Reason(reason)).Select(detail => Any.Pack(detail)) },
        });

    /// <summary>A reason in our domain, as the first detail of every error.</summary>
    public static ErrorInfo Reason(string reason) => new() { Reason = reason, Domain = Domain };

    /// <summary>When trying again makes sense.</summary>
    public static RetryInfo RetryAfter(TimeSpan delay) => new() { RetryDelay = Duration.FromTimeSpan(delay) };

    /// <summary>What is wrong with which field.</summary>
    public static BadRequest BadRequest(params (string Field, string Description)[] violations) => new()
    {
        FieldViolations = { violations.Select(v => new BadRequest.Types.FieldViolation { Field = v.Field, Description = v.Description }) },
    };

    /// <summary>The exception that carries a status. Details that would not fit into trailers are left out, last first.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status)
    {
        var sent = status.Clone();
        if (sent.Message.Length > MaxMessageLength) sent.Message = sent.Message[..MaxMessageLength];
        while (sent.Details.Count > 0 && sent.CalculateSize() > MaxDetailsBytes) sent.Details.RemoveAt(sent.Details.Count - 1);

        return new RpcException(
            new Grpc.Core.Status((StatusCode)sent.Code, sent.Message),
            new Metadata { { DetailsTrailer, sent.ToByteArray() } });
    }

    /// <summary>The status with its details as a client received it, or null when the server sent none that can be read.</summary>
    public static Google.Rpc.Status? GetRpcStatus(this RpcException failure)
    {
        if (failure.Trailers.GetValueBytes(DetailsTrailer) is not { } bytes) return null;
        try { return Google.Rpc.Status.Parser.ParseFrom(bytes); }
        catch (InvalidProtocolBufferException) { return null; }
    }

    /// <summary>The first detail of one type, or null.</summary>
    public static T? Detail<T>(this Google.Rpc.Status status) where T : class, IMessage<T>, new() =>
        status.Details.Where(detail => detail.Is(new T().Descriptor)).Select(detail => detail.Unpack<T>()).FirstOrDefault();
}
