using System.Collections.Immutable;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace IncidentTracker.Replies;

/// <summary>What the page of a link shows. Public as the pages are.</summary>
public sealed record ShownReply(string Reference, string Party)
{
    public string Question { get; init; } = "";
    public string? BagTag { get; init; }

    /// <summary>What another party wants to know, in its words.</summary>
    public string? Asked { get; init; }

    public string? AskedBy { get; init; }
    public TrackedCase.Shown? Due { get; init; }
    public ImmutableArray<Choice> Choices { get; init; } = [];

    /// <summary>What was reported; null: nothing yet.</summary>
    public string? Reported { get; init; }

    public bool Counts { get; init; } = true;

    /// <summary>When the party must speak next.</summary>
    public TrackedCase.Shown? OwnDue { get; init; }

    /// <summary>When somebody else must.</summary>
    public TrackedCase.Shown? NextDue { get; init; }

    public string? NextFrom { get; init; }

    /// <summary>A button.</summary>
    public sealed record Choice(string Key, string Words);
}

/// <summary>The page behind the link in a mail. Looking reports nothing, as scanners follow every link; only a button does.</summary>
internal static class ReplyEndpoints
{
    public static void MapReplies(this IEndpointRouteBuilder app)
    {
        var reply = app.MapGroup("/reply").ExcludeFromDescription();
        reply.MapGet("", Ask);
        reply.MapPost("", Give).WithMetadata(new RequestSizeLimitAttribute(16 * 1024));
    }

    private static async Task<IResult> Ask(
        HttpContext http, IAntiforgery forms, Replying replying, ReplyViews views, CancellationToken stop, [FromQuery(Name = "for")] string? link = null) =>
        await replying.FindAsync(link, stop) is { Clock: not null } reply ? Form(http, forms, link, views.Asked(reply, replying.QuestionTo(reply))) : Nothing();

    private static async Task<IResult> Give(
        HttpContext http, IAntiforgery forms, Replying replying, ReplyViews views, CancellationToken stop, [FromQuery(Name = "for")] string? link = null)
    {
        if (await replying.FindAsync(link, stop) is not { } reply) return Nothing();
        var isOurs = await forms.IsOursAsync(http);
        var key = isOurs ? (await http.Request.ReadFormAsync(stop))["answer"].ToString() : "";
        if (isOurs && reply.Given is not null) return Page(views.Given(reply));       // pressed before
        if (reply.Clock is null) return Nothing();

        var question = replying.QuestionTo(reply);
        if (question.Choices.FirstOrDefault(choice => choice.Key == key) is not { } choice) return Form(http, forms, link, views.Asked(reply, question), StatusCodes.Status400BadRequest);

        await replying.GiveAsync(reply, choice, stop);
        return await replying.FindAsync(link, stop) is { } given ? Page(views.Given(given)) : Nothing();
    }

    private static RazorComponentResult<ReplyPage> Form(HttpContext http, IAntiforgery forms, string? link, ShownReply shown, int status = StatusCodes.Status200OK) =>
        new(new { Link = link, Token = forms.GetAndStoreTokens(http).RequestToken, Shown = shown, FormExpired = status == StatusCodes.Status400BadRequest }) { StatusCode = status };

    private static RazorComponentResult<ReplyPage> Page(ShownReply shown) => new(new { Shown = shown });

    // The same for a link that was cut, forged, used or is too old: it says nothing about the case.
    private static RazorComponentResult<ReplyPage> Nothing() => new() { StatusCode = StatusCodes.Status404NotFound };
}

/// <summary>Puts a question, and what became of it, into words and on clocks.</summary>
internal sealed class ReplyViews(PublicViews views, OwedWords words, Register register, TimeProvider time)
{
    public ShownReply Asked(Reply reply, ReplyQuestion question)
    {
        var clock = reply.Clock!;
        return Of(reply) with
        {
            Question = question.Text,
            BagTag = reply.Read.Facts.Items.FirstOrDefault(item => item.Id == reply.Item.Id)?.BagTag is { Length: > 0 } tag ? tag : null,
            Asked = AskedQuestion.Of(reply.Read.Story, clock, reply.Partner)?.StaffText is { Length: > 0 } text ? text : null,
            AskedBy = clock.AskedBy is { } by ? register.NameOf(by) : null,
            Due = Shown(reply, clock.DueAtAsOf(time.Now())),
            Choices = [.. question.Choices.Select(choice => new ShownReply.Choice(choice.Key, choice.Words))],
        };
    }

    public ShownReply Given(Reply reply)
    {
        var entry = reply.Given!;
        var now = time.Now();
        var own = words.At(now, reply.Read.StoredWatch).NextDueOf(reply.Partner.Reporter, now);
        var next = words.NextWord(reply.Read, now) is { } other && !reply.Partner.Reporter.Covers(other.Party) && other.DueAtAsOf(now) is not null ? other : null;
        return Of(reply) with
        {
            Reported = entry.Claim.StaffText.Length > 0 ? entry.Claim.StaffText : Sentences.Line(entry, register.NameOf) + ".",
            Counts = (entry.Marks & (Marks.NotAuthorised | Marks.Quarantined)) == 0,
            OwnDue = Shown(reply, own),
            NextDue = Shown(reply, next?.DueAt),
            NextFrom = next is null ? null : register.NameOf(next.Party),
        };
    }

    private static ShownReply Of(Reply reply) => new(reply.Read.Reference.ToString(), reply.Partner.Organization.Name is { Length: > 0 } name ? name : reply.Partner.Id.Value);

    private TrackedCase.Shown? Shown(Reply reply, Instant? at) =>
        at is { } moment ? new PlaceClock(views.Incident(reply.Read, reply.Partner), time.Now()).Show(moment.ToDateTimeOffset()) : null;
}
