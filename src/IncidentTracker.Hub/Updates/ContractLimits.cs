using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>The limits the contract promises and every client can ask for.</summary>
internal static class ContractLimits
{
    public const int MessageBytes = 256 * 1024;
    public const int BatchSize = 500;
    public const int InFlight = 1_000;
    public static readonly TimeSpan UnaryDeadline = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan StreamAge = TimeSpan.FromHours(24);

    public static Wire.Limits ToWire() => new()
    {
        MaxMessageBytes = MessageBytes,
        MaxBatchSize = BatchSize,
        MaxInFlight = InFlight,
        MaxDeadline = Duration.FromTimeSpan(UnaryDeadline),
        MaxStreamAge = Duration.FromTimeSpan(StreamAge),
    };

    /// <summary>A message that is too large is the sender's mistake, and trying again will not help: it gets a name of its own.</summary>
    public static void Check(IMessage message)
    {
        if (TooLarge(message) is { } violation) throw new RefusedException(violation);
    }

    public static Violation? TooLarge(IMessage message) => message.CalculateSize() is var size && size > MessageBytes
        ? Refusals.MessageTooLarge.At("", $"The message has {size} bytes; at most {MessageBytes} are taken.")
        : null;
}
