using System.Diagnostics;

namespace IncidentTracker.HubTests;

/// <summary>./test never passes over what it cannot run: a missing part is a failure with a sentence.</summary>
public sealed class TestCommandTests
{
    [Theory]
    [InlineData("postgres", "PG_BIN", "A PostgreSQL server is missing: PG_BIN is /nonexistent, and it is not there.")]
    [InlineData("image", "PG_BIN", "A PostgreSQL server is missing: PG_BIN is /nonexistent, and it is not there.")]
    [InlineData("foreign", "PYTHON", "Python with grpcio is missing: PYTHON is /nonexistent, and it is not there.")]
    [InlineData("grpc", "PYTHON", "Python with grpcio is missing: PYTHON is /nonexistent, and it is not there.")]
    [InlineData("browser", "CHROMIUM", "Chromium is missing: CHROMIUM is /nonexistent, and it is not there.")]
    public async Task A_missing_part_is_a_failure_that_says_what_is_missing(string step, string variable, string sentence)
    {
        var (exitCode, output) = await RunAsync(new() { ["CI"] = "true", [variable] = "/nonexistent" }, "--only", step);

        Assert.Equal(1, exitCode);
        Assert.Contains(sentence, output, StringComparison.Ordinal);
        Assert.EndsWith("\n0 passed, 1 failed\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_may_not_be_installed_is_named_with_the_command_that_installs_it()
    {
        // A machine with the .NET SDK and the tools of every Debian, and nothing else.
        var bare = Directory.CreateTempSubdirectory("bare-");
        foreach (var tool in (string[])["bash", "cat", "chmod", "dirname", "dotnet", "env", "grep", "id", "mkdir", "mktemp", "rm", "sed", "sleep", "tail", "tr"])
            File.CreateSymbolicLink(Path.Combine(bare.FullName, tool), (await Outside.RunAsync("bash", "-c", $"command -v {tool}")).Trim());
        try
        {
            var (exitCode, output) = await RunAsync(new() { ["PATH"] = bare.FullName }, "--only", "protos", "--no-install");

            Assert.Equal(1, exitCode);
            Assert.Contains("Node.js with npm is missing and could not be installed here; as root: apt-get install nodejs npm", output, StringComparison.Ordinal);
        }
        finally
        {
            bare.Delete(recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        var results = Directory.CreateTempSubdirectory("results-");
        try
        {
            // Its results must not replace those of the run this test is part of.
            var start = new ProcessStartInfo("/bin/bash", [Path.Combine(Outside.Root, "test"), .. arguments]) { Environment = { ["TEST_RESULTS"] = results.FullName } };
            foreach (var (name, value) in environment) start.Environment[name] = value;
            return await Outside.TryAsync(start);
        }
        finally
        {
            if (results.Exists) results.Delete(recursive: true);
        }
    }
}
