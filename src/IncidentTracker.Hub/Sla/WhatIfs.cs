using System.Text.Json;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Scorecards;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using NodaTime;

namespace IncidentTracker.Sla;

/// <summary>The door for trying a file of agreements before anybody announces it.</summary>
internal static class WhatIfEndpoints
{
    public static void MapWhatIf(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/v1/sla/what-if", Try).WithTags("Scorecards").WithName("TryAgreements").WithSummary("Read what a draft of agreements would have changed")
            .WithDescription("For the owner of cases, with its key: its cases of a period are lived again, by what held and by that together with the draft. Nothing is written, and nobody is told. "
                + "What the draft lets begin later is tried as if it had begun with the period; clocks that ran before keep what they began with.")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(409);

    private static async Task<Ok<WhatIfView>> Try(WhatIfBody body, PartnerIdentity partner, WhatIfs whatIfs, TimeProvider time, CancellationToken stop)
    {
        var now = time.Now();
        var period = Periods.Read(body.From, body.To, now);
        var (told, unread) = await whatIfs.TryAsync(partner, body.Draft, period, now, stop);
        return TypedResults.Ok(WhatIfView.Of(told, period, now, unread));
    }
}

/// <summary>Lives the cases of an owner again by a draft. It only reads.</summary>
internal sealed class WhatIfs(CaseWalk walk, IDbContextFactory<HubDb> dbs)
{
    /// <summary>How many cases are tried at once: a few seconds of work.</summary>
    public const int MostCases = 5_000;

    private const int LongestDraft = 64 * 1024;

    public async Task<(WhatIf Told, IReadOnlyList<UnreadCase> Unread)> TryAsync(PartnerIdentity owner, JsonElement draft, ScorePeriod period, Instant now, CancellationToken stop)
    {
        var (before, after) = await BooksAsync(draft, period, stop);
        var (told, unread) = (new WhatIf(), new List<UnreadCase>());
        // The owner at present: whoever gave a case away tries nothing on it any more.
        await foreach (var walked in walk.ThroughAsync(period, row => CaseCodec.ReadState(row.State).Owner == owner.Id,
            one => CaseDifference.Of(one.Reference, before, after, one.Facts, one.OpenedAt, one.Claims, period, now), stop))
        {
            if (told.Cases + unread.Count == MostCases) throw new RefusedException(Refusals.WhatIfTooLarge.At("from", $"The period has more than {MostCases} cases of yours. Choose a shorter one."));
            if (walked.Unread is { } one) unread.Add(one);
            else told = told.With(walked.Told!);
        }
        return (told, unread);
    }

    /// <summary>The book that held, and the same with the draft.</summary>
    private async Task<(SlaBook Before, SlaBook After)> BooksAsync(JsonElement draft, ScorePeriod period, CancellationToken stop)
    {
        var text = draft.GetRawText();
        if (text.Length > LongestDraft) throw Wrong($"The draft has more than {LongestDraft} characters.");
        await using var db = await dbs.CreateDbContextAsync(stop);
        var (editions, outages) = await SlaBooks.EntriesAsync(db, stop);
        try
        {
            // Maintenance was when it was.
            var drafted = SlaFile.NotKnown(editions, SlaFile.Read(text)).Select(edition => edition.Kind == EditionKind.Maintenance ? edition : edition with { From = Instant.Min(edition.From, period.From) });
            return (SlaFile.Book(editions, outages), SlaFile.Book(editions.Concat(drafted), outages));
        }
        catch (SlaFileException wrong)
        {
            throw Wrong(wrong.Message);
        }
    }

    private static RefusedException Wrong(string why) => new(Refusals.SlaFileInvalid.At("draft", why));
}
