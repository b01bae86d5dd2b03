using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// The life of a case once more, by a book that need not be the one that held: the parties say what they said, and the hub
/// says what it would have said, the moment it is due. By the book that held it comes out as it was.
/// </summary>
/// <param name="Words">What the hub would have said, in order.</param>
public sealed record RelivedCase(ImmutableArray<DutyClock> Running, ImmutableArray<EndedClock> Ended, ImmutableArray<Claim> Words)
{
    // As exact as receipts are. A hub looks a moment later, but says what is due before it takes what comes in between.
    private static readonly Duration Microsecond = Duration.FromTicks(10);

    /// <summary>Lives it up to a moment. What the hub itself has said among the claims is left out.</summary>
    public static RelivedCase Of(SlaBook book, CaseFacts facts, Instant openedAt, IEnumerable<Claim> claims, Instant until)
    {
        var life = new Life(book, facts, openedAt);
        if (!facts.IsSighting)
            foreach (var claim in Clocks.InOrderOfReceipt(claims.Where(claim => claim.Judgement is null && claim.ReceivedAt < until)))
            {
                life.LookUntil(claim.ReceivedAt);
                life.Take(claim);
            }
        return life.LookUntil(until);
    }

    /// <summary>The case as it is being lived.</summary>
    private sealed class Life(SlaBook book, CaseFacts facts, Instant openedAt)
    {
        private readonly List<Claim> _heard = [];
        private readonly ImmutableArray<EndedClock>.Builder _ended = ImmutableArray.CreateBuilder<EndedClock>();
        private readonly ImmutableArray<Claim>.Builder _words = ImmutableArray.CreateBuilder<Claim>();
        private Course _course = Course.At(CaseState.Of(facts));
        private CaseWatch _watch = CaseWatch.Nothing;
        private Instant _now = Instant.MinValue;

        public RelivedCase LookUntil(Instant until)
        {
            while (_heard.Count > 0 && HubWords.NextLook(book, _course.State, _watch, _now) is { } next && LookAt(Instant.Max(next, _now)) is var at && at < until)
            {
                _now = at;
                foreach (var word in HubWords.Due(book, _course.State, _watch, at))
                {
                    var said = word with { ReceivedAt = _watch.HeardUpTo is { } last && at <= last ? last + Microsecond : at };
                    _words.Add(said);
                    Take(said);
                }
            }
            return new(Clocks.GiveBack(book, _watch, until).Running, _ended.ToImmutable(), _words.ToImmutable());
        }

        public void Take(Claim claim)
        {
            _heard.Add(claim);
            _now = Instant.Max(_now, claim.ReceivedAt);
            (_course, _watch, _, var over) = Clocks.Receive(book, facts, openedAt, _course, _watch, claim, _heard);
            _ended.AddRange(over);
        }

        // Before the opening there is nothing to look at, and while no hub was at work, nobody looked.
        private Instant LookAt(Instant due)
        {
            due = Instant.Max(due, openedAt);
            foreach (var closure in book.Closures)
                if (closure.Organization is null && closure.From <= due && due < closure.Until) due = closure.Until;
            return due + Microsecond;
        }
    }
}
