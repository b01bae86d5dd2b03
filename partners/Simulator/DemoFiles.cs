using System.Security.Cryptography;
using System.Text.Json;

namespace IncidentTracker.Simulator;

/// <summary>The files a demo is made of: the clock, and the settings that make its partners known to the hub.</summary>
internal static class DemoFiles
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Settings for the hub, with a new key for every partner: a key of one demo opens nothing in the next.</summary>
    public static string Settings(Scenario scenario, string clockFile) => JsonSerializer.Serialize(new SettingsFile(new(
        clockFile,
        [.. scenario.Organizations.Select(organization => new PartnerSettings(
            organization.Id, organization.Name, organization.Kind, [.. organization.ActsFor], NewKey(organization.Id)))])), Json);

    /// <summary>The key of one partner. Null: the settings do not have it.</summary>
    public static string? KeyOf(string partner, string settings)
    {
        try
        {
            return JsonSerializer.Deserialize<SettingsFile>(settings)?.Development?.Partners?.FirstOrDefault(known => known.Id == partner)?.Key;
        }
        catch (JsonException wrong)
        {
            throw new WrongCommand($"The settings cannot be read: {wrong.Message}");
        }
    }

    public static async Task WriteAsync(string path, string content)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        // The settings hold keys: nobody else on the machine needs to read them.
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(full, options);
        await writer.WriteLineAsync(content);
    }

    private static string NewKey(string partner) => $"dev-{partner}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";

    private sealed record SettingsFile(DevelopmentSettings Development);

    private sealed record DevelopmentSettings(string ClockFile, PartnerSettings[] Partners);

    private sealed record PartnerSettings(string Id, string Name, string Kind, string[] ActsFor, string Key);
}
