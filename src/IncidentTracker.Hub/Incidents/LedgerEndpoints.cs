using System.ComponentModel;
using System.Xml;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace IncidentTracker.Incidents;

/// <summary>Whose time the life of a case was, over REST.</summary>
internal static class LedgerEndpoints
{
    public static void MapLedger(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/incidents/{reference}/ledger", Read).WithTags("Incidents").WithName("GetLedger").WithSummary("Read whose time it was")
            .WithDescription("Every second from the opening to the closing belongs to exactly one party, to the traveller, or to nobody while that is in dispute: to whoever owes the next word about the bag that stands worst. "
                + "Told by what was known at the time, so it never changes afterwards. For the traveller with reference and family name, or for a party to the case with its key.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Ok<LedgerView>> Read(
        string reference, CaseAccess access, Register register, Retelling retelling, TimeProvider time, HttpContext http, CancellationToken stop, [FromQuery] string? familyName = null)
    {
        var (read, reader) = await access.ReadAsync(reference, familyName, http, stop);
        var now = time.Now();
        var ledger = retelling.LedgerOf(read).Until(now);
        return TypedResults.Ok(new LedgerView
        {
            Reference = read.Reference.ToString(),
            TimelineVersion = read.Version,
            AsOfTime = now.ToDateTimeOffset(),
            IsOpen = read.Story.State.Worst.Phase != Phase.Closed,
            Lifetime = Iso(ledger.Lifetime),
            LifetimeSeconds = (long)ledger.Lifetime.TotalSeconds,
            Totals = [.. ledger.Totals.Select(total => new LedgerTotalView(Name(total.Who), Id(total.Who), Iso(total.Length), (long)total.Length.TotalSeconds))],
            Spans = [.. ledger.Spans.Select(span => new LedgerSpanView(
                span.From.ToDateTimeOffset(), span.Until.ToDateTimeOffset(), Name(span.Who), Id(span.Who), span.Why, Iso(span.Length), (long)span.Length.TotalSeconds))],
        });

        string? Name(OrganizationId? who) => who is not { } known ? null : known == OrganizationId.Customer ? "You" : register.NameOf(known);

        string? Id(OrganizationId? who) => reader is null ? null : who?.Value;
    }

    private static string Iso(Duration length) => XmlConvert.ToString(length.ToTimeSpan());
}

/// <summary>Whose time the life of a case was.</summary>
internal sealed record LedgerView
{
    [Description("Public reference, for example K7Q-4M2-XDC.")]
    public required string Reference { get; init; }

    [Description("Version of the timeline it was told from.")]
    public required long TimelineVersion { get; init; }

    [Description("The moment up to which an open case is told, UTC.")]
    public required DateTimeOffset AsOfTime { get; init; }

    [Description("False once every bag of the case is closed: the last span has ended.")]
    public required bool IsOpen { get; init; }

    [Description("How long the case was open, ISO 8601. The time between a closing and a reopening is not part of it.")]
    public required string Lifetime { get; init; }

    [Description("The same in seconds: exactly the sum of the totals, and of the spans.")]
    public required long LifetimeSeconds { get; init; }

    [Description("Everyone to whom any of it belongs, the one with most of it first.")]
    public required IReadOnlyList<LedgerTotalView> Totals { get; init; }

    [Description("The stretches in their order, without overlap, and without a gap while the case was open.")]
    public required IReadOnlyList<LedgerSpanView> Spans { get; init; }
}

/// <summary>How much of it belongs to one party.</summary>
internal sealed record LedgerTotalView(
    [property: Description("A name, or \"You\" for the traveller. Absent: nobody, while that is in dispute.")] string? Who,
    [property: Description("The organization, or CUSTOMER. Only for parties to the case.")] string? WhoId,
    [property: Description("How long, ISO 8601.")] string Duration,
    [property: Description("The same in seconds.")] long Seconds);

/// <summary>A stretch of it.</summary>
internal sealed record LedgerSpanView(
    [property: Description("From when, UTC.")] DateTimeOffset From,
    [property: Description("Up to and without this moment, UTC.")] DateTimeOffset Until,
    [property: Description("A name, or \"You\" for the traveller. Absent: nobody, while that is in dispute.")] string? Who,
    [property: Description("The organization, or CUSTOMER. Only for parties to the case.")] string? WhoId,
    [property: Description("Why, in a few words.")] string Why,
    [property: Description("How long, ISO 8601.")] string Duration,
    [property: Description("The same in seconds.")] long Seconds);
