using System.Diagnostics;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using IncidentTracker.Rpc;
using Microsoft.Extensions.Logging;

namespace IncidentTracker.RpcTests;

/// <summary>Bytes that no honest client sends. Every answer is clear, and none of them wakes an operator.</summary>
public sealed class HostileWireTests
{
    private const int MiB = 1024 * 1024;

    private static readonly byte[] Good = Wire.Frame(new SimpleRequest());

    [Fact]
    public async Task A_message_over_the_limit_is_refused_as_too_large()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Wire.Frame(Wire.Field(3, new byte[4 * MiB])));

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task An_unknown_compression_is_not_implemented()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Wire.Frame([1, 2, 3], flag: 1), headers: ("grpc-encoding", "zstd"));

        Assert.Equal(StatusCode.Unimplemented, answer.Status);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_compressed_message_without_an_encoding_is_refused()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Wire.Frame(Wire.Gzip([]), flag: 1));

        Assert.Equal(StatusCode.Internal, answer.Status);
        host.MustBeQuiet();
    }

    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "flag 2", Wire.Frame([], flag: 2) },
        { "flag 7", Wire.Frame([1, 2, 3], flag: 7) },
        { "flag 255", Wire.Frame([], flag: 255) },
        { "half a header", [0, 0, 0] },
        { "less than announced", [0, 0, 0, 0, 10, 8, 1] },
        { "tag zero", Wire.Frame([0, 0]) },
        { "a length past the end", Wire.Frame([0x1A, 0x7F, 1]) },
        { "a varint without end", Wire.Frame([.. Enumerable.Repeat((byte)0xFF, 32)]) },
        { "an end without a group", Wire.Frame([0x0C]) },
        { "20,000 nested groups", Wire.Frame([.. Enumerable.Repeat((byte)0x7B, 20_000)]) },
        { "text", Wire.Text("GET / HTTP/1.1\r\nHost: hub\r\n\r\n") },
    };

    /// <summary>Fields that only the unary request has.</summary>
    public static TheoryData<string, byte[]> UnaryGarbage => new()
    {
        { "nested groups inside a known message", Wire.Frame(Wire.Field(3, [.. Enumerable.Repeat((byte)0x7B, 20_000)])) },
        { "text that is not UTF-8", Wire.Frame(Wire.Field(7, Wire.Field(2, [0xC3, 0x28]))) },
        { "text cut within a letter", Wire.Frame(Wire.Field(7, Wire.Field(2, [0xE2, 0x82]))) },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    [MemberData(nameof(UnaryGarbage))]
    public async Task Garbage_is_an_invalid_argument_and_one_quiet_line(string what, byte[] body)
    {
        await using var host = await RpcHost.StartAsync();
        Assert.NotNull(what);

        var answer = await Wire.PostAsync(host, body);

        Assert.Equal(StatusCode.InvalidArgument, answer.Status);
        Assert.Equal(Malformed.Reason, answer.Reason);
        var line = Assert.Single(host.Log, line => line.Level >= LogLevel.Information && line.Category.StartsWith("IncidentTracker", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Information, line.Level);
        Assert.Null(line.Failure);
        host.MustBeQuiet();
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_on_a_stream_ends_it_the_same_way(string what, byte[] body)
    {
        await using var host = await RpcHost.StartAsync();
        Assert.NotNull(what);

        var answer = await Wire.PostAsync(host, [.. Wire.Frame(new StreamingInputCallRequest { Payload = new() }), .. body], Wire.InputPath);

        Assert.Equal(StatusCode.InvalidArgument, answer.Status);
        Assert.Equal(Malformed.Reason, answer.Reason);
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Damaged_compression_is_an_invalid_argument(string encoding)
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Wire.Frame(Wire.Text("this was never compressed"), flag: 1), headers: ("grpc-encoding", encoding));

        Assert.Equal(StatusCode.InvalidArgument, answer.Status);
        Assert.Equal(Malformed.Reason, answer.Reason);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Random_bytes_never_end_in_an_unknown_status()
    {
        await using var host = await RpcHost.StartAsync();
        var random = new Random(20_261_121);

        for (var round = 0; round < 300; round++)
        {
            var body = new byte[random.Next(0, 64)];
            random.NextBytes(body);
            if (round % 2 == 0) body = Wire.Frame(body);

            var answer = await Wire.PostAsync(host, body, round % 3 == 0 ? Wire.DuplexPath : Wire.UnaryPath);

            Assert.NotNull(answer.Status);
            Assert.NotEqual(StatusCode.Unknown, answer.Status);
        }
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Text_in_any_script_is_welcome()
    {
        await using var host = await RpcHost.StartAsync();
        var request = new SimpleRequest { ResponseStatus = new() { Code = 0, Message = "Gepäck, bagage, 行李, 🧳 \uFFFD" }, Payload = new() { Body = ByteString.CopyFrom(0xFF, 0xC3) } };

        var answer = await Wire.PostAsync(host, Wire.Frame(request));

        Assert.Equal(StatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task Two_messages_in_a_unary_call_are_refused()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, [.. Good, .. Good]);

        Assert.Equal(StatusCode.Internal, answer.Status);
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData(5, 4_000)]
    [InlineData(100, 1)]
    [InlineData(10, 4_000)]
    [InlineData(150, 1)]
    public async Task Too_much_metadata_is_refused(int headers, int length)
    {
        var called = false;
        await using var host = await RpcHost.StartAsync(new Puppet { Unary = (_, _) => { called = true; return Task.FromResult(new SimpleResponse()); } });

        // Up to twice the limit there is an answer; beyond it, or when the answer comes too late, the connection ends.
        var answer = await Record.ExceptionAsync(async () =>
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await Wire.PostAsync(host, Good, headers: Headers(headers, length))).Http));

        Assert.True(answer is null or HttpRequestException, answer?.ToString());
        Assert.False(called);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Another_content_type_is_refused()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Good, contentType: "application/json");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Http);
    }

    [Theory]
    [InlineData("/grpc.testing.TestService/NoSuchMethod")]
    [InlineData("/no.such.Service/Method")]
    public async Task An_unknown_method_is_unimplemented_and_told_nothing_else(string path)
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Good, path);

        Assert.Equal(StatusCode.Unimplemented, answer.Status);
        Assert.DoesNotContain("UnaryCall", answer.Message, StringComparison.Ordinal);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Ten_thousand_unknown_fields_are_read_past_quickly()
    {
        await using var host = await RpcHost.StartAsync();
        var body = Wire.Frame([.. Enumerable.Range(1_000, 10_000).SelectMany(number => Wire.Field(number, [0xC3, 0x28]))]);
        await Wire.PostAsync(host, body);

        var watch = Stopwatch.StartNew();
        var answer = await Wire.PostAsync(host, body);

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMilliseconds(500)); // 2 ms alone; other tests run beside it
    }

    private static (string, string)[] Headers(int count, int length) => [.. Enumerable.Range(0, count).Select(i => ($"x-more-{i}", new string('a', length)))];
}
