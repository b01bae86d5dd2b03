using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IncidentTracker.HubTests;

/// <summary>
/// The files of the container, without a container: what they say is looked at, and what they would run is run. Building
/// the hub once more takes its time, so ./test gives them a step of their own.
/// </summary>
[Trait("Category", "Image")]
public sealed partial class ContainerTests
{
    private static readonly string Dockerfile = Path.Combine(Outside.Root, "Dockerfile");
    private static readonly string ComposeFile = Path.Combine(Outside.Root, "docker-compose.yml");

    [Fact]
    public void The_image_does_not_run_as_root()
    {
        Assert.Equal("$APP_UID", Instructions("USER").Last());
    }

    [Fact]
    public async Task Docker_compose_starts_the_hub_once_its_database_answers()
    {
        using var compose = await ComposeAsync();

        var hub = compose.RootElement.GetProperty("services").GetProperty("hub");
        var database = compose.RootElement.GetProperty("services").GetProperty("database");
        Assert.Equal(".", hub.GetProperty("build").GetString());
        Assert.Equal(["127.0.0.1:5080:5080", "127.0.0.1:5081:5081"], hub.GetProperty("ports").EnumerateArray().Select(port => port.GetString()));
        Assert.Equal("service_healthy", hub.GetProperty("depends_on").GetProperty("database").GetProperty("condition").GetString());
        Assert.Equal("postgres:15", database.GetProperty("image").GetString());
        Assert.Equal("pg_isready", database.GetProperty("healthcheck").GetProperty("test")[1].GetString());
    }

    [Fact]
    public async Task The_hub_and_the_database_of_docker_compose_agree_on_the_credentials()
    {
        using var compose = await ComposeAsync();

        var hub = EnvironmentOf(compose, "hub")["Database__Connection"].Split(';').Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        var database = EnvironmentOf(compose, "database");
        Assert.Equal("database", hub["Host"]);
        Assert.Equal((database["POSTGRES_DB"], database["POSTGRES_USER"], database["POSTGRES_PASSWORD"]), (hub["Database"], hub["Username"], hub["Password"]));
    }

    [Fact]
    public async Task No_development_key_gets_into_a_container()
    {
        using var compose = await ComposeAsync();

        Assert.DoesNotContain(EnvironmentOf(compose, "hub").Keys.Concat(ImageEnvironment().Keys), name => name.StartsWith("Development", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_commands_of_the_image_build_a_hub_that_becomes_ready_and_healthy()
    {
        var folder = Directory.CreateTempSubdirectory("image-");
        try
        {
            var (source, app) = (folder.CreateSubdirectory("source").FullName, Path.Combine(folder.FullName, "app"));
            foreach (var files in Instructions("COPY").Where(files => !files.StartsWith("--from", StringComparison.Ordinal)))
                await ShellAsync(Outside.Root, $"cp -r {files[..files.LastIndexOf(' ')]} '{source}/{files[(files.LastIndexOf(' ') + 1)..]}'");
            foreach (var command in Instructions("RUN").Where(command => command.StartsWith("dotnet ", StringComparison.Ordinal)))
                await ShellAsync(source, command.Replace("/app", app, StringComparison.Ordinal));

            using var compose = await ComposeAsync();
            var settings = ImageEnvironment();
            foreach (var (name, value) in EnvironmentOf(compose, "hub")) settings[name] = value;
            await using var hub = await HubProcess.StartAsync(settings, Path.Combine(app, Program()));

            using var browser = new HttpClient { BaseAddress = hub.Web };
            Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(new Uri("/healthz/ready", UriKind.Relative))).StatusCode);
            await ShellAsync(app, HealthCheck().Replace("/5080", $"/{hub.Web.Port}", StringComparison.Ordinal));
            Assert.Equal(2, Regex.Count(hub.Said, "Now listening on: http://0\\.0\\.0\\.0:"));
            Assert.DoesNotContain("Overriding address", hub.Said, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What stands behind an instruction of the Dockerfile, each time it is used.</summary>
    private static IEnumerable<string> Instructions(string name) =>
        ContinuedLine().Replace(File.ReadAllText(Dockerfile), " ").Split('\n')
            .Where(line => line.StartsWith(name + ' ', StringComparison.Ordinal))
            .Select(line => line[(name.Length + 1)..].Trim());

    private static Dictionary<string, string> ImageEnvironment() =>
        Instructions("ENV").SelectMany(line => Setting().Matches(line)).ToDictionary(setting => setting.Groups[1].Value, setting => setting.Groups[2].Value.Trim('"'));

    private static string Program() => JsonSerializer.Deserialize<string[]>(Instructions("ENTRYPOINT").Single()) is ["dotnet", var program] ? program : throw new InvalidDataException("The image does not start the hub.");

    private static string HealthCheck()
    {
        var check = Instructions("HEALTHCHECK").Single();
        return JsonSerializer.Deserialize<string[]>(check[(check.IndexOf("CMD ", StringComparison.Ordinal) + 4)..]) is ["bash", "-c", var script] ? script : throw new InvalidDataException("The image has no health check.");
    }

    /// <summary>The compose file with the default of each variable, as JSON.</summary>
    private static async Task<JsonDocument> ComposeAsync()
    {
        const string Script = "console.log(JSON.stringify(require(process.argv[1]).parse(require('fs').readFileSync(process.argv[2], 'utf8'))))";
        var json = await Outside.RunAsync("node", "-e", Script, Path.Combine(Outside.Foreign, "node", "node_modules", "yaml"), ComposeFile);
        return JsonDocument.Parse(DefaultOfVariable().Replace(json, "$1"));
    }

    private static Dictionary<string, string> EnvironmentOf(JsonDocument compose, string service) =>
        compose.RootElement.GetProperty("services").GetProperty(service).GetProperty("environment").EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.GetString()!);

    private static async Task ShellAsync(string folder, string script)
    {
        var (exitCode, output) = await Outside.TryAsync(new("bash", ["-c", script])
        {
            WorkingDirectory = folder,
            // Nothing of the build may outlive the test.
            Environment = { ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0" },
        });
        Assert.True(exitCode == 0, $"{script} ended with {exitCode}:{Environment.NewLine}{output}");
    }

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex ContinuedLine();

    [GeneratedRegex(@"(\w+)=(""[^""]*""|\S*)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\$\{\w+:-([^}]*)\}")]
    private static partial Regex DefaultOfVariable();
}
