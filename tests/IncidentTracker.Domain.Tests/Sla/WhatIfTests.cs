using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

/// <summary>What would have been, had another book held.</summary>
public sealed class WhatIfTests
{
    private static readonly Instant Opened = On("07-06 14:02");
    private static readonly ScorePeriod July = new(On("07-01 00:00"), On("07-31 00:00"));
    private static readonly Duration SweepsWithin = Duration.FromMilliseconds(5);

    private static readonly Claim[] Searched =
    [
        By("XB").At("07-06 14:02").Says("ACKNOWLEDGED"),
        By("TRW").At("07-06 14:10").Says("TRACING"),
        By("TRW").At("07-06 17:30").Says("LAST_SEEN"),
    ];

    private static SlaBook Strict => SlaFile.Book(SlaFile.Read("""
        { "agreements": [{ "id": "quick", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "organization": "TRW" }, "rules": [{ "status": "TRACING", "within": "PT2H" }] }] }
        """), []);

    [Fact]
    public void Less_time_makes_a_breach_that_was_none_and_says_whose_it_would_have_been()
    {
        var told = new WhatIf().With(CaseDifference.Of("A", SlaBook.Default, Strict, Case(), Opened, Searched, July, On("07-06 18:00")));

        Assert.Equal((1, 1), (told.Cases, told.Differing));
        Assert.Equal((("TRW", "TRACING"), new BreachDifference(0, 1, 1, 0)), (Assert.Single(told.Breaches).Key, told.Breaches.Values.Single()));
        Assert.Equal((0, 1), told.Words[HubWords.Breached]);
        var clock = Assert.Single(Assert.Single(told.First).Clocks, pair => pair.Differs);
        Assert.Equal((On("07-06 18:10"), On("07-06 16:10")), (clock.Before!.Clock.DueAt, clock.After!.Clock.DueAt));
    }

    [Fact]
    public void More_time_takes_a_breach_away()
    {
        var told = new WhatIf().With(CaseDifference.Of("A", Strict, SlaBook.Default, Case(), Opened, Searched, July, On("07-06 18:00")));

        Assert.Equal(new BreachDifference(1, 0, 0, 1), told.Breaches[("TRW", "TRACING")]);
    }

    [Fact]
    public void What_lies_outside_the_period_is_not_compared()
    {
        var august = new ScorePeriod(July.To, July.To + Duration.FromDays(31));

        Assert.Empty(CaseDifference.Of("A", SlaBook.Default, Strict, Case(), Opened, Searched, august, On("07-06 18:00")).Clocks);
    }

    [Fact]
    public void Only_so_many_cases_are_shown_and_all_are_counted()
    {
        var one = CaseDifference.Of("A", SlaBook.Default, Strict, Case(), Opened, Searched, July, On("07-06 18:00"));
        var told = Enumerable.Repeat(one, WhatIf.Shown + 5).Aggregate(new WhatIf(), (sum, difference) => sum.With(difference));

        Assert.Equal((WhatIf.Shown + 5, WhatIf.Shown), (told.Differing, told.First.Length));
    }

    [Fact]
    public void The_book_that_held_gives_exactly_the_words_that_were_said() => AnyCase.Obey(700, told =>
    {
        if (told.Facts.IsSighting || told.Claims.IsEmpty) return;
        var book = AnyBook(told.Dice);
        var until = told.Claims.Max(claim => claim.ReceivedAt) + Duration.FromDays(told.Dice.Next(12)) + Duration.FromSeconds(30);
        var lived = Watchman.Live(told.Facts, told.Claims, until, book);

        var again = RelivedCase.Of(book, told.Facts, told.Claims.Min(claim => claim.ReceivedAt), lived.Heard, until);

        Assert.Equal(lived.Words.Select(Name), again.Words.Select(Name));
        Assert.All(lived.Words.Zip(again.Words), pair => Assert.True((pair.First.ReceivedAt - pair.Second.ReceivedAt) is var late && late >= -SweepsWithin && late <= SweepsWithin, $"{pair.First.UpdateId} {pair.First.ReceivedAt} {pair.Second.ReceivedAt}"));
        Assert.Equal(lived.Ended, again.Ended.AsEnumerable());
        Assert.Equal(Clocks.GiveBack(book, lived.Watch, until).Running.AsEnumerable(), again.Running);
        Assert.False(CaseDifference.Of("", book, book, told.Facts, told.Claims.Min(claim => claim.ReceivedAt), lived.Heard, July, until).Differs);
    });

    [Fact]
    public void Another_book_than_the_one_that_held_shows()
    {
        var differing = 0;
        AnyCase.Obey(200, told =>
        {
            if (told.Facts.IsSighting || told.Claims.IsEmpty) return;
            if (CaseDifference.Of("", SlaBook.Default, AnyBook(told.Dice), told.Facts, told.Claims.Min(claim => claim.ReceivedAt), told.Claims, July, On("07-12 00:00")).Differs) differing++;
        });
        Assert.True(differing > 8, $"{differing}");
    }

    /// <summary>An agreement, working hours and maintenance.</summary>
    private static SlaBook AnyBook(Random dice) => SlaFile.Book(SlaFile.Read($$"""
        {
          "calendars": [{ "id": "day", "version": 1, "zone": "Europe/Berlin", "week": [{ "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "FRIDAY"], "hours": ["08:00-12:00", "13:00-{{dice.Next(14, 20)}}:00"] }] }],
          "hours": [{ "organization": "{{AnyCase.Pick(dice, ["GO", "CQ", "XB"])}}", "calendar": "day/1", "activeFrom": "2026-07-06T{{dice.Next(10, 20)}}:00:00Z" }],
          "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-06T{{dice.Next(10, 20)}}:00:00Z", "for": { "kind": "DELAYED_BAG" }, "rules": [{ "status": "{{AnyCase.Pick(dice, ["ON_HAND", "MATCH_CONFIRMED", "TRACING"])}}", "within": "PT{{dice.Next(1, 90)}}M", "hours": "BUSINESS" }] }],
          "maintenance": [{ "organization": "{{AnyCase.Pick(dice, ["XA", "LH2"])}}", "from": "2026-07-06T{{dice.Next(10, 20)}}:00:00Z", "until": "2026-07-06T22:00:00Z", "reason": "New data centre" }]
        }
        """), []);

    private static (string, ClockStage, int) Name(Claim word) => (word.UpdateId, word.Judgement!.Stage, word.Judgement.Clock);
}
