using System.Globalization;
using IncidentTracker.Domain;
using NodaTime.Text;

namespace IncidentTracker.Sla;

/// <summary>
/// <c>holidays</c>: shows what a file of holidays would bring to a calendar, and writes the next version of the calendar for
/// somebody to look at and paste. Nothing is changed by it.
/// </summary>
internal static class HolidayCommand
{
    public const string Name = "holidays";

    // In bytes; what is longer as text is said by the import.
    private const long LargestFile = 4L * HolidayImport.LongestFile;

    private static readonly string[] Flags = ["file", "calendar", "region", "from", "to", "Sla:File"];

    private const string Usage = """
        Usage: dotnet IncidentTracker.Hub.dll holidays --file=holidays.ics --calendar=fra-store --Sla:File=agreed.json
                                                       [--region=Hessen,National] [--from=2027] [--to=2028]

        Reads holidays from an iCalendar file and shows which days the calendar would get, and what was left out and why.
        Then comes the next version of the calendar, to paste into "calendars" of Sla:File. Nothing is changed by itself.

          --file       the iCalendar file (.ics)
          --calendar   id of a calendar in Sla:File; its last version is the one that gets the days
          --Sla:File   the file of agreements; may come from the environment (Sla__File)
          --region     only these regions or kinds, as the file names them, with commas between; all without it
          --from, --to first and last year; this year and the next without them

        Exit code 0: the days were shown. 1: something is wrong, or there is no day to take; one sentence says what.

        """;

    public static int Run(string[] args, TextWriter say, TextWriter complain, TimeProvider time)
    {
        if (args.Any(arg => arg is "--help" or "-h" or "-?"))
        {
            say.Write(Usage);
            return 0;
        }
        try
        {
            Show(Read(args), say, time.Now().InUtc().Year);
            return 0;
        }
        catch (Exception failure) when (failure is FormatException or SlaFileException or IOException or UnauthorizedAccessException)
        {
            complain.WriteLine(failure is SlaFileException ? $"Sla:File: {failure.Message}" : failure.Message);
            return 1;
        }
    }

    private static IConfigurationRoot Read(string[] args)
    {
        foreach (var flag in args.Where(arg => arg.StartsWith("--", StringComparison.Ordinal)).Select(arg => arg[2..].Split('=')[0]))
            if (!Flags.Contains(flag, StringComparer.OrdinalIgnoreCase)) throw new FormatException($"{Name} has no option \"{flag}\". {Name} --help lists them all.");
        return new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
    }

    private static void Show(IConfigurationRoot options, TextWriter say, int year)
    {
        var (file, calendar, agreed) = (Needed("file"), Needed("calendar"), Needed("Sla:File"));
        var from = Year("from", year);
        var to = Year("to", Math.Max(from, year + 1));
        if (to < from || to - from >= HolidayWish.MostYears) throw new FormatException($"--from and --to: the years go up, and are at most {HolidayWish.MostYears}.");
        if (new FileInfo(file) is { Exists: true, Length: > LargestFile }) throw new FormatException($"{file} is larger than any list of holidays.");

        string[] regions = (options["region"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var preview = HolidayImport.Read(File.ReadAllText(file), new(from, to, [.. regions]));
        var next = SlaFile.WithHolidays(File.ReadAllText(agreed), calendar, preview);

        say.WriteLine($"{file}, {from} to {to}{(regions.Length == 0 ? "" : $", {string.Join(", ", regions)}")}");
        say.WriteLine();
        say.WriteLine("Taken:");
        foreach (var holiday in preview.Days) say.WriteLine($"  {LocalDatePattern.Iso.Format(holiday.Day)}  {holiday.Name}");
        Say(preview, say);
        if (preview.Days.IsEmpty) throw new FormatException("There is no holiday to take.");

        say.WriteLine();
        say.WriteLine(next.Length == 0 ? $"{calendar} has all of these days already." : $"The next version of {calendar}, for \"calendars\" in {agreed}. It counts when \"hours\" name it, from a day on that is yet to come:");
        if (next.Length > 0) say.WriteLine(next);

        string Needed(string name) => options[name] is { Length: > 0 } given ? given : throw new FormatException($"{Name} needs --{name}. {Name} --help says more.");

        int Year(string name, int usual) => options[name] is not { Length: > 0 } given ? usual
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var read) && read is >= 1900 and <= 2999 ? read : throw new FormatException($"--{name}: \"{given}\" is no year such as 2027.");
    }

    // What nobody asked for is only counted; what was not understood is named.
    private static void Say(HolidayPreview preview, TextWriter say)
    {
        var notWanted = preview.LeftOut.Count(one => one.Reason is LeftOutReason.NotAskedFor or LeftOutReason.OtherYears);
        var named = preview.LeftOut.Where(one => one.Reason is not (LeftOutReason.NotAskedFor or LeftOutReason.OtherYears)).ToArray();
        if (named.Length > 0)
        {
            say.WriteLine();
            say.WriteLine("Left out:");
        }
        foreach (var one in named) say.WriteLine(one.Line == 0 ? $"  {one.Why}" : $"  line {one.Line}, {(one.Name.Length == 0 ? "without a name" : one.Name)}: {one.Why}");
        if (notWanted > 0) say.WriteLine($"{Environment.NewLine}Of other years, regions or kinds: {notWanted}");
        if (!preview.Labels.IsEmpty) say.WriteLine($"{Environment.NewLine}Regions and kinds in the file: {string.Join(", ", preview.Labels)}");
    }
}
