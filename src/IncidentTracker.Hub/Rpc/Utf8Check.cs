using System.Buffers;
using System.Text.Unicode;
using Google.Protobuf.Reflection;

namespace IncidentTracker.Rpc;

/// <summary>Walks over the bytes of a message that has been parsed already, and looks at every text in it.</summary>
internal static class Utf8Check
{
    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, StartGroup = 3, EndGroup = 4, Fixed32 = 5;

    public static bool EveryTextIsValid(MessageDescriptor type, ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment) return IsValid(type, bytes.FirstSpan);
        return IsValid(type, bytes.ToArray());
    }

    private static bool IsValid(MessageDescriptor type, ReadOnlySpan<byte> bytes)
    {
        // Most messages are plain ASCII with small numbers, and one look settles them.
        if (!bytes.ContainsAnyInRange((byte)0x80, (byte)0xFF)) return true;

        while (!bytes.IsEmpty)
        {
            var tag = ReadVarint(ref bytes);
            switch ((int)(tag & 7))
            {
                case Varint: ReadVarint(ref bytes); break;
                case Fixed64: bytes = bytes[8..]; break;
                case Fixed32: bytes = bytes[4..]; break;
                // proto3 has no groups: an unknown one is kept as bytes, and what stands in it is no text of ours.
                case StartGroup or EndGroup: break;
                case LengthDelimited:
                    var length = (int)ReadVarint(ref bytes);
                    var value = bytes[..length];
                    bytes = bytes[length..];
                    var field = type.FindFieldByNumber((int)(tag >> 3));
                    if (field?.FieldType == FieldType.String && !Utf8.IsValid(value)) return false;
                    if (field?.FieldType == FieldType.Message && !IsValid(field.MessageType, value)) return false;
                    break;
            }
        }
        return true;
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }
}
