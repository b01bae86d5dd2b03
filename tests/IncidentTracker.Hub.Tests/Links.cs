using System.Net;
using System.Text.RegularExpressions;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>People who are written to, what the hub wrote to them, and what they do with it.</summary>
internal static partial class Links
{
    private static readonly (string Organization, string Level, string Mail)[] Addresses =
    [
        ("GO", "Station", "go-desk@example"), ("GO", "Headquarters", "go-hq@example"), ("TRW", "Station", "trw-desk@example"),
        ("XB", "Station", "xb-desk@example"), ("XB", "Supervisor", "xb-supervisor@example"), ("AG", "Mediator", "mediator@example"),
    ];

    /// <summary>Somebody to write to at every level.</summary>
    public static IEnumerable<(string Key, string Value)> People => Addresses.SelectMany((person, i) => new[]
    {
        ($"Contacts:People:{i}:Organization", person.Organization), ($"Contacts:People:{i}:Level", person.Level), ($"Contacts:People:{i}:Mail", person.Mail),
    });

    /// <summary>Lives on, and writes to people of each step right after it was taken.</summary>
    public static async Task LiveAndTellAsync(this Hub hub, Duration length)
    {
        var end = hub.Time.Now + length;
        while (hub.Time.Now < end)
        {
            await hub.LiveUntilAsync(Instant.Min(end, hub.Time.Now + Duration.FromMinutes(1)));
            while (await hub.Services.GetRequiredService<AlertLoop>().RunAsync(CancellationToken.None) > 0) { }
        }
    }

    /// <summary>A case on which GroundOne was asked for a bag in Frankfurt and has said nothing for so long.</summary>
    public static async Task<string> AskAndWaitAsync(this Hub hub, Duration length, string tag = "0901000001")
    {
        var reference = await hub.As("XB").OpenAsync(tag, "GO");
        await hub.As("XB").AcceptedAsync(Say.That("u1", reference, "BAG_REQUESTED").But(update => update.AskedParty = "GO"));
        await hub.LiveAndTellAsync(length);
        return reference;
    }

    public static Task<List<DeliveryRow>> MailRowsAsync(this Hub hub) =>
        hub.WithDbAsync(db => db.Deliveries.AsNoTracking().Where(delivery => delivery.Channel == DeliveryChannel.Mail).OrderBy(delivery => delivery.CreatedAt).ToListAsync());

    /// <summary>The links in the newest mail that has one, oldest address first.</summary>
    public static async Task<string> NewestLinkAsync(this Hub hub) => LinkIn((await hub.MailRowsAsync()).Last(mail => LinkIn(mail) is not null))!;

    public static string? LinkIn(DeliveryRow mail) => Link().Match(mail.Body) is { Success: true } found ? found.Value : null;

    /// <summary>Opens the page of a link and presses a button.</summary>
    public static async Task<HttpResponseMessage> PressAsync(HttpClient browser, string link, string words)
    {
        var page = WebUtility.HtmlDecode(await browser.GetStringAsync(link));
        return await SendAsync(browser, link, TokenIn(page), Button(words).Match(page).Groups[1].Value);
    }

    public static async Task<HttpResponseMessage> SendAsync(HttpClient browser, string link, string token, string answer)
    {
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", token), new("answer", answer)]);
        return await browser.PostAsync(link, form);
    }

    public static string TokenIn(string page) => Token().Match(page).Groups[1].Value;

    private static Regex Button(string words) => new($"value=\"([^\"]+)\">{Regex.Escape(words)}</button>");

    [GeneratedRegex("/reply\\?for=[\\w-]+")]
    private static partial Regex Link();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
