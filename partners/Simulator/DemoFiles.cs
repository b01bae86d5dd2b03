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
            organization.Id, organization.Name, organization.Kind, [.. organization.ActsFor], NewKey(organization.Id)))]),
        new("127.0.0.1", false, "hub@incidenttracker.example"),
        new([.. scenario.Organizations.SelectMany(Contacts)]),
        new(["127.0.0.0/8"])), Json);

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

    // Everybody has a desk, headquarters, and technicians. Airlines supervise their cases, and the call centre stands between the parties.
    private static IEnumerable<ContactSettings> Contacts(ScenarioOrganization organization) => (organization.Kind switch
    {
        "Customer" => (string[])[],
        "Agent" => ["Mediator"],
        "Airline" => ["Station", "Headquarters", "Supervisor", "Partner"],
        _ => ["Station", "Headquarters", "Partner"],
    }).Select(level => new ContactSettings(organization.Id, level, $"{level.ToLowerInvariant()}@{organization.Id.ToLowerInvariant()}.example"));

    private static string NewKey(string partner) => $"dev-{partner}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";

    private sealed record SettingsFile(DevelopmentSettings Development, MailSettings Mail, ContactsSettings Contacts, WebhookSettings Webhooks);

    // Which port is said when the hub is started.
    private sealed record MailSettings(string Host, bool Tls, string From);

    private sealed record ContactsSettings(ContactSettings[] People);

    private sealed record ContactSettings(string Organization, string Level, string Mail);

    private sealed record WebhookSettings(string[] InternalRanges);

    private sealed record DevelopmentSettings(string ClockFile, PartnerSettings[] Partners);

    private sealed record PartnerSettings(string Id, string Name, string Kind, string[] ActsFor, string Key);
}
