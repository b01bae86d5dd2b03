using System.Globalization;

namespace IncidentTracker.Benchmarks;

/// <summary>Processor time that processes of this machine have used, from /proc; elsewhere it stays unknown.</summary>
internal static class Cpu
{
    private const double MicrosecondsPerTick = 10_000;

    public static double? Of(params ReadOnlySpan<int> processes)
    {
        double sum = 0;
        foreach (var process in processes)
        {
            if (Stat(process) is not { } stat) return null;
            sum += stat.Own;
        }
        return sum;
    }

    /// <summary>A PostgreSQL server: its parent process, its children, and those of its children that have ended.</summary>
    public static double? OfServer(int? parent)
    {
        if (parent is not { } server || Stat(server) is not { } own) return null;
        return own.Own + own.Ended + Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Stat(id) : null)
            .Sum(stat => stat is { } child && child.Parent == server ? child.Own : 0);
    }

    public static int? ParentOf(int process) => Stat(process)?.Parent;

    private static (int Parent, double Own, double Ended)? Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double Ticks(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture) * MicrosecondsPerTick;
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(11) + Ticks(12), Ticks(13) + Ticks(14));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
