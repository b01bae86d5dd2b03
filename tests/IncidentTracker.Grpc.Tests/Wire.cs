using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace IncidentTracker.RpcTests;

/// <summary>What came back for hand-made bytes.</summary>
internal sealed record WireAnswer(HttpStatusCode Http, StatusCode? Status, string Message, Google.Rpc.Status? Details, byte[] Body)
{
    public string? Reason => Details?.Details.Where(any => any.Is(Google.Rpc.ErrorInfo.Descriptor)).Select(any => any.Unpack<Google.Rpc.ErrorInfo>().Reason).FirstOrDefault();
}

/// <summary>A gRPC client that sends whatever bytes a test wants.</summary>
internal static class Wire
{
    public const string UnaryPath = "/grpc.testing.TestService/UnaryCall";
    public const string DuplexPath = "/grpc.testing.TestService/FullDuplexCall";
    public const string InputPath = "/grpc.testing.TestService/StreamingInputCall";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(1) });

    /// <summary>A message with its five bytes in front.</summary>
    public static byte[] Frame(byte[] payload, byte flag = 0)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public static byte[] Gzip(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize)) gzip.Write(bytes);
        return compressed.ToArray();
    }

    public static async Task<WireAnswer> PostAsync(
        RpcHost host, byte[] body, string path = UnaryPath, string contentType = "application/grpc", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));

        using var response = await Http.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        var status = Find(response, "grpc-status");
        return new WireAnswer(
            response.StatusCode,
            status is null ? null : (StatusCode)int.Parse(status, System.Globalization.CultureInfo.InvariantCulture),
            Uri.UnescapeDataString(Find(response, "grpc-message") ?? ""),
            Find(response, "grpc-status-details-bin") is { } details ? Google.Rpc.Status.Parser.ParseFrom(FromBase64(details)) : null,
            answer);
    }

    private static string? Find(HttpResponseMessage response, string name) => First(response.TrailingHeaders, name) ?? First(response.Headers, name);

    private static string? First(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static byte[] FromBase64(string text) => Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));

    /// <summary>One protobuf field of bytes or text, tag and all.</summary>
    public static byte[] Field(int number, byte[] value)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(value));
        }
        return stream.ToArray();
    }

    public static byte[] Text(string ascii) => Encoding.ASCII.GetBytes(ascii);
}
