using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>Why a stretch of a case's life belongs to somebody, or to nobody.</summary>
public enum LedgerReason
{
    /// <summary>The next word about the bag that stands worst is owed.</summary>
    NextWord,

    /// <summary>Nobody owes a word, but the case is open: it is its owner's.</summary>
    InCharge,

    /// <summary>The customer has said that a delivery did not happen, and nobody has taken the next step yet.</summary>
    Disputed,

    /// <summary>Two parties disagree about who has the bag, and nobody has settled it yet.</summary>
    Contradiction,
}

/// <summary>A stretch of a case's life that belongs to one party, or to nobody.</summary>
/// <param name="Who">A party, or the customer. Null: nobody, while that is in dispute.</param>
/// <param name="Status">The status after which the word is owed; empty where none is.</param>
public sealed record LedgerSpan(Instant From, Instant Until, OrganizationId? Who, LedgerReason Reason, string Status)
{
    public Duration Length => Until - From;

    /// <summary>The same in a few words that anybody may read.</summary>
    public string Why => Reason switch
    {
        // The last label of every list needs no names.
        LedgerReason.NextWord => CodeLists.Find(Status) is { } status ? $"next word after \"{status.Label[^1]}\"" : "next word",
        LedgerReason.InCharge => "in charge of the case, no word is owed",
        LedgerReason.Disputed => "delivery in dispute",
        _ => "two parties disagree about who has the bag",
    };
}

/// <summary>How much of a case's life belongs to one party. No name: to nobody.</summary>
public sealed record LedgerTotal(OrganizationId? Who, Duration Length);

/// <summary>
/// Whose clock it is: every second of a case's life belongs to exactly one party, to the customer, or to nobody while that
/// is in dispute. What decides is who owes the next word about the bag that stands worst, and not who holds it: a bag may
/// lie in one store while another company has to say what becomes of it. Who holds the bag is told beside it, by the story.
/// <para>
/// It is told in the order of receipt, as the clocks are: a second belongs to whom it belonged by what was known then, and
/// nothing that becomes known later moves it. Moments count as the second in which they fall, so that the seconds add up.
/// Life is from the opening until every bag of the case is closed. When a case is opened again it goes on; the time in
/// between is nobody's, and is not life.
/// </para>
/// </summary>
public sealed record Ledger(ImmutableArray<LedgerSpan> Spans)
{
    public Duration Lifetime => Sum(Spans);

    /// <summary>Everyone to whom any second belongs, the one with most of them first.</summary>
    public ImmutableArray<LedgerTotal> Totals =>
        [.. Spans.GroupBy(span => span.Who).Select(spans => new LedgerTotal(spans.Key, Sum(spans))).OrderByDescending(total => total.Length)];

    /// <summary>Tells the ledger of a case from the beginning, as it stands at a moment.</summary>
    public static Ledger Of(SlaBook book, CaseFacts facts, Instant openedAt, IEnumerable<Claim> claims, Instant now) =>
        LedgerTurns.Of(book, facts, openedAt, claims).Until(now);

    internal static Instant Second(Instant moment) => Instant.FromUnixTimeSeconds(moment.ToUnixTimeSeconds());

    private static Duration Sum(IEnumerable<LedgerSpan> spans) => spans.Aggregate(Duration.Zero, (sum, span) => sum + span.Length);
}

/// <summary>To whom the time belongs from a second on.</summary>
/// <param name="Reason">Null: to nobody, because the case is closed.</param>
public sealed record LedgerTurn(Instant At, OrganizationId? Who, LedgerReason? Reason, string Status)
{
    public bool IsLike(LedgerTurn other) => Who == other.Who && Reason == other.Reason && Status == other.Status;
}

/// <summary>The moments at which the time of a case went from one to another. They need no now, so they can be kept until somebody speaks.</summary>
public sealed record LedgerTurns(ImmutableArray<LedgerTurn> All)
{
    public static LedgerTurns Of(SlaBook book, CaseFacts facts, Instant openedAt, IEnumerable<Claim> claims)
    {
        // A file of sightings has no customer who waits.
        if (facts.IsSighting) return new([]);

        var turns = ImmutableArray.CreateBuilder<LedgerTurn>();
        Take(openedAt, CaseState.Of(facts));
        // What came before the opening was known at the opening.
        foreach (var receipt in Replay.InOrderOfReceipt(facts, claims)) Take(Instant.Max(receipt.Claim.ReceivedAt, openedAt), receipt.State);
        return new(turns.ToImmutable());

        void Take(Instant at, CaseState state)
        {
            var turn = Whose(book.PolicyAt(at), state) with { At = Ledger.Second(at) };
            // Of several turns within a second, the last one has it.
            if (turns.Count > 0 && turns[^1].At == turn.At) turns.RemoveAt(turns.Count - 1);
            if (turns.Count == 0 || !turns[^1].IsLike(turn)) turns.Add(turn);
        }
    }

    /// <summary>The ledger as it stands at a moment.</summary>
    public Ledger Until(Instant now) =>
        new([.. All.Select((turn, i) => (Turn: turn, Until: i + 1 < All.Length ? All[i + 1].At : Ledger.Second(now)))
            .Where(one => one.Turn.Reason is not null && one.Turn.At < one.Until)
            .Select(one => new LedgerSpan(one.Turn.At, one.Until, one.Turn.Who, one.Turn.Reason!.Value, one.Turn.Status))]);

    private static LedgerTurn Whose(SlaPolicy policy, CaseState state)
    {
        var item = state.Worst;
        if (item.Phase == Phase.Closed) return new(default, null, null, "");
        // The owner has to find out, and has a clock for it; until then nobody can say whose time it is.
        if (item.StatusCode == "DELIVERY_DISPUTED") return new(default, null, LedgerReason.Disputed, "");
        if (item.InDispute is not null) return new(default, null, LedgerReason.Contradiction, "");
        return Duties.Of(policy, state, item, item.StatusCode) is { } duty
            ? new(default, duty.Party, LedgerReason.NextWord, duty.Rule.Status)
            : new(default, state.Owner, LedgerReason.InCharge, "");
    }
}
