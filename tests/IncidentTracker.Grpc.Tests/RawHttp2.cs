using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace IncidentTracker.RpcTests;

/// <summary>One HTTP/2 frame.</summary>
internal sealed record RawFrame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;

    /// <summary>The error code of a reset or a goodbye.</summary>
    public uint Error => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == GoAway ? 4 : 0));
}

/// <summary>A connection that speaks HTTP/2 only as well as a test wants.</summary>
internal sealed class RawHttp2 : IDisposable
{
    private readonly TcpClient _tcp = new();

    private NetworkStream Stream => _tcp.GetStream();

    public static async Task<RawHttp2> ConnectAsync(Uri address, int? initialWindow = null, bool greet = true)
    {
        var raw = new RawHttp2();
        await raw._tcp.ConnectAsync(address.Host, address.Port);
        if (!greet) return raw;

        await raw.Stream.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        await raw.SendAsync(RawFrame.Settings, 0, 0, initialWindow is { } window ? [0, 4, .. BigEndian(window)] : []);
        return raw;
    }

    public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, .. BigEndian(stream), .. payload];
        await Stream.WriteAsync(frame);
    }

    /// <summary>Opens a gRPC call; further headers are sent as they are, spelling included.</summary>
    public Task OpenAsync(int stream, string path, params (string Name, string Value)[] headers)
    {
        (string, string)[] all =
            [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "hub"), ("content-type", "application/grpc"), ("te", "trailers"), .. headers];
        return SendAsync(RawFrame.Headers, 0x4, stream, [.. all.SelectMany(header => Literal(header.Item1, header.Item2))]);
    }

    public Task SendMessageAsync(int stream, byte[] frame, bool last) => SendAsync(RawFrame.Data, (byte)(last ? 1 : 0), stream, frame);

    /// <summary>The next frame, or null when the server closed the connection.</summary>
    public async Task<RawFrame?> ReadAsync(CancellationToken stop)
    {
        try
        {
            var header = new byte[9];
            await Stream.ReadExactlyAsync(header, stop);
            var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await Stream.ReadExactlyAsync(payload, stop);
            return new RawFrame(header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Frames until one that fits; null when the connection ended before.</summary>
    public async Task<RawFrame?> ReadUntilAsync(Func<RawFrame, bool> fits, TimeSpan within)
    {
        using var stop = new CancellationTokenSource(within);
        while (await ReadAsync(stop.Token) is { } frame)
        {
            if (fits(frame)) return frame;
        }
        return null;
    }

    public void Dispose() => _tcp.Dispose();

    /// <summary>A header that is neither compressed nor remembered.</summary>
    private static byte[] Literal(string name, string value) => [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
