using System.Diagnostics;

namespace IncidentTracker.RpcTests;

/// <summary>Clients that are not .NET and not ours, against the hardened layer: what they accept is gRPC.</summary>
public sealed class ForeignClientTests
{
    private static readonly string Foreign = Path.Combine(Root(), "tests", "foreign");
    private static readonly string Buf = Path.Combine(Foreign, "node", "node_modules", ".bin", "buf");

    private static readonly string[] Cases =
    [
        "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream", "cancel_after_begin", "cancel_after_first_response",
        "timeout_on_sleeping_server", "custom_metadata", "status_code_and_message", "special_status_message", "unimplemented_method", "unimplemented_service",
        "client_compressed_unary", "server_compressed_unary",
    ];

    [Fact]
    public async Task A_Python_client_passes_the_official_interop_cases()
    {
        await using var host = await RpcHost.StartAsync();

        var output = await RunAsync("/usr/bin/python3", Path.Combine(Foreign, "interop.py"), host.Address.Authority);

        Assert.All(Cases, name => Assert.Contains($"ok {name} ", output, StringComparison.Ordinal));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_Node_client_passes_the_official_interop_cases()
    {
        await using var host = await RpcHost.StartAsync();

        var output = await RunAsync("node", Path.Combine(Foreign, "interop.mjs"), host.Address.Authority);

        Assert.All(Cases, name => Assert.Contains($"ok {name} ", output, StringComparison.Ordinal));
        host.MustBeQuiet();
    }

    [Fact]
    public async Task Buf_lists_the_methods_it_learns_by_reflection()
    {
        await using var host = await RpcHost.StartAsync();

        var output = await RunAsync(Buf, "curl", "--http2-prior-knowledge", "--protocol", "grpc", "--list-methods", host.Address.ToString());

        Assert.Contains("grpc.testing.TestService/FullDuplexCall", output, StringComparison.Ordinal);
        Assert.Contains("grpc.health.v1.Health/Check", output, StringComparison.Ordinal);
        host.MustBeQuiet();
    }

    [Theory]
    [InlineData("grpc-v1")]
    [InlineData("grpc-v1alpha")]
    public async Task Buf_calls_a_method_it_has_no_description_of(string reflection)
    {
        await using var host = await RpcHost.StartAsync();

        var output = await RunAsync(
            Buf, "curl", "--http2-prior-knowledge", "--protocol", "grpc", "--reflect-protocol", reflection,
            "--data", """{"service": "grpc.testing.TestService"}""", new Uri(host.Address, "/grpc.health.v1.Health/Check").ToString());

        Assert.Contains("\"SERVING\"", output, StringComparison.Ordinal);
        host.MustBeQuiet();
    }

    [Fact]
    public async Task A_client_outside_the_official_libraries_reads_our_error_details()
    {
        await using var host = await RpcHost.StartAsync();

        var (exitCode, output) = await TryAsync(
            Buf, "curl", "--http2-prior-knowledge", "--protocol", "grpc",
            "--data", """{"service": "no.such.Service"}""", new Uri(host.Address, "/grpc.health.v1.Health/Check").ToString());

        Assert.NotEqual(0, exitCode);
        Assert.Contains("not_found", output, StringComparison.Ordinal);
        Assert.Contains("google.rpc.ErrorInfo", output, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exitCode, output) = await TryAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:{Environment.NewLine}{output}");
        return output;
    }

    private static async Task<(int ExitCode, string Output)> TryAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            var all = await output + await errors;
            Assert.False(IsMissingPart(all), $"{all}{Environment.NewLine}A part of a foreign client is missing: run ./test once, which installs them.");
            return (process.ExitCode, all);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try { return Process.Start(start)!; }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException($"{start.FileName} is missing: run ./test once, which installs the foreign clients.", missing);
        }
    }

    private static bool IsMissingPart(string output) =>
        output.Contains("ModuleNotFoundError", StringComparison.Ordinal) || output.Contains("Cannot find module", StringComparison.Ordinal) ||
        output.Contains("No such file or directory: 'protoc'", StringComparison.Ordinal);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "IncidentTracker.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
