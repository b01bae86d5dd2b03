using System.Security.Cryptography;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Delivery;

/// <summary>
/// The way out of every mail (RFC 8058). Looking changes nothing, as scanners follow every link; only a POST counts, from
/// the page's button or from the mail program.
/// </summary>
internal sealed class Unsubscribing(IDbContextFactory<HubDb> dbs, Engine engine, IDataProtectionProvider protection, IOptions<DoorOptions> doors, TimeProvider time)
{
    private readonly IDataProtector _protector = protection.CreateProtector("mail-unsubscribe");

    public string LinkFor(string recipient) => $"{doors.Value.Site}/mail/unsubscribe?for={_protector.Protect(Plain(recipient))}";

    /// <summary>The address behind a link; null when the link is not ours.</summary>
    public string? Read(string? link)
    {
        if (string.IsNullOrEmpty(link) || link.Length > 1_000) return null;
        try { return _protector.Unprotect(link); }
        catch (CryptographicException) { return null; }
    }

    public async Task RefuseAsync(string recipient, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        db.Add(new MailRefusalRow { Mail = Plain(recipient), RefusedAt = time.Now() });
        await db.TrySaveAsync(engine, stop);        // false: it was said before
    }

    /// <summary>Capitals do not make another mailbox.</summary>
    public static string Plain(string address) => address.Trim().ToLowerInvariant();
}

/// <summary>The pages of leaving.</summary>
internal static class UnsubscribeEndpoints
{
    public static void MapUnsubscribing(this IEndpointRouteBuilder app)
    {
        var leave = app.MapGroup("/mail/unsubscribe").ExcludeFromDescription();
        leave.MapGet("", IResult (Unsubscribing unsubscribing, [FromQuery(Name = "for")] string? link = null) => Page(unsubscribing, link, done: false));
        // No token of a form: the mail program that posts here has none, and the link itself is the proof.
        leave.MapPost("", async Task<IResult> (Unsubscribing unsubscribing, CancellationToken stop, [FromQuery(Name = "for")] string? link = null) =>
        {
            if (unsubscribing.Read(link) is { } recipient) await unsubscribing.RefuseAsync(recipient, stop);
            return Page(unsubscribing, link, done: true);
        }).WithMetadata(new RequestSizeLimitAttribute(16 * 1024)).DisableAntiforgery();
    }

    private static RazorComponentResult<UnsubscribePage> Page(Unsubscribing unsubscribing, string? link, bool done) => unsubscribing.Read(link) is null
        ? new(new { Link = "", Done = false }) { StatusCode = StatusCodes.Status404NotFound }
        : new(new { Link = link, Done = done });
}
