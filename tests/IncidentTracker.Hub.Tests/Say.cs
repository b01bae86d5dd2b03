using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>What partners say in tests. Without a moment of its own, a word is about now.</summary>
internal static class Say
{
    public const string Day = "2026-07-06";

    /// <summary>A case opened for a bag with a tag.</summary>
    public static OpenIncidentRequest Missing(string tag, params string[] parties) => new()
    {
        RequestId = $"open-{tag}",
        Kind = IncidentKind.DelayedBag,
        FamilyName = "Kowalska",
        Items = { new NewItem { BagTag = tag, BagTagDate = Day, TypeCode = "22", ColourCode = "BK" } },
        PartyIds = { parties },
        Place = new() { Station = "FNC" },
        ReportTimeZone = "Atlantic/Madeira",
    };

    /// <summary>A status about a case, named by its reference.</summary>
    public static Update That(string updateId, string reference, string status, string station = "FRA") => new()
    {
        UpdateId = updateId,
        Incident = new() { IncidentReference = reference },
        StatusCode = status,
        Place = new() { Station = station },
        EventTimeZone = "Europe/Berlin",
    };

    /// <summary>A status about a bag, named by its tag.</summary>
    public static Update Seen(string updateId, string tag, string status, string day = Day) => new()
    {
        UpdateId = updateId,
        Incident = Tag(tag, day),
        StatusCode = status,
        Place = new() { Station = "FRA" },
        EventTimeZone = "Europe/Berlin",
    };

    /// <summary>The smallest thing that can be said: a note for staff.</summary>
    public static Update Note(string updateId, string reference, string text = "Asked the store again.") => new()
    {
        UpdateId = updateId,
        Incident = new() { IncidentReference = reference },
        StaffText = text,
        EventTimeZone = "Z",
    };

    public static IncidentAddress Tag(string tag, string day = Day) =>
        new() { ExternalReference = new() { Scheme = ReferenceScheme.BagTag, Value = tag, Date = day } };

    public static Update At(this Update update, DateTimeOffset moment)
    {
        update.EventTime = Timestamp.FromDateTimeOffset(moment);
        return update;
    }

    public static OpenIncidentRequest ReportedAt(this OpenIncidentRequest request, ManualTime time)
    {
        request.ReportTime = time.GetUtcNow().ToTimestamp();
        return request;
    }

    /// <summary>The same update with something changed in it.</summary>
    public static Update But(this Update update, Action<Update> change)
    {
        var other = update.Clone();
        change(other);
        return other;
    }
}
