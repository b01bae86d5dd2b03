using Grpc.Core;

namespace IncidentTracker.RpcTests;

/// <summary>Tests that look at the memory of the whole process, and so run alone.</summary>
[CollectionDefinition(nameof(RunsAlone), DisableParallelization = true)]
public sealed class RunsAlone;

/// <summary>Few bytes that ask for much memory.</summary>
[Collection(nameof(RunsAlone))]
public sealed class HostileMemoryTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(0x00500000u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFFFFFFFu)]
    public async Task An_announced_length_is_not_believed(uint length)
    {
        await using var host = await RpcHost.StartAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var answer = await Wire.PostAsync(host, [0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, 1, 2, 3]);

        Assert.Contains(answer.Status, new StatusCode?[] { StatusCode.ResourceExhausted, StatusCode.InvalidArgument });
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 2 * MiB);
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_small_message_that_inflates_without_end_is_stopped_at_the_limit(string encoding)
    {
        await using var host = await RpcHost.StartAsync();
        var bomb = encoding == "gzip" ? Wire.Gzip(Wire.Field(3, new byte[64 * MiB])) : Deflate(Wire.Field(3, new byte[64 * MiB]));
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var answer = await Wire.PostAsync(host, Wire.Frame(bomb, flag: 1), headers: ("grpc-encoding", encoding));

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 24 * MiB);
        host.MustBeQuiet();
    }

    private static byte[] Deflate(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(compressed, System.IO.Compression.CompressionLevel.SmallestSize)) zlib.Write(bytes);
        return compressed.ToArray();
    }
}
