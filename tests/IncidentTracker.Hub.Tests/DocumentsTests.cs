using System.Text.RegularExpressions;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using IncidentTracker.Web;
using Microsoft.Extensions.Configuration;

namespace IncidentTracker.HubTests;

/// <summary>What the documents say of the program, compared with the program.</summary>
public sealed partial class DocumentsTests
{
    private static readonly string Readme = Read("README.md");
    private static readonly string Contract = Read("protos/README.md");

    public static TheoryData<string> Refusals => [.. Domain.Refusals.All.Select(refusal => refusal.Code)];

    [Theory]
    [MemberData(nameof(Refusals))]
    public void The_contract_lists_every_refusal_with_its_status(string code)
    {
        var refusal = Domain.Refusals.All.Single(refusal => refusal.Code == code);
        var grpc = Regex.Replace(UpdateResults.CodeOf(refusal.Kind).ToString(), "(?<=[a-z])(?=[A-Z])", "_").ToUpperInvariant();

        Assert.Contains($"| `{code}` | {grpc} | {Problems.StatusOf(refusal.Kind)} |", Contract, StringComparison.Ordinal);
    }

    [Fact]
    public void The_contract_lists_every_status_code_as_it_is() => Assert.All(CodeLists.StatusCodes, status =>
        Assert.Contains($"| `{status.Code}` | {status.Meaning} | {JsonName(status.Phase)} |", Contract, StringComparison.Ordinal));

    [Fact]
    public void The_contract_lists_every_code_of_the_hubs_own_and_every_mark()
    {
        Assert.All(CodeLists.Reserved, reserved => Assert.Contains($"| `{reserved.Code}` | {reserved.Meaning} |", Contract, StringComparison.Ordinal));
        Assert.All(UpdateResults.Names((Marks)int.MaxValue), mark => Assert.Contains($"| `{mark}` |", Contract, StringComparison.Ordinal));
    }

    [Fact]
    public void The_readme_lists_every_setting_with_its_default() => Assert.All(SettingsTests.File.AsEnumerable().Where(setting => !setting.Key.StartsWith("Logging", StringComparison.Ordinal) && setting.Key.Contains(':')), setting =>
        Assert.Contains($"| `{setting.Key}` | {(string.IsNullOrEmpty(setting.Value) ? "none" : $"`{setting.Value}`")} |", Readme, StringComparison.Ordinal));

    [Fact]
    public void Every_test_that_proves_a_promise_exists()
    {
        var proofs = Proof().Matches(Readme);

        Assert.NotEmpty(proofs);
        Assert.All(proofs, proof => Assert.Contains(
            Directory.EnumerateFiles(Path.Combine(Outside.Root, "tests"), proof.Groups[1].Value + ".cs", SearchOption.AllDirectories),
            file => File.ReadAllText(file).Contains($" {proof.Groups[2].Value}(", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("protos/README.md")]
    [InlineData("src/README.md")]
    public void Links_lead_somewhere(string document) => Assert.All(Link().Matches(Read(document)), link =>
        Assert.True(File.Exists(Path.Combine(Outside.Root, Path.GetDirectoryName(document)!, link.Groups[1].Value)), link.Value));

    private static string Read(string document) => File.ReadAllText(Path.Combine(Outside.Root, document));

    private static string JsonName<T>(T value) where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(value.ToString());

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex Proof();

    [GeneratedRegex(@"\]\(([^)#:]+)\)")]
    private static partial Regex Link();
}
