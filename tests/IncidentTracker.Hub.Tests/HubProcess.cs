using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;

namespace IncidentTracker.HubTests;

/// <summary>
/// The hub as its users start it: a process of its own with real time, on free ports, with an empty database. For what has
/// to come from outside, such as clients in other languages and the files of the container image.
/// </summary>
internal sealed partial class HubProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-process-");
    private readonly ConcurrentQueue<string> _said = [];
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Uri> _doors = [];
    private Process? _process;
    private string? _ownDatabase;

    private HubProcess() { }

    public Uri Web => _doors[0];

    public Uri Grpc => _doors[1];

    /// <summary>What the hub has written so far.</summary>
    public string Said => string.Join(Environment.NewLine, _said);

    /// <summary>Starts the hub that lies beside the tests, or another one; settings are given as environment variables.</summary>
    public static async Task<HubProcess> StartAsync(IEnumerable<KeyValuePair<string, string>> settings, string? program = null)
    {
        var hub = new HubProcess();
        try
        {
            await hub.RunAsync(settings, program ?? Path.Combine(AppContext.BaseDirectory, "IncidentTracker.Hub.dll"));
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
        if (_ownDatabase is { } database) await OnServerAsync($"DROP DATABASE \"{database}\" WITH (FORCE)");
        _folder.Delete(recursive: true);
    }

    private async Task RunAsync(IEnumerable<KeyValuePair<string, string>> settings, string program)
    {
        var start = new ProcessStartInfo("dotnet", [program]) { WorkingDirectory = Path.GetDirectoryName(program)!, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        (start.Environment["Doors__Web"], start.Environment["Doors__Grpc"]) = (AnyPort(start, "Doors__Web"), AnyPort(start, "Doors__Grpc"));
        (start.Environment["Database__Engine"], start.Environment["Database__Connection"]) = await DatabaseAsync();

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _process.StandardInput.Close();

        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(_listening.Task, ended, Task.Delay(Patience)) != _listening.Task)
            Assert.Fail($"The hub {(ended.IsCompleted ? $"ended with {_process.ExitCode}" : "does not listen")}:{Environment.NewLine}{Said}");
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        _said.Enqueue(line);
        if (ListeningOn().Match(line) is not { Success: true } door) return;
        _doors.Add(new(door.Groups[1].Value.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)));
        if (_doors.Count == 2) _listening.TrySetResult();
    }

    // The address that was asked for, on a port that is free.
    private static string AnyPort(ProcessStartInfo start, string name) =>
        new UriBuilder(start.Environment.TryGetValue(name, out var address) ? address! : "http://127.0.0.1") { Port = 0 }.Uri.ToString();

    private async Task<(string Engine, string Connection)> DatabaseAsync()
    {
        if (Environment.GetEnvironmentVariable("TEST_POSTGRES") is not { Length: > 0 } server) return ("Sqlite", $"Data Source={Path.Combine(_folder.FullName, "hub.db")}");

        var name = "process_" + Guid.NewGuid().ToString("N");
        await OnServerAsync($"CREATE DATABASE \"{name}\"");
        _ownDatabase = name;
        return ("Postgres", new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString);
    }

    private static async Task OnServerAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Environment.GetEnvironmentVariable("TEST_POSTGRES")!);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex("Now listening on: (http://[0-9.:]+)")]
    private static partial Regex ListeningOn();
}
