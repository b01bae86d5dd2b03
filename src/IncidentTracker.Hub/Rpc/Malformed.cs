using Grpc.Core;

namespace IncidentTracker.Rpc;

/// <summary>Bytes that are not what they should be: the caller's mistake, so one quiet line for us and a clear answer for them. What they sent is never logged.</summary>
internal sealed partial class Malformed(ILogger<Malformed> log)
{
    /// <summary>The reason in the answer.</summary>
    public const string Reason = "MALFORMED_MESSAGE";

    /// <summary>Notes the refusal and answers the exception that ends the call.</summary>
    public RpcException Refuse(string what)
    {
        Refused(what);
        return RichErrors.Create(StatusCode.InvalidArgument, Reason, what);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A gRPC message was refused: {What}")]
    private partial void Refused(string what);
}
