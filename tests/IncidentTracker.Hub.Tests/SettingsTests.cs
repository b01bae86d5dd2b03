using System.Reflection;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Rpc;
using IncidentTracker.Sla;
using IncidentTracker.Updates;
using IncidentTracker.Web;
using Microsoft.Extensions.Configuration;

namespace IncidentTracker.HubTests;

/// <summary>appsettings.json is what operators read; the option records are what counts. They must say the same.</summary>
public sealed class SettingsTests
{
    private static readonly Dictionary<string, object> Sections = new()
    {
        ["Database"] = new DatabaseOptions(),
        ["Doors"] = new DoorOptions(),
        ["Ingest"] = new IngestOptions(),
        ["Rpc"] = new RpcLimits(),
        ["Webhooks"] = new WebhookOptions(),
        ["Mail"] = new MailOptions(),
        ["Contacts"] = new ContactOptions(),
        ["Sla"] = new SlaOptions(),
        ["Development"] = new DevelopmentOptions(),
    };

    internal static readonly IConfigurationRoot File = new ConfigurationBuilder()
        .AddJsonStream(typeof(Help).Assembly.GetManifestResourceStream("appsettings.json")!).Build();

    public static TheoryData<string> Names => [.. Sections.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_file_lists_every_setting_and_no_other(string section)
    {
        var listed = File.GetSection(section).GetChildren().Select(setting => setting.Key);

        Assert.Equal(SettingsOf(section).Select(setting => setting.Name).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_file_says_the_true_defaults(string section)
    {
        var read = File.GetSection(section).Get(Sections[section].GetType())!;

        Assert.All(SettingsOf(section), setting => Assert.Equal(setting.GetValue(Sections[section]), setting.GetValue(read)));
    }

    [Fact]
    public void The_file_has_no_section_that_nobody_reads() =>
        Assert.Equal(Sections.Keys.Append("Logging").Order(StringComparer.Ordinal), File.GetChildren().Select(section => section.Key).Order(StringComparer.Ordinal));

    private static IEnumerable<PropertyInfo> SettingsOf(string section) =>
        Sections[section].GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(setting => setting.CanWrite);
}
