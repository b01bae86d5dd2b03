using System.Globalization;

namespace IncidentTracker.Simulator;

/// <summary>The command line cannot be carried out as it was typed. The message says what to change.</summary>
internal sealed class WrongCommand(string message) : Exception(message);

/// <summary>What was typed after a command: at most one file, and options with a value each.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _options = [];
    private string? _file;

    public static Arguments Read(IEnumerable<string> typed, IReadOnlyCollection<string> known)
    {
        var arguments = new Arguments();
        string? waiting = null;
        foreach (var word in typed)
        {
            if (waiting is not null)
            {
                arguments._options[waiting] = word;
                waiting = null;
            }
            else if (word.StartsWith("--", StringComparison.Ordinal))
            {
                if (!known.Contains(word)) throw new WrongCommand($"There is no option {word} here. Try --help.");
                waiting = word;
            }
            else if (arguments._file is null) arguments._file = word;
            else throw new WrongCommand($"\"{word}\" is one file too many. Try --help.");
        }
        return waiting is null ? arguments : throw new WrongCommand($"{waiting} needs a value.");
    }

    public string File => _file ?? throw new WrongCommand("Name a scenario file. Try --help.");

    public string? Find(string option) => _options.GetValueOrDefault(option);

    public string Need(string option) => Find(option) ?? throw new WrongCommand($"{option} is missing. Try --help.");

    public Uri NeedAddress(string option) =>
        Uri.TryCreate(Need(option), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new WrongCommand($"{option} needs an address such as http://127.0.0.1:5081.");

    public int NeedPort(string option) =>
        int.TryParse(Need(option), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536 ? port : throw new WrongCommand($"{option} needs a port from 1 to 65535.");

    public double Number(string option, double otherwise)
    {
        if (Find(option) is not { } text) return otherwise;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100_000
            ? number
            : throw new WrongCommand($"{option} needs a number above 0.");
    }
}
