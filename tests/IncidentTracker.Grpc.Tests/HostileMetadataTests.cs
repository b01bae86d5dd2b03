using Grpc.Core;
using Grpc.Testing;

namespace IncidentTracker.RpcTests;

/// <summary>Headers that no honest client sends.</summary>
public sealed class HostileMetadataTests
{
    private static readonly byte[] Good = Wire.Frame(new SimpleRequest());

    [Theory]
    [InlineData("x-trace-bin", "not base64!")]
    [InlineData("x-trace-bin", "QUJD,REVG")]
    [InlineData("x-trace-bin", "A")]
    [InlineData("x-trace-bin", "====")]
    [InlineData("x!trace", "text")]
    [InlineData("x|trace", "text")]
    [InlineData("grpc-timeout", "soon")]
    [InlineData("grpc-timeout", "10")]
    [InlineData("grpc-timeout", "10x")]
    [InlineData("grpc-timeout", "-5S")]
    [InlineData("grpc-timeout", "123456789S")]
    public async Task Metadata_that_cannot_be_read_is_an_invalid_argument(string name, string value)
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Good, headers: (name, value));

        Assert.Equal((StatusCode.InvalidArgument, "MALFORMED_METADATA"), (answer.Status, answer.Reason));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Two_binary_headers_of_one_name_are_an_invalid_argument()
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Good, headers: [("x-trace-bin", "QUJD"), ("x-trace-bin", "REVG")]);

        Assert.Equal((StatusCode.InvalidArgument, "MALFORMED_METADATA"), (answer.Status, answer.Reason));
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData("QUI=")]
    [InlineData("QUI")]
    [InlineData("")]
    public async Task Base64_may_leave_its_padding_out(string value)
    {
        await using var host = await RpcHost.StartAsync();

        var answer = await Wire.PostAsync(host, Good, headers: ("x-trace-bin", value));

        Assert.Equal(StatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("0S")]
    [InlineData("0n")]
    [InlineData("1n")]
    [InlineData("99n")]
    public async Task A_timeout_of_nothing_has_passed_already(string timeout)
    {
        var called = false;
        await using var host = await RpcHost.StartAsync(new Puppet { Unary = (_, _) => { called = true; return Task.FromResult(new SimpleResponse()); } });

        var answer = await Wire.PostAsync(host, Good, headers: ("grpc-timeout", timeout));

        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status);
        Assert.False(called);
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("99999999H")]
    public async Task A_unary_call_without_a_reasonable_deadline_gets_ours(string? timeout)
    {
        await using var host = await RpcHost.StartAsync(
            new Puppet { Unary = async (_, context) => { await Task.Delay(Timeout.Infinite, context.CancellationToken); return new(); } },
            limits => limits.UnaryTimeLimit = TimeSpan.FromSeconds(1));

        var answer = await Wire.PostAsync(host, Good, headers: timeout is null ? [] : [("grpc-timeout", timeout)]);

        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status);
        host.MustBeQuiet();
    }
}
