using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Web;

/// <summary>What the hub says about its own settings: <c>--help</c>, and the defaults, which are those of the appsettings.json it was built with.</summary>
internal static class Help
{
    private const string DefaultsFile = "appsettings.json";

    // What the host itself takes, and what is named by whoever sets it.
    private static readonly string[] OtherFlags = ["Settings", "contentRoot", "environment", "applicationName"];
    private static readonly string[] OpenSections = ["Development:Partners:", "Contacts:People:", "Webhooks:InternalRanges:", "Logging:"];

    private const string Usage = """
        Usage: dotnet IncidentTracker.Hub.dll [command] [--Section:Name=value ...] [--Settings=file.json]

        Starts the hub. Without any setting it keeps everything in data/hub.db and opens http://127.0.0.1:5080 (pages,
        REST, Swagger) and http://127.0.0.1:5081 (gRPC). Ctrl-C stops it. Settings come from appsettings.json, then the
        environment (Section__Name), then the file named by --Settings, then the command line; the last one counts.

        Commands, instead of starting the hub:
          holidays   shows what a file of holidays would bring to a calendar; holidays --help says more
          rebuild    tells every case of the database again from what was said, and mends what is stored beside it.
                     Hubs may be at work meanwhile. Exit code 0: all is well now; 1: some cases could not be told

        """;

    /// <summary>Whether help was asked for; then it has been printed. A flag that means nothing stops the start.</summary>
    public static bool Answers(string[] args)
    {
        if (args.Any(arg => arg is "--help" or "-h" or "-?"))
        {
            using var defaults = new StreamReader(OpenDefaults());
            Console.WriteLine(Usage + Environment.NewLine + defaults.ReadToEnd().TrimEnd());
            return true;
        }

        if (args is [var first, ..] && first != Incidents.Rebuilding.Name && first.Length > 0 && first[0] is not ('-' or '/') && !first.Contains('=', StringComparison.Ordinal))
            throw new OptionsValidationException(first, typeof(Help), [$"There is no command \"{first}\". --help lists them all."]);

        var known = Defaults().AsEnumerable().Select(setting => setting.Key).Concat(OtherFlags).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var flag in args.Where(arg => arg.StartsWith("--", StringComparison.Ordinal)).Select(arg => arg[2..].Split('=')[0]))
            if (!known.Contains(flag) && !OpenSections.Any(section => flag.StartsWith(section, StringComparison.OrdinalIgnoreCase)))
                throw new OptionsValidationException(flag, typeof(Help), [$"There is no setting \"{flag}\". --help lists them all."]);
        return false;
    }

    /// <summary>The defaults as the weakest source, so that they hold wherever the hub is started.</summary>
    public static void AddDefaults(this IConfigurationBuilder configuration) =>
        configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults().AsEnumerable() });

    private static IConfigurationRoot Defaults() => new ConfigurationBuilder().AddJsonStream(OpenDefaults()).Build();

    private static Stream OpenDefaults() => typeof(Help).Assembly.GetManifestResourceStream(DefaultsFile)
        ?? throw new InvalidOperationException($"{DefaultsFile} is missing from the program.");
}
