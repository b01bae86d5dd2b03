using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IncidentTracker.Web;
using Microsoft.Data.Sqlite;

namespace IncidentTracker.HubTests;

/// <summary>The program as an operator starts it, wrong.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hub-start-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Help_lists_the_settings_with_their_defaults()
    {
        var (exitCode, output, errors) = await StartAsync("--help");

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.StartsWith("Usage:", output, StringComparison.Ordinal);
        Assert.Contains("\"Connection\": \"Data Source=data/hub.db\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no setting \"Databse:Engine\". --help lists them all.", "--Databse:Engine=Postgres")]
    [InlineData("There is no setting \"verbose\". --help lists them all.", "--verbose")]
    [InlineData("BatchSize must be between 1 and 10000", "--Ingest:BatchSize=0")]
    [InlineData("MaxMessageBytes must be between", "--Rpc:MaxMessageBytes=1")]
    [InlineData("'lots' at 'Ingest:Queue'", "--Ingest:Queue=lots")]
    [InlineData("'Oracle' at 'Database:Engine'", "--Database:Engine=Oracle")]
    [InlineData("Database:Connection: ", "--Database:Connection=hub.db")]
    [InlineData("Doors: \"https://127.0.0.1:5080/\" is not an address such as http://127.0.0.1:5080.", "--Doors:Web=https://127.0.0.1:5080")]
    [InlineData("Doors:PublicUrl: \"bags.example.com\" is not an address such as https://bags.example.com.", "--Doors:PublicUrl=bags.example.com")]
    [InlineData("others can reach", "--Development:Partners:0:Id=XB", "--Development:Partners:0:Key=0123456789abcdef", "--Doors:Web=http://0.0.0.0:5080")]
    [InlineData("Doors:PublicUrl is missing", "--Mail:Host=mail.example", "--Mail:From=hub@example.com", "--Doors:Web=http://0.0.0.0:5080")]
    [InlineData("Remove Kestrel:Endpoints", "--Settings=KESTREL")]
    [InlineData("none.json", "--Settings=none.json")]
    [InlineData("none.json", "--Development:ClockFile=none.json")]
    public async Task A_wrong_setting_stops_the_start_with_one_sentence(string sentence, params string[] settings)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{ "Kestrel": { "Endpoints": { "Other": { "Url": "http://0.0.0.0:0" } } } }""");

        var (exitCode, output, errors) = await StartAsync([.. settings.Select(setting => setting.Replace("KESTREL", file, StringComparison.Ordinal))]);

        File.Delete(file);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("The hub cannot start. ", errors, StringComparison.Ordinal);
        Assert.Contains(sentence, errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_database_that_cannot_be_opened_stops_it_too()
    {
        var (exitCode, _, errors) = await StartAsync("--Database:Connection=Data Source=hub.db;Mode=ReadOnly");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("The hub cannot start. The database cannot be used: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var (exitCode, _, errors) = await StartAsync($"--Doors:Web=http://{other.LocalEndpoint}", "--Doors:Grpc=http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.Contains($"{other.LocalEndpoint}: address already in use", errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_database_of_a_newer_hub_is_left_alone()
    {
        await using (var database = new SqliteConnection($"Data Source={_folder}/hub.db"))
        {
            await database.OpenAsync();
            await using var command = database.CreateCommand();
            command.CommandText = "CREATE TABLE schema_steps (name TEXT NOT NULL PRIMARY KEY); INSERT INTO schema_steps VALUES ('9999-later');";
            await command.ExecuteNonQueryAsync();
        }

        var (exitCode, _, errors) = await StartAsync("--Database:Connection=Data Source=hub.db");

        Assert.Equal(1, exitCode);
        Assert.Contains("A newer hub has upgraded this database (9999-later).", errors, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Output, string Errors)> StartAsync(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Help).Assembly.Location, .. args])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var hub = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            var output = hub.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = hub.StandardError.ReadToEndAsync(patience.Token);
            await hub.WaitForExitAsync(patience.Token);
            return (hub.ExitCode, await output, await errors);
        }
        finally
        {
            if (!hub.HasExited) hub.Kill();
        }
    }
}
