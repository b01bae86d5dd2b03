using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IncidentTracker.HubTests;

/// <summary>
/// The hub as its users start it: a process of its own with real time, on free ports, with an empty database. For what has
/// to come from outside, such as clients in other languages and the files of the container image.
/// </summary>
internal sealed partial class HubProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<string> _said = [];
    private TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Uri> _doors = [];
    private TestDatabase? _database;
    private bool _ownsDatabase;
    private Process? _process;

    private HubProcess() { }

    public Uri Web => _doors[0];

    public Uri Grpc => _doors[1];

    /// <summary>What the hub has written so far.</summary>
    public string Said => string.Join(Environment.NewLine, _said);

    /// <summary>Starts the hub that lies beside the tests, or another one; settings are given as environment variables. Its database is its own, unless it is somebody else's.</summary>
    public static async Task<HubProcess> StartAsync(IEnumerable<KeyValuePair<string, string>> settings, string? program = null, TestDatabase? on = null)
    {
        var hub = new HubProcess { _database = on, _ownsDatabase = on is null };
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

    public TestDatabase Database => _database!;

    /// <summary>Ends it in the middle of whatever it is doing, as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Stops it where it stands, as a machine does that is out of breath, until it is woken.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    public Task WakeAsync() => SignalAsync("CONT");

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Starts it again on the same database.</summary>
    public async Task StartAgainAsync(IEnumerable<KeyValuePair<string, string>> settings)
    {
        await KillAsync();
        _doors.Clear();
        _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await RunAsync(settings, Path.Combine(AppContext.BaseDirectory, "IncidentTracker.Hub.dll"));
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_ownsDatabase && _database is not null) await _database.DisposeAsync();
    }

    private async Task RunAsync(IEnumerable<KeyValuePair<string, string>> settings, string program)
    {
        var start = new ProcessStartInfo("dotnet", [program]) { WorkingDirectory = Path.GetDirectoryName(program)!, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        (start.Environment["Logging__LogLevel__Default"], start.Environment["Logging__LogLevel__Microsoft.Hosting.Lifetime"]) = ("Warning", "Information");
        foreach (var (name, value) in settings) start.Environment[name] = value;
        (start.Environment["Doors__Web"], start.Environment["Doors__Grpc"]) = (AnyPort(start, "Doors__Web"), AnyPort(start, "Doors__Grpc"));
        _database ??= await TestDatabase.CreateAsync();
        (start.Environment["Database__Engine"], start.Environment["Database__Connection"]) = (_database.EngineName, _database.Connection);

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

    [GeneratedRegex("Now listening on: (http://[0-9.:]+)")]
    private static partial Regex ListeningOn();
}
