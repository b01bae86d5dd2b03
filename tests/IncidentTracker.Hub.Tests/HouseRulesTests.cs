using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using IncidentTracker.Domain;

namespace IncidentTracker.HubTests;

/// <summary>What keeps the house in order, and would otherwise be noticed too late.</summary>
public sealed partial class HouseRulesTests
{
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["Grpc.Core.Api"] = [],
        ["Grpc.Net.Common"] = ["Grpc.Core.Api"],
        ["IncidentTracker.Protocol"] = ["Grpc.Core.Api"],
        ["IncidentTracker.Domain"] = [],
        ["IncidentTracker.Hub"] = ["IncidentTracker.Domain", "IncidentTracker.Protocol", "Grpc.Core.Api", "Grpc.Net.Common"],
        ["partners"] = ["IncidentTracker.Sdk", "IncidentTracker.Protocol", "Grpc.Core.Api", "Grpc.Net.Common"],
    };

    // Files that are long for a reason, each with the reason.
    private static readonly Dictionary<string, string> MayBeLong = [];

    [Fact]
    public void Projects_reference_each_other_only_along_the_arrows()
    {
        var wrong = new List<string>();
        foreach (var project in Files("src", ".csproj").Concat(Files("partners", ".csproj")))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var allowed = project.StartsWith("partners/", StringComparison.Ordinal) ? MayReference["partners"] : MayReference[name];
            var references = XDocument.Load(Full(project)).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            wrong.AddRange(references.Except(allowed).Select(reference => $"{name} -> {reference}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_domain_knows_nothing_but_moments_and_the_framework()
    {
        var known = typeof(Fold).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name!).Where(name => !name.StartsWith("System", StringComparison.Ordinal));

        Assert.Equal(["NodaTime"], known);
    }

    [Fact]
    public void Only_the_folder_Data_speaks_to_a_database_driver()
    {
        // Program.cs hands the connection to the engine; Starting.cs tells an operator whose exception it was, by name alone.
        var speakers = Files("src/IncidentTracker.Hub", ".cs").Where(file => !file.Contains("/Data/", StringComparison.Ordinal) && Driver().IsMatch(File.ReadAllText(Full(file))));

        Assert.Empty(speakers);
    }

    [Fact]
    public void Every_refusal_has_a_code_of_its_own()
    {
        var codes = Refusals.All.Select(refusal => refusal.Code).ToArray();

        Assert.Equal(codes.Distinct(), codes);
        Assert.All(codes, code => Assert.Matches("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", code));
    }

    [Fact]
    public void No_source_file_is_longer_than_three_hundred_lines()
    {
        var tooLong = Sources().Where(file => !MayBeLong.ContainsKey(file) && File.ReadLines(Full(file)).Count() > 300);

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Namespaces_are_used_in_order_and_those_of_the_framework_first()
    {
        var wrong = new List<string>();
        foreach (var file in Sources())
        {
            var used = File.ReadLines(Full(file)).TakeWhile(line => line.Length == 0 || line[0] is '#' or '/' || line.StartsWith("using ", StringComparison.Ordinal))
                .Where(line => line.StartsWith("using ", StringComparison.Ordinal)).Select(line => line["using ".Length..].TrimEnd(';')).ToArray();
            var ordered = used.OrderBy(name => name.Contains('=') ? 2 : name.StartsWith("static ", StringComparison.Ordinal) ? 1 : 0)
                .ThenBy(name => Framework().IsMatch(name) ? 0 : 1).ThenBy(name => name, StringComparer.OrdinalIgnoreCase);
            if (!used.SequenceEqual(ordered)) wrong.Add(file);
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Nothing_in_the_repository_names_the_machine_or_the_package_source_it_was_made_with()
    {
        var tell = new List<string>();
        foreach (var file in Tracked().Where(file => !file.EndsWith(".png", StringComparison.Ordinal) && !file.EndsWith(".binpb", StringComparison.Ordinal) && !file.EndsWith(".snk", StringComparison.Ordinal)))
        {
            var number = 0;
            foreach (var line in File.ReadLines(Full(file)))
            {
                number++;
                if (OfTheMachine().IsMatch(line)) tell.Add($"{file}:{number}: {line.Trim()[..Math.Min(line.Trim().Length, 120)]}");
            }
        }

        Assert.Empty(tell);
    }

    [Fact]
    public void A_missing_PostgreSQL_is_a_failure()
    {
        var start = new ProcessStartInfo("/bin/bash", [Full("tests/with-postgres"), "true"]) { RedirectStandardError = true };
        start.Environment["PATH"] = "/nonexistent";
        start.Environment["PG_BIN"] = "/nonexistent";

        using var script = Process.Start(start)!;
        var said = script.StandardError.ReadToEnd();
        script.WaitForExit();

        Assert.NotEqual(0, script.ExitCode);
        Assert.Contains("no PostgreSQL server", said, StringComparison.Ordinal);
    }

    private static string Full(string file) => Path.Combine(Outside.Root, file);

    private static IEnumerable<string> Sources() => Files("src", ".cs").Concat(Files("partners", ".cs")).Concat(Files("tests", ".cs"));

    private static IEnumerable<string> Files(string folder, string ending) =>
        Tracked().Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal) && file.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>The files of the repository, without what is built or installed.</summary>
    private static IEnumerable<string> Tracked() => Directory.EnumerateFiles(Outside.Root, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Outside.Root, file).Replace('\\', '/'))
        .Where(file => !Built().IsMatch(file));

    [GeneratedRegex(@"(^|/)(artifacts|node_modules|bin|obj|data|\.git|\.vs|\.idea|__pycache__)(/|$)|\.user$|\.db(-\w+)?$")]
    private static partial Regex Built();

    [GeneratedRegex(@"^(static )?System(\.|$)")]
    private static partial Regex Framework();

    [GeneratedRegex(@"using (Npgsql|Microsoft\.Data\.Sqlite)|\b(Npgsql|Sqlite)(Connection|Command|DataSource|Exception|Parameter)\b|UseNpgsql|UseSqlite")]
    private static partial Regex Driver();

    // Home folders, this machine's working folder, and addresses of package sources.
    [GeneratedRegex(@"(?<![\w.$}~-])/(work|home|root)/[a-z][\w-]*/|[A-Z]:\\\\?Users\\|https?://[^\s""']*(nuget|artifactory|nexus|pypi|npmjs)[^\s""']*/(v3|api|simple|repository)/", RegexOptions.IgnoreCase)]
    private static partial Regex OfTheMachine();
}
