using IncidentTracker.Simulator;

namespace IncidentTracker.Partners.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("simulator");
    private readonly StringWriter _console = new();

    public void Dispose()
    {
        _console.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_plan_makes_every_party_known_to_the_hub_under_a_new_key()
    {
        var settings = Path.Combine(_folder.FullName, "settings.json");

        Assert.Equal(0, await RunAsync("plan", Stories.PathOf("sc01"), "--out", Path.Combine(_folder.FullName, "clock.json"), "--settings", settings));

        var key = DemoFiles.KeyOf("HTL", await File.ReadAllTextAsync(settings));
        Assert.StartsWith("dev-HTL-", key, StringComparison.Ordinal);
        Assert.Equal(8 + 32, key!.Length);
    }

    [Fact]
    public async Task Speaking_partners_are_listed_in_the_order_of_their_first_word()
    {
        await RunAsync("partners", Stories.PathOf("sc05"));

        Assert.Equal(["IH", "XB", "CQ", "CU"], _console.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("dance")]
    [InlineData("plan")]
    [InlineData("plan", "no-such-file.json", "--out", "x")]
    [InlineData("plan", "scenarios/sc01.json", "--fast", "1")]
    [InlineData("plan", "scenarios/sc01.json", "--out")]
    [InlineData("plan", "scenarios/sc01.json", "--out", "x", "--speed", "0")]
    public async Task A_command_line_that_makes_no_sense_is_not_carried_out(params string[] typed) =>
        await Assert.ThrowsAsync<WrongCommand>(() => RunAsync([.. typed.Select(word => word.StartsWith("scenarios/", StringComparison.Ordinal) ? Stories.PathOf("sc01") : word)]));

    [Fact]
    public async Task Help_names_every_command()
    {
        Assert.Equal(0, await RunAsync("--help"));
        Assert.All(["check", "partners", "plan", "play", "link"], command => Assert.Contains($"simulator {command} ", _console.ToString(), StringComparison.Ordinal));
    }

    private Task<int> RunAsync(params string[] typed) => Commands.RunAsync(typed, _console, TimeProvider.System, CancellationToken.None);
}
