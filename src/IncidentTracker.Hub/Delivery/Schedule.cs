using NodaTime;

namespace IncidentTracker.Delivery;

/// <summary>When something that was not taken is tried again.</summary>
internal static class Schedule
{
    /// <summary>A webhook is tried at once and then after these pauses, together three days.</summary>
    private static readonly Duration[] Webhook =
    [
        Duration.FromSeconds(5), Duration.FromMinutes(5), Duration.FromMinutes(30), Duration.FromHours(2), Duration.FromHours(5),
        Duration.FromHours(10), Duration.FromHours(14), Duration.FromHours(20), Duration.FromHours(24),
    ];

    /// <summary>A mail, too. A server that turns strangers away at first lets them in after some minutes.</summary>
    private static readonly Duration[] Mail =
    [
        Duration.FromMinutes(1), Duration.FromMinutes(5), Duration.FromMinutes(15), Duration.FromMinutes(30), Duration.FromHours(1),
        Duration.FromHours(2), Duration.FromHours(4), Duration.FromHours(8), Duration.FromHours(16), Duration.FromHours(24),
    ];

    /// <summary>A mail that is this old when the server is still not there is given up.</summary>
    public static readonly Duration MailWaitsFor = Duration.FromDays(3);

    /// <summary>An endpoint that fails for this long is disabled.</summary>
    public static readonly Duration DisableAfter = Duration.FromDays(5);

    /// <summary>A failure this long after the last try is the first of its kind. An endpoint for which something waits is tried every minute.</summary>
    public static readonly Duration ForgetAfter = Duration.FromDays(1);

    /// <summary>An endpoint that fails for this long is tried out of turn, so that it need not wait for hours once it is back.</summary>
    public static readonly Duration ProbeAfter = Duration.FromMinutes(5);
    public static readonly Duration ProbeEvery = Duration.FromSeconds(60);

    /// <summary>The longest an endpoint may ask to be left alone.</summary>
    public static readonly Duration QuietAtMost = Duration.FromHours(1);

    /// <summary>A hub that took a delivery and was not heard of for this long has died.</summary>
    public static readonly Duration LockFor = Duration.FromSeconds(60);

    /// <summary>The pause after so many failed attempts; null when it was the last.</summary>
    public static Duration? AfterWebhook(int failed) => After(Webhook, failed);

    public static Duration? AfterMail(int failed) => After(Mail, failed);

    // Up to a tenth more, so that what failed together does not come back together.
    private static Duration? After(Duration[] pauses, int failed) =>
        failed > pauses.Length ? null : pauses[failed - 1] + Duration.FromTicks(pauses[failed - 1].TotalTicks * Random.Shared.NextDouble() / 10);
}
