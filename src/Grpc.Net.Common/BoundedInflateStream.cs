using Grpc.Core;

namespace Grpc.Net.Compression;

/// <summary>
/// Counts what a decompressing stream gives out and stops beyond a limit: the servers' and clients' own size limits count compressed bytes only,
/// so without this 64 KiB on the wire could become 64 MiB in memory.
/// </summary>
internal sealed class BoundedInflateStream(Stream inflating, long maxBytes) : Stream
{
    /// <summary>As much as an uncompressed message may have by default.</summary>
    public const long DefaultMaxBytes = 4 * 1024 * 1024;

    private long _inflated;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => Count(inflating.Read(buffer));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inflating.ReadAsync(buffer, cancellationToken));

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inflating.Dispose();
        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        _inflated += read;
        return _inflated <= maxBytes ? read : throw new RpcException(new Status(
            StatusCode.ResourceExhausted, $"The message is larger than {maxBytes} bytes once decompressed."));
    }
}
