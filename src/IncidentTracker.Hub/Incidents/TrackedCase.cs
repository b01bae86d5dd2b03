using System.Collections.Immutable;
using System.Globalization;
using IncidentTracker.Domain;
using NodaTime;

namespace IncidentTracker.Incidents;

/// <summary>What the traveller's page shows of a case: the words and moments of the public view, put on clocks. Public as the pages are.</summary>
public sealed record TrackedCase
{
    public required string Reference { get; init; }
    public required string Sentence { get; init; }
    public required bool IsAboutBag { get; init; }
    public string? WhoHasIt { get; init; }
    public string? InCharge { get; init; }
    public Shown? LastHeard { get; init; }
    public string? LastHeardFrom { get; init; }
    public string? NextWordFrom { get; init; }
    public Shown? NextWordDue { get; init; }

    /// <summary>The case waits until then for a reason that was given, and nothing is due.</summary>
    public Shown? PausedUntil { get; init; }

    /// <summary>The next word was due and has not come.</summary>
    public bool IsOverdue { get; init; }

    /// <summary>When whoever owes it was asked again.</summary>
    public Shown? AskedAgain { get; init; }

    /// <summary>With whom it was raised.</summary>
    public ImmutableArray<Raising> Raised { get; init; } = [];

    /// <summary>When the hub looks next.</summary>
    public Shown? NextCheck { get; init; }

    public Shown? Expected { get; init; }

    /// <summary>What was expected and has passed.</summary>
    public string? WasExpected { get; init; }

    public Shown? DamageComplaintBy { get; init; }
    public required Shown MadeAt { get; init; }
    public required ImmutableArray<Stage> Stages { get; init; }
    public required ImmutableArray<Thing> Things { get; init; }
    public required ImmutableArray<Line> Lines { get; init; }

    /// <summary>A moment: for people, with the clock they read it on and how far away it is, and for programs.</summary>
    public sealed record Shown(string Words, string Clock, string Distance, string Machine);

    /// <summary>Somebody with whom an overdue word was raised.</summary>
    public sealed record Raising(string With, Shown At);

    /// <summary>One step of the way of a bag.</summary>
    public sealed record Stage(string Name, Standing Standing);

    public enum Standing { Done, Now, ToCome, LeftOut }

    /// <summary>One of several bags or objects.</summary>
    public sealed record Thing(string Name, string? BagTag, string Phase, string Sentence);

    /// <summary>One line of the history.</summary>
    public sealed record Line(string Text, Shown? When, Shown Told, string By, string? Place, string? Late, Shown? Withdrawn, bool Corrected, string? About);

    internal static TrackedCase Of(ReadCase read, TimelineView timeline, Instant now)
    {
        var incident = timeline.Incident;
        var clock = new PlaceClock(incident, now);
        var thing = incident.Kind == "LEFT_BEHIND_ITEM" ? "Item" : "Bag";
        return new()
        {
            Reference = incident.Reference,
            Sentence = incident.Sentence,
            IsAboutBag = incident.Kind != "SERVICE_INCIDENT",
            WhoHasIt = incident.WhoHasIt,
            InCharge = incident.InCharge,
            LastHeard = incident.LastHeardTime is { } heard ? clock.Show(heard) : null,
            LastHeardFrom = incident.LastHeardFrom == "You" ? "you" : incident.LastHeardFrom,
            NextWordFrom = incident.NextWordFrom,
            NextWordDue = incident.NextWordDueTime is { } due ? clock.Show(due) : null,
            PausedUntil = incident.NextWordPausedUntilTime is { } until ? clock.Show(until) : null,
            IsOverdue = incident.NextWordDueTime is { } latest && now > Instant.FromDateTimeOffset(latest),
            AskedAgain = incident.AskedAgainTime is { } asked ? clock.Show(asked) : null,
            Raised = [.. (incident.Raised ?? []).Select(raised => new Raising(raised.With, clock.Show(raised.Time)))],
            NextCheck = incident.NextCheckTime is { } check ? clock.Show(check) : null,
            Expected = clock.Window(incident),
            WasExpected = incident.WasExpected,
            DamageComplaintBy = incident.DamageComplaintBy is { } day ? PlaceClock.Day(day) : null,
            MadeAt = clock.Show(now.ToDateTimeOffset()),
            Stages = StagesOf(read, incident),
            Things = incident.Items.Count < 2 ? [] : [.. incident.Items.Select(item => new Thing($"{thing} {item.ItemId}", item.BagTag, NameOf(item.Phase), item.Sentence))],
            Lines = [.. timeline.Entries.Select(entry => new Line(
                entry.Text, clock.Show(entry), clock.Show(entry.RecordTime), entry.By, PlaceClock.Names(entry) ? null : entry.Place, entry.ReportedLate,
                entry.WithdrawnTime is { } at ? clock.Show(at) : null, entry.Corrected == true,
                entry.ItemId is { } item && incident.Items.Count > 1 ? $"{thing} {item}" : null))],
        };
    }

    private static readonly ImmutableArray<string> Way = ["REPORTED", "SEARCHING", "FOUND", "ON_THE_WAY", "DELIVERY", "RETURNED"];

    // A damaged bag and a complaint about service do not travel.
    private static ImmutableArray<Stage> StagesOf(ReadCase read, IncidentView incident)
    {
        if (incident.Kind is "DAMAGED_BAG" or "PILFERED_BAG" or "SERVICE_INCIDENT") return [];

        var at = Way.IndexOf(incident.Phase);
        if (at >= 0) return [.. Way.Select((phase, i) => new Stage(NameOf(phase), i < at ? Standing.Done : i == at ? Standing.Now : Standing.ToCome))];

        // A closed case may have ended anywhere: only what was reached is called done.
        var furthest = read.Story.Entries.Where(entry => entry.Counts && entry.Claim.Classifier == Classifier.Actual)
            .Select(entry => CodeLists.Find(entry.Claim.StatusCode)).Where(status => status is { MovesProgress: true, Phase: not Phase.Closed })
            .Select(status => status!.Phase).Append(Phase.Reported).Max();
        var wasReturned = furthest == Phase.Returned || read.Story.State.Items.Any(item => item.StatusCode == "CLOSED_RETURNED");
        return [.. Way.Select((phase, i) => new Stage(NameOf(phase), wasReturned || i <= (int)furthest ? Standing.Done : Standing.LeftOut)), new(NameOf("CLOSED"), Standing.Now)];
    }

    private static string NameOf(string phase) => phase switch
    {
        "ON_THE_WAY" => "On the way",
        _ => phase[..1] + phase[1..].ToLowerInvariant(),
    };
}

/// <summary>
/// Puts moments on the clock of the place where they happened, and names it. What happened nowhere in particular is read
/// on the clock of the place where the case was reported, because that is where the traveller was.
/// </summary>
internal sealed class PlaceClock(IncidentView incident, Instant now)
{
    private readonly string _zone = incident.TimeZone ?? "Z";
    private readonly string _name = incident.TimeZone is null ? "UTC" : $"{incident.ReportPlace ?? NameOf(incident.TimeZone)} time";

    public TrackedCase.Shown Show(DateTimeOffset moment) => Show(moment, _zone, _name);

    /// <summary>When a line happened. Null: nobody knows.</summary>
    public TrackedCase.Shown? Show(LineView line)
    {
        if (line.EventTime is not { } at) return null;
        if (line.EventTimePrecision == "DATE") return Day(NodaTime.Text.LocalDatePattern.Iso.Format(OffsetDateTime.FromDateTimeOffset(at).Date));
        return line is { TimeZone: { } zone, Place: { } place } ? Show(at, zone, $"local time in {place}") : Show(at);
    }

    /// <summary>Whether the clock or the words of a line tell the place already.</summary>
    public static bool Names(LineView line) =>
        line is { TimeZone: not null, EventTime: not null, EventTimePrecision: not "DATE" } || (line.Place is { } place && line.Text.Contains(place, StringComparison.Ordinal));

    public TrackedCase.Shown? Window(IncidentView view)
    {
        if (view.Expected is not { } words || view.ExpectedFrom is not { } from) return null;

        var start = Instant.FromDateTimeOffset(from);
        var isHere = EventTime.OffsetAt(_zone, start) == Offset.FromTimeSpan(from.Offset);
        var distance = start <= now ? "at any time now" : "in " + Length(start - now);
        return new(words, isHere ? _name : OffsetName(Offset.FromTimeSpan(from.Offset)), distance, Machine(from));
    }

    /// <summary>A day without an hour.</summary>
    public static TrackedCase.Shown Day(string iso)
    {
        var day = NodaTime.Text.LocalDatePattern.Iso.Parse(iso).Value;
        return new(NodaTime.Text.LocalDatePattern.CreateWithInvariantCulture("dddd d MMMM").Format(day), "", "", iso);
    }

    private TrackedCase.Shown Show(DateTimeOffset moment, string zone, string name)
    {
        var at = Instant.FromDateTimeOffset(moment);
        var offset = EventTime.OffsetAt(zone, at) ?? Offset.Zero;
        var words = Sentences.Moment(at, zone);
        if (at.WithOffset(offset).Year != now.WithOffset(offset).Year) words = words.Replace(",", at.WithOffset(offset).Year.ToString(" 0000", CultureInfo.InvariantCulture) + ",", StringComparison.Ordinal);
        var distance = at <= now ? (now - at < Duration.FromMinutes(1) ? "just now" : Length(now - at) + " ago") : "in " + Length(at - now);
        return new(words, name, distance, Machine(at.WithOffset(offset).ToDateTimeOffset()));
    }

    private static string Machine(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private static string Length(Duration length) => length switch
    {
        _ when length < Duration.FromHours(1) => Count(Math.Max(1, (int)length.TotalMinutes), "minute"),
        _ when length < Duration.FromDays(1) => Count((int)length.TotalHours, "hour"),
        _ => Count((int)length.TotalDays, "day"),
    };

    private static string Count(int number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit}{(number == 1 ? "" : "s")}");

    /// <summary>"Atlantic/Madeira" is Madeira; an offset is UTC+01:00.</summary>
    private static string NameOf(string zone) => zone is "Z" ? "UTC" : zone[0] is '+' or '-' ? "UTC" + zone : zone[(zone.LastIndexOf('/') + 1)..].Replace('_', ' ');

    private static string OffsetName(Offset offset) => offset == Offset.Zero ? "UTC" : "UTC" + offset.ToString("m", CultureInfo.InvariantCulture);
}
