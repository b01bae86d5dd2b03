using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.Text;

namespace IncidentTracker.Domain;

/// <summary>
/// The words a customer reads, and an agent reads out: chosen from the code lists by what is known, so that page, mail
/// and call centre say the same. Nothing is guessed: a text that needs a fact nobody stated gives way to a plainer one.
/// </summary>
public static partial class Sentences
{
    private static readonly ZonedDateTimePattern DayAndTime = ZonedDateTimePattern.CreateWithInvariantCulture("dddd d MMMM, HH:mm", null);

    /// <summary>The sentence of now, for the item that stands worst; damage and claims add theirs when they matter.</summary>
    /// <param name="nameOf">What a party is called in front of customers; empty: it has no name for them.</param>
    /// <param name="now">An expected time that lies before it has passed, and nobody has confirmed it.</param>
    public static string Now(CaseFacts facts, CaseState state, Func<OrganizationId, string> nameOf, Instant? now = null)
    {
        var item = state.Worst;
        var owner = Named(state.Owner, nameOf);
        // Nobody says that a repair has ended; the end of the case says it.
        var damage = FirstOf(state.Items.Select(other => other.DamageCode));
        var claim = FirstOf(state.Items.Select(other => other.ClaimCode));

        var isAboutDamage = facts.Kind is IncidentKind.DamagedBag or IncidentKind.PilferedBag;
        var showsDamage = damage is not null && item.Phase != Phase.Closed && (isAboutDamage || item.Phase == Phase.Returned);
        var main = isAboutDamage && showsDamage && item.StatusCode.Length == 0 ? null : Main(facts.Kind, item, owner, nameOf, now);

        // What is known about the way home is not known about the repair or the claim: only the owner is the same.
        Func<string, string> beside = placeholder => placeholder == "owner" ? owner : "";
        var sentences = new[] { main, showsDamage ? First(damage!.Customer, beside) : null, claim is null ? null : First(claim.Customer, beside) };
        var text = string.Join(' ', sentences.Where(sentence => !string.IsNullOrEmpty(sentence)));
        return facts.Kind == IncidentKind.LeftBehindItem ? Bag().Replace(text, "item") : text;
    }

    /// <summary>What one entry of the history is called, for example "Found at Frankfurt".</summary>
    /// <param name="story">The history it stands in: says on whose clock something was expected.</param>
    public static string Line(TimelineEntry entry, Func<OrganizationId, string> nameOf, Story? story = null)
    {
        var claim = entry.Claim;
        if (claim.StatusCode.Length == 0) return WithoutStatus(claim);
        if (claim is { StatusCode: HubWords.EtaPassed, Judgement: { } passed } && story is not null) return $"Due {ExpectedUntil(passed.DueAt, story)}, not confirmed";
        if (claim.Judgement is { } judgement) return claim.IsRemark ? OfHub(claim.StatusCode, judgement, nameOf) : "Case closed, because nobody said that anything is wrong";
        if (CodeLists.Find(claim.StatusCode) is not { } status) return "Other news";
        // "Left Frankfurt" would be a lie about a flight that is only planned.
        if (claim.Classifier != Classifier.Actual && status.Code is not ("FORWARD_PLANNED" or "DELIVERY_SCHEDULED"))
            return claim.Eta is null ? "Plan changed" : "Expected time changed";

        return First(status.Label, placeholder => placeholder switch
        {
            "by" => Named(claim.By, nameOf),
            "holder" => status.Possession == Possession.Reporter ? Named(claim.By, nameOf) : "",
            "asked" => Named(claim.AskedParty, nameOf),
            "place" => PlaceName(claim.Place?.Station),
            "flight" => claim.Flight?.Designator ?? "",
            "eta" => Expected(claim.Eta),
            _ => "",
        });
    }

    /// <summary>How late a claim was reported: "reported 4 h 36 late". Empty when it was not late.</summary>
    public static string ReportedLate(Claim claim)
    {
        if (!claim.IsLate) return "";
        // Of a day that was named only by its date, nobody knows the hour: it is late by the days after it.
        var lag = claim.Happened?.Precision == TimePrecision.Date ? Duration.FromDays(Math.Max(1, (int)claim.Lag.TotalDays)) : claim.Lag;
        return $"reported {(lag == Duration.FromDays(1) ? "1 day" : Lateness(lag))} late";
    }

    /// <summary>A length of time as it is said about lateness: "4 h 36", from two days on "3 days".</summary>
    public static string Lateness(Duration late)
    {
        if (late >= Duration.FromDays(2)) return string.Create(CultureInfo.InvariantCulture, $"{(int)late.TotalDays} days");
        if (late < Duration.FromHours(1)) return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)late.TotalMinutes)} min");
        return string.Create(CultureInfo.InvariantCulture, $"{(int)late.TotalHours} h {late.Minutes:00}");
    }

    /// <summary>When and from whom the last word came, on the clock of a zone. Empty: nobody was heard yet.</summary>
    public static string LastHeard(CaseState state, string zone, Func<OrganizationId, string> nameOf)
    {
        if (state.HeardAt is not { } heard) return "";
        var from = state.HeardFrom == OrganizationId.Customer ? "you" : Named(state.HeardFrom, nameOf);
        return $"Last heard{(from.Length > 0 ? " from " + from : "")} on {Moment(heard, zone)}.";
    }

    /// <summary>A moment as people say it, on the clock of a zone or an offset: "Tuesday 7 July, 13:05".</summary>
    public static string Moment(Instant at, string zone) => EventTime.OffsetAt(zone, at) is { } offset
        ? DayAndTime.Format(at.InZone(DateTimeZone.ForOffset(offset)))
        // Better an unusual clock that is named than a time that people read wrongly.
        : DayAndTime.Format(at.InUtc()) + " UTC";

    private static string Main(IncidentKind kind, ItemState item, string owner, Func<OrganizationId, string> nameOf, Instant? now)
    {
        var status = CodeLists.Find(item.StatusCode);
        // Before the first status, or when nobody knows whose bag it is, all that is certain is the report.
        if (status is null or { Customer.Length: 0 }) status = CodeLists.Find("REPORTED")!;

        if (item is { InDispute: { } dispute, Phase: not Phase.Closed })
            return $"{(dispute.By == OrganizationId.Customer || dispute.With == OrganizationId.Customer ? "There are different reports" : "Two companies say different things")} about where your bag is. Finding out is our job.";

        var isDue = now is null || item.Eta is not { } expected || now <= expected.End;
        if (!isDue && status.Code == "DELIVERY_SCHEDULED") return $"The delivery of your bag was planned for {Expected(item.Eta)}. Nobody has confirmed it yet.";

        var hasIt = item.Holding is { MovedOn: false } held && held.By == item.StatusBy;
        var isGone = item.Holding is { } holding && (holding.MovedOn || holding.Since > item.StatusAt);
        var texts = kind == IncidentKind.ServiceIncident && !status.Service.IsDefault ? status.Service : status.Customer;
        var sentence = First(texts, placeholder => placeholder switch
        {
            "owner" => owner,
            "by" => Named(item.StatusBy, nameOf),
            "holder" => hasIt ? Named(item.StatusBy, nameOf) : "",
            "asked" => Named(item.Asked, nameOf),
            // "is at Frankfurt" is no longer known once somebody else has it.
            "place" => !isGone || !Custody.IsAtRest(status.Code) ? PlaceName(item.Station) : "",
            "flight" => item.Flight?.Designator ?? "",
            "eta" => isDue ? Expected(item.Eta) : "",
            // No field of an update is written for customers; what holds something up is known by its code.
            "detail" => status.Code is "HELD" or "SVC_WAITING" ? HoldReasons.Words(item.ReasonCode) : "",
            _ => "",
        });
        return isDue || !texts[0].Contains("{eta}", StringComparison.Ordinal) ? sentence : $"{sentence} Due {Expected(item.Eta)}, not confirmed.";
    }

    private static string ExpectedUntil(Instant end, Story story) =>
        story.Entries.LastOrDefault(entry => entry.Claim.Eta?.End.ToWholeMicroseconds() == end)?.Claim.Eta is { } eta ? Expected(eta) : Moment(end, "");

    private static string OfHub(string code, Judgement judgement, Func<OrganizationId, string> nameOf) => First(CodeLists.FindReserved(code)?.Label ?? ["Other news"], placeholder => placeholder switch
    {
        "asked" => Named(judgement.Party, nameOf),
        "level" => $"with {Level(judgement.Stage)}",
        _ => "",
    });

    /// <summary>With whom an overdue word is raised: "its headquarters".</summary>
    public static string Level(ClockStage stage) => stage switch
    {
        ClockStage.Headquarters => "its headquarters",
        ClockStage.Supervisor => "the supervisor of your case",
        _ => "a mediator",
    };

    private static string WithoutStatus(Claim claim) => claim switch
    {
        { Classifier: not Classifier.Actual, Eta: not null } => "Expected time changed",
        { Classifier: not Classifier.Actual } => "Plan changed",
        { Custody.Action: CustodyAction.Offered } => "Bag offered",
        { Custody.Action: CustodyAction.Refused } => "Bag not taken over",
        { Custody.Action: CustodyAction.Released } => "Bag handed over",
        { Custody: not null } => "Bag taken over",
        { Correction.Kind: CorrectionKind.Void } => "Earlier news withdrawn",
        { Correction: not null } => "Earlier news corrected",
        { Eta: not null } => "Expected time changed",
        { Assignment: not null } => "Work shared out",
        { StaffText.Length: > 0 } => "Note added",
        _ => "Other news",
    };

    /// <summary>An expected time as people say it: "Wednesday 8 July, 11:30 to 13:30". Empty: none is known.</summary>
    public static string Expected(Eta? eta)
    {
        if (eta is null) return "";
        var from = Moment(eta.From, eta.Zone);
        if (eta.To is not { } end || end <= eta.From) return from;

        var to = Moment(end, eta.Zone);
        var day = from[..from.IndexOf(',', StringComparison.Ordinal)];
        return to.StartsWith(day + ", ", StringComparison.Ordinal) ? $"{from} to {to[(day.Length + 2)..]}" : $"{from} to {to}";
    }

    private static string PlaceName(string? station) => station is { Length: > 0 } ? CodeLists.FindStation(station)?.City ?? station : "";

    private static string Named(OrganizationId? party, Func<OrganizationId, string> nameOf) =>
        party is { } known && known != OrganizationId.Customer ? nameOf(known) : "";

    private static StatusCode? FirstOf(IEnumerable<string> codes) => codes.Select(CodeLists.Find).FirstOrDefault(status => status is not null);

    /// <summary>The first text whose placeholders are all known; the last one of every list needs none.</summary>
    private static string First(IEnumerable<string> texts, Func<string, string> known)
    {
        foreach (var text in texts)
        {
            var complete = true;
            var filled = Placeholder().Replace(text, match =>
            {
                var value = known(match.Groups[1].Value);
                complete &= value.Length > 0;
                return value;
            });
            if (complete) return filled;
        }
        return "";
    }

    [GeneratedRegex(@"\bbag\b")]
    private static partial Regex Bag();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();
}
