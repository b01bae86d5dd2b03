using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace IncidentTracker.Benchmarks;

/// <summary>
/// A PostgreSQL server for one run, as durable as a real one. PostgreSQL refuses to run as root; then it runs as the
/// user "postgres" that its package has made.
/// </summary>
internal sealed class ThrowawayPostgres : IDisposable
{
    private readonly string _programs;
    private readonly string _data;

    private ThrowawayPostgres(string programs, string data) => (_programs, _data) = (programs, data);

    public string Connection { get; private set; } = "";

    public static ThrowawayPostgres Start(string folder)
    {
        var programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Where(bin => File.Exists(Path.Combine(bin, "initdb")))
                .MaxBy(bin => double.Parse(Path.GetFileName(Path.GetDirectoryName(bin))!, CultureInfo.InvariantCulture))
            : null;
        if (programs is null) throw new InvalidOperationException("There is no PostgreSQL in /usr/lib/postgresql. Install one, or give yours with --postgres.");

        var data = Path.Combine(folder, "postgres");
        Directory.CreateDirectory(data);
        if (Environment.IsPrivilegedProcess) Run("chown", "postgres", data);
        var server = new ThrowawayPostgres(programs, data);

        server.RunAsOwner("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions");
        var port = FreePort();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / 1024 / 1024;
        server.RunAsOwner("pg_ctl", "-D", data, "-w", "-l", Path.Combine(data, "log"), "start", "-o", string.Join(' ',
            $"-p {port}", $"-k {data}", "-c listen_addresses=127.0.0.1", "-c fsync=on", "-c synchronous_commit=on", "-c full_page_writes=on",
            $"-c shared_buffers={Math.Clamp(memory, 128, 4_096)}MB", "-c max_wal_size=4GB", "-c max_connections=200"));
        server.Connection = $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Maximum Pool Size=150";
        return server;
    }

    public void Dispose() => RunAsOwner("pg_ctl", "-D", _data, "-m", "immediate", "stop");

    private void RunAsOwner(string program, params string[] arguments)
    {
        var path = Path.Combine(_programs, program);
        if (Environment.IsPrivilegedProcess) Run("runuser", ["-u", "postgres", "--", path, .. arguments]);
        else Run(path, arguments);
    }

    // By a shell that sends the output away: the server would inherit ours and keep it open.
    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start("sh", ["-c", "cd / && exec \"$@\" >/dev/null", "sh", program, .. arguments]);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
