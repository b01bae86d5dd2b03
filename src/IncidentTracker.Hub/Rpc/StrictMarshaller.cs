using Google.Protobuf;
using Grpc.Core;

namespace IncidentTracker.Rpc;

/// <summary>Reads messages so that whatever cannot be read, or holds text that is not text, is the caller's mistake.</summary>
internal static class StrictMarshaller
{
    public static Marshaller<T> For<T>(Marshaller<T> official, string method, Malformed malformed, bool checkText = true) where T : class =>
        new(official.ContextualSerializer, context => Read(official, method, malformed, checkText, context));

    private static T Read<T>(Marshaller<T> official, string method, Malformed malformed, bool checkText, DeserializationContext context) where T : class
    {
        T message;
        try
        {
            message = official.ContextualDeserializer(context);
        }
        // Reading depends on nothing but the bytes, so every failure is theirs: broken tags, lengths past the end, groups nested too deep.
        catch (Exception failure) when (failure is not RpcException)
        {
            throw malformed.Refuse($"The request of {method} is not a valid protobuf message.");
        }

        // The parser replaces bytes that are not UTF-8 without a word; stored, they would no longer be what was sent.
        if (checkText && message is IMessage known && !Utf8Check.EveryTextIsValid(known.Descriptor, context.PayloadAsReadOnlySequence()))
        {
            throw malformed.Refuse($"The request of {method} holds text that is not UTF-8.");
        }
        return message;
    }
}

/// <summary>
/// On a service that looks for replaced characters (U+FFFD) itself, because it can name the field, and because a message of
/// it holds many things of which one bad text must not cost the others.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ChecksItsTextsAttribute : Attribute;
