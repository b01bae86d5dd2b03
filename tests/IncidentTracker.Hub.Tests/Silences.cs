using System.Text.Json;
using IncidentTracker.Alerts;
using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace IncidentTracker.HubTests;

/// <summary>Parties that say nothing, and what people are written about it.</summary>
internal static class Silences
{
    /// <summary>A hub that knows these people: organization, level and address.</summary>
    public static Task<Hub> StartAsync(params string[] people) => Hub.StartAsync([.. SettingsOf(people)]);

    public static IEnumerable<(string Key, string Value)> SettingsOf(params string[] people) => people.Select(person => person.Split(' ')).SelectMany((person, i) => new[]
    {
        ($"Contacts:People:{i}:Organization", person[0]), ($"Contacts:People:{i}:Level", person[1]), ($"Contacts:People:{i}:Mail", person[2]),
    });

    /// <summary>A case of an owner on which a party is asked for a bag. Its word is due in three hours.</summary>
    public static async Task<string> AskAsync(this Hub hub, string owner, int number, string asked = "GO")
    {
        var reference = await hub.As(owner).OpenAsync($"09030{number:00000}", asked);
        await hub.As(owner).AcceptedAsync(Say.That("u1", reference, "BAG_REQUESTED").But(update => update.AskedParty = asked));
        return reference;
    }

    /// <summary>A partner is heard, again and again, until the hub knows its usual pause; the last time it is now.</summary>
    public static async Task BeHeardAsync(this Hub hub, string partner, Duration pause, int times)
    {
        for (var i = 0; i < times; i++)
        {
            if (i > 0) hub.Time.Advance(pause);
            hub.Services.GetRequiredService<Pulse>().Heard(new(partner));
            await hub.Services.GetRequiredService<Pulse>().NoteAsync(CancellationToken.None);
        }
    }

    /// <summary>Waits until the list of duties has as many of a party as it should.</summary>
    public static async Task DutiesKnownAsync(this Hub hub, string party, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await hub.WithDbAsync(db => db.Duties.CountAsync(duty => duty.Party == party)) != count) await Task.Delay(20, patience.Token);
    }

    public static async Task TellAsync(this Hub hub)
    {
        while (await hub.Services.GetRequiredService<AlertLoop>().RunAsync(CancellationToken.None) > 0) { }
    }

    /// <summary>Every mail so far, in the order in which they were written: to whom, of which kind and about what.</summary>
    public static async Task<string[]> MailsAsync(this Hub hub) => [.. (await hub.MailRowsAsync()).OrderBy(row => (row.CreatedAt, row.Recipient)).Select(row => $"{row.Recipient} {row.EventType} {SubjectOf(row)}")];

    public static string SubjectOf(DeliveryRow mail) => JsonDocument.Parse(mail.Body).RootElement.GetProperty("Subject").GetString()!;
}
