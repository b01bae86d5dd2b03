using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>Compression with gzip. What it inflates is bounded: a small message cannot become a large one.</summary>
public sealed class GzipCompressionProvider(CompressionLevel defaultCompressionLevel, long maxInflatedBytes) : ICompressionProvider
{
    /// <summary>Inflates up to <see cref="BoundedInflateStream.DefaultMaxBytes"/>.</summary>
    public GzipCompressionProvider(CompressionLevel defaultCompressionLevel) : this(defaultCompressionLevel, BoundedInflateStream.DefaultMaxBytes) { }

    /// <inheritdoc/>
    public string EncodingName => "gzip";

    /// <inheritdoc/>
    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new GZipStream(stream, compressionLevel ?? defaultCompressionLevel, leaveOpen: true);

    /// <inheritdoc/>
    public Stream CreateDecompressionStream(Stream stream) =>
        new BoundedInflateStream(new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true), maxInflatedBytes);
}

/// <summary>Compression with deflate, which on the wire means the zlib format. What it inflates is bounded like gzip's.</summary>
public sealed class DeflateCompressionProvider(CompressionLevel defaultCompressionLevel, long maxInflatedBytes) : ICompressionProvider
{
    /// <summary>Inflates up to <see cref="BoundedInflateStream.DefaultMaxBytes"/>.</summary>
    public DeflateCompressionProvider(CompressionLevel defaultCompressionLevel) : this(defaultCompressionLevel, BoundedInflateStream.DefaultMaxBytes) { }

    /// <inheritdoc/>
    public string EncodingName => "deflate";

    /// <inheritdoc/>
    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new ZLibStream(stream, compressionLevel ?? defaultCompressionLevel, leaveOpen: true);

    /// <inheritdoc/>
    public Stream CreateDecompressionStream(Stream stream) =>
        new BoundedInflateStream(new ZLibStream(stream, CompressionMode.Decompress, leaveOpen: true), maxInflatedBytes);
}
