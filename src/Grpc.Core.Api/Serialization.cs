using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a message writes its bytes.</summary>
public abstract class SerializationContext
{
    /// <summary>Takes the whole payload and ends the serialization.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>Where to write the payload piece by piece; ends with <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Announces the size of the payload, before the first byte is written.</summary>
    public virtual void SetPayloadLength(int payloadLength) => throw new NotImplementedException();

    /// <summary>Ends a payload written to the buffer writer.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}

/// <summary>Where a message reads its bytes. Valid only during the deserialization.</summary>
public abstract class DeserializationContext
{
    /// <summary>The size of the payload.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The payload as an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The payload where it lies, not to be kept.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
