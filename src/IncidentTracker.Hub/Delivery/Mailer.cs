using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Text;
using System.Text.Json;
using IncidentTracker.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>Hands one mail to the mail server, once. The framework's own client is behind it, and nothing else knows of it.</summary>
internal sealed partial class Mailer(IDbContextFactory<HubDb> dbs, IOptions<MailOptions> options, Unsubscribing unsubscribing, ILogger<Mailer> log)
{
    private const string Off = "MAIL_OFF";
    private const string Unsubscribed = "UNSUBSCRIBED";
    private const string NoLongerNeeded = "NO_LONGER_NEEDED";
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(45);

    /// <summary>Why a mail was given up: the server's reply, or a reason of our own.</summary>
    public static string ReasonOf(Attempt attempt) => attempt.Outcome == AttemptOutcome.NotNeeded ? NoLongerNeeded : attempt.Status switch
    {
        null => Off,
        0 => Unsubscribed,
        { } reply => string.Create(CultureInfo.InvariantCulture, $"SMTP_{reply}"),
    };

    public async Task<Attempt> SendAsync(DeliveryRow delivery, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        var attempt = await TrySendAsync(delivery, stop);
        return attempt with { Took = Stopwatch.GetElapsedTime(started) };
    }

    private async Task<Attempt> TrySendAsync(DeliveryRow delivery, CancellationToken stop)
    {
        // News that waits for a server to be set up one day would come as a riddle.
        if (!options.Value.IsOn) return new(AttemptOutcome.Rejected);
        if (await IsRefusedAsync(delivery.Recipient!, stop)) return new(AttemptOutcome.Rejected, 0);
        // It may have waited for hours, for a server that was down.
        var content = JsonSerializer.Deserialize<MailContent>(delivery.Body)!;
        if (content.Words is { Count: > 0 } words && !await words.AreOwedAsync(dbs, stop))
        {
            LogNotNeeded(delivery.Id);
            return new(AttemptOutcome.NotNeeded);
        }

        using var mail = Write(delivery, content);
        using var client = new SmtpClient(options.Value.Host, options.Value.Port) { EnableSsl = options.Value.Tls };
        if (options.Value.User.Length > 0) client.Credentials = new NetworkCredential(options.Value.User, options.Value.Password);
        try
        {
            // The client may wait for longer than it was told, above all while it connects. We leave it there; its end is the end of its line.
            await client.SendMailAsync(mail, stop).WaitAsync(AnswerWithin, stop);
            return new(AttemptOutcome.Delivered, 250);
        }
        catch (SmtpException failure) when (!stop.IsCancellationRequested) { return Judge(failure, IsUnderWay(mail)); }
        catch (TimeoutException) { return new(AttemptOutcome.TimedOut, Wait: WaitUnless(IsUnderWay(mail))); }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            LogFailed(delivery.Id, failure);
            return new(AttemptOutcome.ConnectionFailed, Wait: WaitUnless(IsUnderWay(mail)));
        }
    }

    // Only what is said about the recipient or the mail itself is about this mail. The rest is between the server and us: every
    // other mail would fare no better, and when the server is not there, this one loses none of its tries by it.
    private static Attempt Judge(SmtpException failure, bool isUnderWay)
    {
        var (reply, isAboutMail) = ((int)failure.StatusCode, isUnderWay || failure is SmtpFailedRecipientException);
        return reply switch
        {
            >= 500 and < 600 when isAboutMail && !IsAboutUs(failure.Message) => new(AttemptOutcome.Rejected, reply),
            421 => new(AttemptOutcome.Deferred, reply, WaitUnless(isAboutMail)),
            >= 400 and < 600 => new(AttemptOutcome.Deferred, reply),
            _ => new(AttemptOutcome.ConnectionFailed, Wait: WaitUnless(isAboutMail)),
        };
    }

    private static Duration? WaitUnless(bool isAboutMail) => isAboutMail ? null : Schedule.ProbeEvery;

    // Its text is read only when the server has let the recipient in and asked for it.
    private static bool IsUnderWay(MailMessage mail) => mail.AlternateViews[0].ContentStream is { CanRead: false } or { Position: > 0 };

    // 5.7: the server does not trust us (RFC 3463). Not every server says the number.
    private static bool IsAboutUs(string reply) => reply.Contains(" 5.7.", StringComparison.Ordinal) || reply.Contains("relay", StringComparison.OrdinalIgnoreCase);

    private MailMessage Write(DeliveryRow delivery, MailContent content)
    {
        var from = new MailAddress(options.Value.From, "IncidentTracker");
        var leave = unsubscribing.LinkFor(delivery.Recipient!);
        var mail = new MailMessage(from, new(delivery.Recipient!))
        {
            Subject = content.Subject,
            SubjectEncoding = Encoding.UTF8,
            // One name for all attempts, so that a mailbox that got two copies shows one.
            Headers =
            {
                ["Message-ID"] = $"<{delivery.Id}@{from.Host}>",
                ["Auto-Submitted"] = "auto-generated",
                ["List-Unsubscribe"] = $"<{leave}>",
                ["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click",
            },
        };
        mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString($"{content.Text.TrimEnd()}\n\nNo more mail from us: {leave}\n", Encoding.UTF8, "text/plain"));
        mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(
            $"<!DOCTYPE html><html lang=\"en\"><body>{content.Html}<p><a href=\"{WebUtility.HtmlEncode(leave)}\">No more mail from us</a></p></body></html>", Encoding.UTF8, "text/html"));
        return mail;
    }

    private async Task<bool> IsRefusedAsync(string recipient, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        var plain = Unsubscribing.Plain(recipient);
        return await db.MailRefusals.AnyAsync(refusal => refusal.Mail == plain, stop);
    }

    [LoggerMessage(LogLevel.Information, "Mail {Delivery} is not sent: the news that it asks for has come meanwhile")]
    private partial void LogNotNeeded(string delivery);

    [LoggerMessage(LogLevel.Warning, "Mail {Delivery} could not be handed over; it is tried again by the schedule")]
    private partial void LogFailed(string delivery, Exception failure);
}
