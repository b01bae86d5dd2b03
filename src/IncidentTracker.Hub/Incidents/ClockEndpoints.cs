using System.Xml;
using IncidentTracker.Access;
using IncidentTracker.Domain;
using IncidentTracker.Sla;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using NodaTime;

namespace IncidentTracker.Incidents;

/// <summary>The clocks of a case over REST: who owes or owed which word by when, and the arithmetic of each.</summary>
internal static class ClockEndpoints
{
    public static void MapClocks(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1/incidents/{reference}/clocks").WithTags("Clocks");
        api.MapGet("/", List).WithName("ListClocks").WithSummary("Read who owes a word by when, and who owed one")
            .WithDescription("Every clock of the case, running or ended, in the order in which they started. For the traveller with reference and family name, or for a party to the case with its key; questions between parties are for parties alone.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/{number:int}/explanation", Explain).WithName("ExplainClock").WithSummary("Read the arithmetic of a clock")
            .WithDescription("Every stretch from its start to its due moment: what counts, and why the rest does not. The last stretch that counts ends where the word is due. While a clock is paused it has no due moment, and the stretches end with the pause.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<ClockList>> List(
        string reference, CaseAccess access, ClockBoard board, HttpContext http, CancellationToken stop, [FromQuery] string? familyName = null)
    {
        var (read, reader) = await access.ReadAsync(reference, familyName, http, stop);
        return TypedResults.Ok(board.All(read, reader));
    }

    private static async Task<Ok<ExplanationView>> Explain(
        string reference, int number, CaseAccess access, ClockBoard board, HttpContext http, CancellationToken stop, [FromQuery] string? familyName = null)
    {
        var (read, reader) = await access.ReadAsync(reference, familyName, http, stop);
        return board.One(read, reader, number) is { } view ? TypedResults.Ok(view) : throw new RefusedException(Refusals.ClockNotFound);
    }
}

/// <summary>Explains the clocks of a case to those who ask. A traveller reads neither codes nor what parties ask each other.</summary>
internal sealed class ClockBoard(Register register, SlaBooks books, Retelling retelling, PublicViews views, TimeProvider time)
{
    public ClockList All(ReadCase read, PartnerIdentity? reader)
    {
        var now = time.Now();
        var zone = ZoneOf(read, reader);
        return new(read.Reference.ToString(), read.Version, now.ToDateTimeOffset(), [.. Explained(read, reader, now, _ => true).Select(told => Clock(told, reader, zone))]);
    }

    public ExplanationView? One(ReadCase read, PartnerIdentity? reader, int number)
    {
        var now = time.Now();
        if (Explained(read, reader, now, clock => clock.Number == number).FirstOrDefault() is not { } told) return null;
        return new()
        {
            Reference = read.Reference.ToString(),
            AsOfTime = told.AsOf.ToDateTimeOffset(),
            Clock = Clock(told, reader, ZoneOf(read, reader)),
            TimeZone = told.Zone,
            Given = Iso(told.Given),
            Segments = [.. told.Segments.Select(segment => new SegmentView(
                segment.From.ToDateTimeOffset(), segment.To.ToDateTimeOffset(), Iso(segment.Length), segment.Counts, segment.Why.Length > 0 ? segment.Why : null, segment.IsOver))],
        };
    }

    private IEnumerable<Explanation> Explained(ReadCase read, PartnerIdentity? reader, Instant now, Func<DutyClock, bool> wanted)
    {
        var book = books.Current;
        var (watch, ended) = retelling.ClocksOf(read);
        return watch.Running.Select(clock => (Clock: clock, End: (EndedClock?)null)).Concat(ended.Select(end => (end.Clock, End: (EndedClock?)end)))
            .Where(one => wanted(one.Clock) && (reader is not null || one.Clock.Track != Track.Question))
            .OrderBy(one => one.Clock.Number)
            .Select(one => Explanation.Of(book, one.Clock, one.End, now, reader is null ? "" : WhyPaused(read, reader, one.Clock)));
    }

    private ClockView Clock(Explanation told, PartnerIdentity? reader, string zone)
    {
        var clock = told.Clock;
        var sentences = told.Tell(register.NameOf, zone);
        return new()
        {
            Number = clock.Number,
            ItemId = clock.ItemId.Length > 0 ? clock.ItemId : null,
            From = clock.Party == OrganizationId.Customer ? "You" : register.NameOf(clock.Party),
            State = Named.Of(told.State),
            StartTime = clock.StartedAt.ToDateTimeOffset(),
            DueTime = told.DueAt?.ToDateTimeOffset(),
            PausedUntilTime = told.State == ClockState.Paused ? clock.PausedUntil?.ToDateTimeOffset() : null,
            EndTime = told.State is ClockState.Running or ClockState.Paused ? null : told.AsOf.ToDateTimeOffset(),
            Elapsed = Iso(told.Elapsed),
            Remaining = Iso(told.Remaining),
            Overdue = told.Overdue > Duration.Zero ? Iso(told.Overdue) : null,
            Sentence = sentences.Customer,
            Party = reader is null ? null : new(
                clock.Party.Value, clock.Track == Track.Question ? null : clock.Status, Named.Of(clock.Track), clock.Cycle, clock.AskedBy?.Value, told.Rule, clock.Policy, clock.Calendar, sentences.Agent, sentences.Partner),
        };
    }

    // The reason stands on the claim that paused it; it is as open as that claim.
    private static string WhyPaused(ReadCase read, PartnerIdentity reader, DutyClock clock)
    {
        var claim = clock.PausedUntil is null ? null : read.Story.Entries.FirstOrDefault(entry =>
            Instant.Max(entry.Claim.ReceivedAt, read.OpenedAt) == clock.StartedAt && entry.Claim.StatusCode == clock.Status && CaseViews.MayRead(entry, reader))?.Claim;
        return claim is null ? "" : CodeLists.FindReasonForLoss(claim.ReasonCode)?.Meaning ?? claim.ReasonCode;
    }

    private string ZoneOf(ReadCase read, PartnerIdentity? reader) => views.Incident(read, reader).TimeZone ?? "Z";

    private static string Iso(Duration length) => XmlConvert.ToString(length.ToTimeSpan());
}
