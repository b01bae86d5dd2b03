using System.Text;
using Grpc.Core;
using Grpc.Testing;

namespace IncidentTracker.RpcTests;

/// <summary>Headers and trailers: what a list of them promises, and what of it crosses the wire.</summary>
public sealed class MetadataTests
{
    [Fact]
    public void Keys_are_compared_in_lower_case()
    {
        var metadata = new Metadata { { "X-Station", "LHR" } };

        Assert.Equal("x-station", metadata[0].Key);
        Assert.Equal("LHR", metadata.GetValue("X-STATION"));
    }

    [Fact]
    public void The_last_of_several_values_wins_and_all_are_kept()
    {
        var metadata = new Metadata { { "via", "LHR" }, { "via", "AMS" } };

        Assert.Equal("AMS", metadata.GetValue("via"));
        Assert.Equal(["LHR", "AMS"], metadata.GetAll("via").Select(entry => entry.Value));
        Assert.Null(metadata.Get("to"));
    }

    [Fact]
    public void Bytes_need_a_key_that_says_so_and_text_must_not_have_one()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("photo", [1, 2]));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("photo-bin", "text"));
        Assert.True(new Metadata.Entry("photo-bin", [1, 2]).IsBinary);
        Assert.Throws<InvalidOperationException>(() => new Metadata.Entry("photo-bin", [1, 2]).Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("ümlaut")]
    [InlineData("line\nbreak")]
    [InlineData("colon:")]
    public void Keys_hold_no_other_characters(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void An_entry_keeps_its_own_copy_of_the_bytes()
    {
        var bytes = new byte[] { 1, 2 };
        var entry = new Metadata.Entry("photo-bin", bytes);

        bytes[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Equal([1, 2], entry.ValueBytes);
    }

    [Fact]
    public void Nothing_can_be_added_to_empty_metadata()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
        Assert.Throws<InvalidOperationException>(() => new RpcException(Status.DefaultCancelled).Trailers.Add("a", "b"));
    }

    [Fact]
    public async Task Text_and_bytes_cross_the_wire_and_come_back()
    {
        await using var host = await RpcHost.StartAsync();
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();

        using var call = new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(
            new(), new Metadata { { "x-grpc-test-echo-initial", "test_initial" }, { "x-grpc-test-echo-trailing-bin", bytes } });
        await call;

        Assert.Equal("test_initial", (await call.ResponseHeadersAsync).GetValue("x-grpc-test-echo-initial"));
        Assert.Equal(bytes, call.GetTrailers().GetValueBytes("x-grpc-test-echo-trailing-bin"));
    }

    [Fact]
    public async Task A_message_in_any_script_survives_the_status_line()
    {
        await using var host = await RpcHost.StartAsync();
        const string message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(host.Channel()).UnaryCallAsync(
            new SimpleRequest { ResponseStatus = new() { Code = 2, Message = message } }));

        Assert.Equal((StatusCode.Unknown, message), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(Encoding.UTF8.GetByteCount(message), Encoding.UTF8.GetByteCount(failure.Status.Detail));
    }
}
