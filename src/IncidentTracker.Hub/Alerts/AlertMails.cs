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

/// <summary>An alert that still stands, with the case and the clock it is about.</summary>
internal sealed record StandingAlert(AlertRow Row, Reference Reference, CaseFacts Facts, CaseState State, DutyClock Clock);

/// <summary>The words of alerts. Thin: references and times, no names of travellers.</summary>
internal sealed class AlertMails(Register register, CaseViews views, ReplyLinks replies)
{
    private const int MostNamed = 100;

    /// <summary>The key of the mail about one step of a clock: to look whether it was sent.</summary>
    public static string KeyOf(IncidentId incident, int clock, ClockStage stage, string to) => string.Create(CultureInfo.InvariantCulture, $"alert {incident} {clock} {stage} {to}");

    /// <summary>One silence on one case.</summary>
    public MailDraft About(StandingAlert alert, string to)
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
        var link = alert.Row.Stage <= ClockStage.Headquarters ? replies.LinkFor(new(alert.Row.IncidentId, alert.Clock.ItemId, alert.Clock.Party, alert.Clock.Number)) : null;
        return new(KeyOf(alert.Row.IncidentId, alert.Row.Clock, alert.Row.Stage, to), to, KindOf(alert.Row.Stage), subject,
            string.Join("\n\n", lines) + (link is null ? "" : $"\n\nAnswer with one press: {link}") + "\n",
            Html(lines) + (link is null ? "" : $"<p><a href=\"{WebUtility.HtmlEncode(link)}\">Answer with one press</a></p>"));
    }

    /// <summary>Many silences of one party, told once.</summary>
    /// <param name="silentSince">When the party was last heard of at all, if that is long ago.</param>
    public MailDraft About(OrganizationId party, ClockStage stage, Instant began, Instant? silentSince, IReadOnlyList<StandingAlert> alerts, string to)
    {
        var name = register.NameOf(party);
        var cases = alerts.Select(alert => alert.Reference.ToString()).Distinct().ToArray();
        var count = cases.Length == 1 ? "1 case" : string.Create(CultureInfo.InvariantCulture, $"{cases.Length} cases");
        var subject = silentSince is { } heard ? $"{name} has been silent since {Moment(heard)}: {count} without news" : $"{name}: {count} without news";
        string[] lines =
        [
            silentSince is { } since
                ? $"Nothing at all has come from {name} since {Moment(since)}, much longer than its usual pauses. Its line to the hub is probably down."
                : $"{name} owes news on many cases at once.",
            $"{count} so far. Further ones are added to this alert without another mail. Every case says so on its own timeline.",
            string.Join(", ", cases.Take(MostNamed)) + (cases.Length > MostNamed ? ", ..." : ""),
        ];
        return new(string.Create(CultureInfo.InvariantCulture, $"storm {party} {(silentSince is null ? stage : "")} {began.ToUnixTimeTicks()} {to}"), to,
            silentSince is null ? KindOf(stage) : "alert.partner_silent", subject, string.Join("\n\n", lines) + "\n", Html(lines));
    }

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
