using System.ComponentModel;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Incidents;
using IncidentTracker.Sla;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace IncidentTracker.Scorecards;

/// <summary>
/// The door for contesting that a word was overdue, and for deciding about it. Both are facts that are added and never
/// changed; sending the same again gives the same answer.
/// </summary>
internal static class AppealEndpoints
{
    private const int LongestReason = 2_000;

    public static void MapAppeals(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1/incidents/{reference}/clocks/{number:int}/appeals").WithTags("Clocks");
        api.MapGet("/", List).WithName("ListAppeals").WithSummary("Read the appeal about a clock, and how it was decided")
            .WithDescription("For the parties to the case. There is at most one.").ProducesProblem(401).ProducesProblem(404);
        api.MapPost("/", Appeal).WithName("Appeal").WithSummary("Contest that your own word was overdue")
            .WithDescription("For the party that owed the word, once per clock. The same again gives the same appeal.").ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        api.MapPost("/{appealId}/decisions", Decide).WithName("DecideAppeal").WithSummary("Grant or deny an appeal")
            .WithDescription("For the owner of the case, once. Nobody decides about its own word. Granted, the clock does not count in the adjusted score; the raw score stays.")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<AppealList>> List(string reference, int number, PartnerIdentity partner, CaseAccess access, Retelling retelling, HubDb db, CancellationToken stop)
    {
        var read = await CaseAsync(reference, partner, access, stop);
        _ = ClockOf(read, number, retelling);
        return TypedResults.Ok(new AppealList(await FindAsync(db, read, number, stop) is { } known ? [AppealView.Of(known.Appeal, known.Decision)] : []));
    }

    private static async Task<Results<Created<AppealView>, Ok<AppealView>>> Appeal(
        string reference, int number, AppealBody body, PartnerIdentity partner, CaseAccess access, Retelling retelling, SlaBooks books, HubDb db, Engine engine, TimeProvider time, CancellationToken stop)
    {
        var reason = Reason(body.Reason);
        var read = await CaseAsync(reference, partner, access, stop);
        var (clock, end) = ClockOf(read, number, retelling);
        if (clock.Party != partner.Id) throw new RefusedException(Refusals.AppealNotYours);
        var now = time.Now();
        if (!IsOverdue(books.Current, clock, end, now)) throw new RefusedException(Refusals.ClockNotOverdue);

        var appeal = new AppealRow { Id = $"apl_{Guid.CreateVersion7(now.ToDateTimeOffset()):N}", IncidentId = read.Id, Clock = number, Party = partner.Id.Value, Reason = reason, AppealedAt = now };
        using (await engine.EnterAsync(stop))
        {
            db.Add(appeal);
            if (await db.TrySaveAsync(engine, stop)) return TypedResults.Created($"/api/v1/incidents/{read.Reference}/clocks/{number}/appeals", AppealView.Of(appeal, null));
        }
        db.ChangeTracker.Clear();
        var known = (await FindAsync(db, read, number, stop))!.Value;
        return known.Appeal.Reason == reason ? TypedResults.Ok(AppealView.Of(known.Appeal, known.Decision)) : throw new RefusedException(Refusals.AppealExists);
    }

    private static async Task<Results<Created<AppealView>, Ok<AppealView>>> Decide(
        string reference, int number, string appealId, DecisionBody body, PartnerIdentity partner, CaseAccess access, HubDb db, Engine engine, TimeProvider time, CancellationToken stop)
    {
        var verdict = Named.Read<Verdict>(body.Verdict, "verdict");
        var reason = Reason(body.Reason);
        var read = await CaseAsync(reference, partner, access, stop);
        if (await FindAsync(db, read, number, stop) is not { } known || known.Appeal.Id != appealId) throw new RefusedException(Refusals.AppealNotFound);
        var contests = new OrganizationId(known.Appeal.Party);
        if (read.Story.State.Owner != partner.Id || partner.Id == contests || partner.Organization.ActsFor.Contains(contests)) throw new RefusedException(Refusals.DecisionNotYours);

        var decision = new AppealDecisionRow { AppealId = appealId, Verdict = verdict, DecidedBy = partner.Id.Value, Reason = reason, DecidedAt = time.Now() };
        using (await engine.EnterAsync(stop))
        {
            db.Add(decision);
            if (await db.TrySaveAsync(engine, stop)) return TypedResults.Created($"/api/v1/incidents/{read.Reference}/clocks/{number}/appeals", AppealView.Of(known.Appeal, decision));
        }
        db.ChangeTracker.Clear();
        var before = (await FindAsync(db, read, number, stop))!.Value.Decision!;
        return (before.Verdict, before.Reason, before.DecidedBy) == (verdict, reason, partner.Id.Value)
            ? TypedResults.Ok(AppealView.Of(known.Appeal, before)) : throw new RefusedException(Refusals.AppealDecided);
    }

    private static async Task<ReadCase> CaseAsync(string reference, PartnerIdentity partner, CaseAccess access, CancellationToken stop) =>
        await access.FindAsync(reference, partner, stop) ?? throw new RefusedException(Refusals.IncidentNotFound);

    private static (DutyClock Clock, EndedClock? End) ClockOf(ReadCase read, int number, Retelling retelling)
    {
        var (watch, ended) = retelling.ClocksOf(read);
        if (ended.FirstOrDefault(end => end.Clock.Number == number) is { } over) return (over.Clock, over);
        return watch.Running.FirstOrDefault(clock => clock.Number == number) is { } running ? (running, null) : throw new RefusedException(Refusals.ClockNotFound);
    }

    private static bool IsOverdue(SlaBook book, DutyClock clock, EndedClock? end, NodaTime.Instant now) =>
        end is null ? now > book.GiveBack(clock, now).DueAt : end.End is ClockEnd.Late or ClockEnd.Missed;

    private static async Task<(AppealRow Appeal, AppealDecisionRow? Decision)?> FindAsync(HubDb db, ReadCase read, int number, CancellationToken stop)
    {
        var appeal = await db.Appeals.AsNoTracking().FirstOrDefaultAsync(row => row.IncidentId == read.Id && row.Clock == number, stop);
        return appeal is null ? null : (appeal, await db.AppealDecisions.AsNoTracking().FirstOrDefaultAsync(row => row.AppealId == appeal.Id, stop));
    }

    private static string Reason(string sent)
    {
        var reason = sent.Trim();
        if (reason.Length == 0) throw new RefusedException(Refusals.FieldRequired.At("reason"));
        return reason.Length <= LongestReason ? reason : throw new RefusedException(Refusals.FieldTooLong.At("reason", $"At most {LongestReason} characters."));
    }
}

/// <summary>What a party sends to contest that its word was overdue.</summary>
internal sealed record AppealBody([property: Description("Why it should not count, at most 2000 characters. Name no traveller.")] string Reason);

/// <summary>What the owner of a case sends to decide about it.</summary>
internal sealed record DecisionBody(
    [property: Description("GRANTED or DENIED.")] string Verdict,
    [property: Description("Why, at most 2000 characters. Name no traveller.")] string Reason);

/// <summary>The appeals about a clock.</summary>
internal sealed record AppealList([property: Description("At most one.")] IReadOnlyList<AppealView> Items);

/// <summary>An appeal, and how it was decided.</summary>
internal sealed record AppealView
{
    [Description("Names the appeal.")]
    public required string Id { get; init; }

    [Description("Number of the clock within its case.")]
    public required int Clock { get; init; }

    [Description("Who contests.")]
    public required string PartyId { get; init; }

    [Description("Why.")]
    public required string Reason { get; init; }

    [Description("When, UTC.")]
    public required DateTimeOffset AppealTime { get; init; }

    [Description("GRANTED or DENIED. Absent: not decided yet.")]
    public string? Verdict { get; init; }

    [Description("Who decided.")]
    public string? DecidedById { get; init; }

    [Description("Why it was decided so.")]
    public string? DecisionReason { get; init; }

    [Description("When it was decided, UTC.")]
    public DateTimeOffset? DecisionTime { get; init; }

    public static AppealView Of(AppealRow appeal, AppealDecisionRow? decision) => new()
    {
        Id = appeal.Id,
        Clock = appeal.Clock,
        PartyId = appeal.Party,
        Reason = appeal.Reason,
        AppealTime = appeal.AppealedAt.ToDateTimeOffset(),
        Verdict = decision is null ? null : Named.Of(decision.Verdict),
        DecidedById = decision?.DecidedBy,
        DecisionReason = decision?.Reason,
        DecisionTime = decision?.DecidedAt.ToDateTimeOffset(),
    };
}
