using System.ComponentModel;
using IncidentTracker.Access;

namespace IncidentTracker.Scorecards;

/// <summary>Whose time it was in the cases of an owner.</summary>
internal sealed record TimeOfCasesView
{
    [Description("From this moment on, UTC.")]
    public required DateTimeOffset FromTime { get; init; }

    [Description("Up to and without this moment, UTC.")]
    public required DateTimeOffset ToTime { get; init; }

    [Description("The moment up to which open cases are told, UTC.")]
    public required DateTimeOffset AsOfTime { get; init; }

    [Description("How many cases that are yours now were looked at: those that were open or changed in the period.")]
    public required int Cases { get; init; }

    [Description("How long they were open in the period, all together, ISO 8601.")]
    public required string Lifetime { get; init; }

    [Description("The same in seconds: exactly the sum of the totals.")]
    public required long LifetimeSeconds { get; init; }

    [Description("Everyone to whom any of it belongs, the one with most of it first.")]
    public required IReadOnlyList<TimeShareView> Totals { get; init; }

    [Description("How many of your cases could not be read and are missing here.")]
    public required int UnreadableCases { get; init; }

    public static TimeOfCasesView Of(TimeReport report, Register register) => new()
    {
        FromTime = report.Period.From.ToDateTimeOffset(),
        ToTime = report.Period.To.ToDateTimeOffset(),
        AsOfTime = report.AsOf.ToDateTimeOffset(),
        Cases = report.Cases,
        Lifetime = ScorecardView.Iso(report.Lifetime),
        LifetimeSeconds = (long)report.Lifetime.TotalSeconds,
        Totals = [.. report.Totals.Select(total => new TimeShareView(total.Who?.Value, total.Who is { } who ? register.NameOf(who) : null, ScorecardView.Iso(total.Length), (long)total.Length.TotalSeconds, total.Length / report.Lifetime))],
        UnreadableCases = report.Unreadable.Count,
    };
}

/// <summary>How much of it belongs to one party.</summary>
internal sealed record TimeShareView(
    [property: Description("The organization, or CUSTOMER. Absent: nobody, while that is in dispute.")] string? WhoId,
    [property: Description("Its name.")] string? Who,
    [property: Description("How long, ISO 8601.")] string Duration,
    [property: Description("The same in seconds.")] long Seconds,
    [property: Description("Its part of the whole, from 0 to 1. All of them make 1.")] double Share);
