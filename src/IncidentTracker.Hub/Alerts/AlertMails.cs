using System.Globalization;
using System.Net;
using System.Text;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Replies;
using NodaTime;

namespace IncidentTracker.Alerts;

/// <summary>The words of alerts. Thin: references and times, no names of travellers.</summary>
internal sealed class AlertMails(Register register, CaseViews views, ReplyLinks replies)
{
    private const int MostNamed = 100;

    /// <summary>The key of the mail about one step of a clock: to look whether it was sent.</summary>
    public static string KeyOf(IncidentId incident, int clock, ClockStage stage, string to) => string.Create(CultureInfo.InvariantCulture, $"alert {incident} {clock} {stage} {to}");

    /// <summary>One silence on one case.</summary>
    public MailDraft About(StandingAlert alert, ContactLevel level, string to)
    {
        var party = register.NameOf(alert.Clock.Party);
        var due = Moment(alert.Clock.DueAt);
        var subject = alert.Row.Stage switch
        {
            ClockStage.DueSoon => $"{alert.Reference}: news from {party} is due by {due}",
            ClockStage.Breached => $"{alert.Reference}: news from {party} was due by {due} and has not come",
            _ => $"{alert.Reference}: still no news from {party}, due since {due}",
        };
        string[] lines =
        [
            alert.Row.Stage == ClockStage.DueSoon ? $"News about case {alert.Reference} is due from {party} by {due}." : $"We expected news about case {alert.Reference} from {party} by {due}. It has not come.",
            alert.Clock.Track == Track.Question ? $"{register.NameOf(alert.Clock.AskedBy ?? OrganizationId.Customer)} has asked a question." : $"It is owed since the status became {alert.Clock.Status}.",
            $"The traveller reads: {views.SentenceOfNow(alert.Facts, alert.State)}",
            "Report what you know, if only that the work goes on; the clock ends with your word.",
        ];
        // Only whoever owes the word can give it: those above are told, and not asked.
        var link = level is ContactLevel.Station or ContactLevel.Headquarters ? replies.LinkFor(new(alert.Row.IncidentId, alert.Clock.ItemId, alert.Clock.Party, alert.Clock.Number)) : null;
        return new(KeyOf(alert.Row.IncidentId, alert.Row.Clock, alert.Row.Stage, to), to, KindOf(alert.Row.Stage), subject,
            string.Join("\n\n", lines) + (link is null ? "" : $"\n\nAnswer with one press: {link}") + "\n",
            Html(lines) + (link is null ? "" : $"<p><a href=\"{WebUtility.HtmlEncode(link)}\">Answer with one press</a></p>"))
        { Words = [alert.Owed.Word] };
    }

    /// <summary>Many silences of one party, told once.</summary>
    /// <param name="cases">Those of which people have not heard yet.</param>
    public MailDraft OfMany(StormRow storm, ClockStage stage, IReadOnlyList<OwedCase> cases, string to)
    {
        var (name, named) = (register.NameOf(new(storm.Party)), Named(cases));
        var count = storm.Cases > named.Count ? string.Create(CultureInfo.InvariantCulture, $"{named.Count} more {Cases(named.Count)} without news, {storm.Cases} in all") : string.Create(CultureInfo.InvariantCulture, $"{named.Count} {Cases(named.Count)} without news");
        string[] lines =
        [
            $"{name} owes news on many cases at once: {count}.",
            "Further ones are told together, soon when they are as many again, and otherwise after half an hour. Every case says so on its own timeline.",
            List(named),
        ];
        return new(string.Create(CultureInfo.InvariantCulture, $"storm {storm.Party} {stage} {storm.Owner} {storm.ToldAt.ToUnixTimeTicks()} {to}"), to, KindOf(stage), $"{name}: {count}", string.Join("\n\n", lines) + "\n", Html(lines)) { Words = Words(cases) };
    }

    /// <summary>A party that is silent altogether, and what waits for it.</summary>
    /// <param name="owner">Whose cases they are, for whoever supervises them.</param>
    public MailDraft OfSilentLine(OrganizationId party, Instant heardAt, OrganizationId? owner, IReadOnlyList<OwedCase> cases, string to)
    {
        var (name, named) = (register.NameOf(party), Named(cases));
        var count = string.Create(CultureInfo.InvariantCulture, $"{named.Count} {Cases(named.Count)}");
        string[] lines =
        [
            $"Nothing at all has come from {name} since {Moment(heardAt)}, much longer than its usual pauses. Its line to the hub is probably down.",
            $"{count} {(named.Count == 1 ? "waits" : "wait")} for its word. What becomes overdue there goes up to headquarters and further as always, many at once in one mail.",
            List(named),
        ];
        return new(string.Create(CultureInfo.InvariantCulture, $"silent {party} {owner} {heardAt.ToUnixTimeTicks()} {to}"), to, "alert.partner_silent",
            $"{name} has been silent since {Moment(heardAt)}: {count} without news", string.Join("\n\n", lines) + "\n", Html(lines))
        { Words = Words(cases) };
    }

    private static IReadOnlyList<string> Named(IEnumerable<OwedCase> cases) => [.. cases.Select(one => one.Reference.ToString()).Distinct()];

    private static string Cases(int count) => count == 1 ? "case" : "cases";

    private static string List(IReadOnlyList<string> cases) => string.Join(", ", cases.Take(MostNamed)) + (cases.Count > MostNamed ? ", ..." : "");

    private static IReadOnlyList<OwedWord> Words(IEnumerable<OwedCase> cases) => [.. cases.Select(one => one.Word)];

    private static string KindOf(ClockStage stage) => stage switch
    {
        ClockStage.DueSoon => "alert.due_soon",
        ClockStage.Breached => "alert.breached",
        _ => "alert.escalated",
    };

    private static string Moment(Instant at) => Sentences.Moment(at, "Z") + " UTC";

    private static string Html(IEnumerable<string> lines) =>
        lines.Aggregate(new StringBuilder(), (html, line) => html.Append("<p>").Append(WebUtility.HtmlEncode(line)).Append("</p>")).ToString();
}
