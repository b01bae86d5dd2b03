using NodaTime;

namespace IncidentTracker.Domain.Tests;

/// <summary>A hub without machinery: takes claims as they come in, and looks at the clocks the moment a look is due.</summary>
internal sealed class Watchman(CaseFacts facts, Instant openedAt, SlaBook? book = null)
{
    private readonly SlaBook _book = book ?? SlaBook.Default;
    private readonly List<Claim> _heard = [];
    private Instant _now = Instant.MinValue;
    private Course _course = Course.At(CaseState.Of(facts));

    public CaseWatch Watch { get; private set; } = CaseWatch.Nothing;

    public CaseState State => _course.State;

    public IReadOnlyList<Claim> Heard => _heard;

    public IEnumerable<Claim> Words => _heard.Where(claim => claim.Judgement is not null);

    public List<EndedClock> Ended { get; } = [];

    /// <summary>Lives through the claims and then on until a moment.</summary>
    public static Watchman Live(CaseFacts facts, IEnumerable<Claim> claims, Instant until, SlaBook? book = null)
    {
        var inOrder = Clocks.InOrderOfReceipt(claims).ToArray();
        var watchman = new Watchman(facts, inOrder[0].ReceivedAt, book);
        foreach (var claim in inOrder)
        {
            watchman.LookUntil(claim.ReceivedAt);
            watchman.Take(claim);
        }
        watchman.LookUntil(until);
        return watchman;
    }

    /// <summary>Looks whenever something is due, up to a moment.</summary>
    public void LookUntil(Instant until)
    {
        for (var looks = 0; HubWords.NextLook(_book, State, Watch, _now) is { } at && at < until; looks++)
        {
            Assert.True(looks < 1000, "The hub never stops looking.");
            Look(Instant.Max(at, _now) + Duration.FromTicks(10));
        }
    }

    /// <summary>Looks once, and says how much there was to say.</summary>
    public int Look(Instant now)
    {
        _now = now;
        var words = HubWords.Due(_book, State, Watch, now);
        foreach (var word in words) Take(word);
        return words.Length;
    }

    public void Take(Claim claim)
    {
        if (Watch.HeardUpTo is { } last && claim.ReceivedAt <= last) claim = claim with { ReceivedAt = last + Duration.FromTicks(10) };
        _heard.Add(claim);
        _now = Instant.Max(_now, claim.ReceivedAt);
        (_course, Watch, _, var ended) = Clocks.Receive(_book, facts, openedAt, _course, Watch, claim, _heard);
        Ended.AddRange(ended);
    }

    public static string Written(Claim word) =>
        $"{NodaTime.Text.InstantPattern.CreateWithInvariantCulture("MM-dd HH:mm").Format(word.ReceivedAt)} {word.StatusCode} {word.Judgement!.Party} {(word.StatusCode == HubWords.Escalated ? word.Judgement.Stage : "")}".TrimEnd();
}
