using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain.Tests;

/// <summary>What holds for the scorecards of all cases.</summary>
public sealed class ScorecardLawTests
{
    private static readonly ScorePeriod Ever = new(Instant.FromUtc(2000, 1, 1, 0, 0), Instant.FromUtc(2100, 1, 1, 0, 0));

    [Fact]
    public void Every_clock_of_a_party_stands_in_exactly_one_period_once() => Obey(200, (told, openedAt, now) =>
    {
        var (watch, ended) = Clocks.All(SlaBook.Default, told.Facts, openedAt, told.Claims);
        var clocks = watch.Running.Concat(ended.Select(end => end.Clock)).Where(clock => clock.Party != OrganizationId.Customer).Select(clock => (clock.Party.Value, clock.Number)).Order().ToArray();

        Assert.Equal(clocks, Rows(Score(told, openedAt, Ever, now)).Order());
        Assert.Equal(clocks, Cut(told).SelectMany(period => Rows(Score(told, openedAt, period, now))).Order());
    });

    [Fact]
    public void The_seconds_of_the_scorecards_are_those_of_the_ledger() => Obey(200, (told, openedAt, now) =>
    {
        var ledger = Ledger.Of(SlaBook.Default, told.Facts, openedAt, told.Claims, now);
        var scores = Score(told, openedAt, Ever, now);

        Assert.Equal(
            ledger.Totals.Where(total => total.Who is { } who && who != OrganizationId.Customer).Select(total => (total.Who!.Value.Value, total.Length)).Order(),
            scores.Where(score => score.Time > Duration.Zero).Select(score => (score.Party.Value, score.Time)).Order());
        foreach (var score in scores)
        {
            Assert.Equal(score.Time, Sum(Cut(told).Select(period => Time(Score(told, openedAt, period, now), score.Party).Time)));
            Assert.Equal(score.Waiting, Sum(Cut(told).Select(period => Time(Score(told, openedAt, period, now), score.Party).Waiting)));
            Assert.Equal(Waited(score, ledger, now), score.Waiting);
        }
    });

    [Fact]
    public void Totals_are_the_sum_over_the_cases_in_whatever_order_they_come() => Obey(80, (told, openedAt, now) =>
    {
        var cases = Enumerable.Range(0, 6).Select(i => Score(AnyCase.From(told.Seed + i), openedAt, Ever, now, $"case {i}")).Append(Score(told, openedAt, Ever, now)).ToArray();
        var shuffled = cases.ToArray();
        told.Dice.Shuffle(shuffled);
        var cards = cases.Aggregate(Scorecard.Nobody, (all, scores) => Scorecard.Add(all, scores));

        Assert.Equal(Text(cards), Text(shuffled.Aggregate(Scorecard.Nobody, (all, scores) => Scorecard.Add(all, scores))));
        foreach (var (party, card) in cards)
        {
            var scores = cases.SelectMany(scores => scores).Where(score => score.Party.Value == party).ToArray();
            Assert.Equal((scores.Length, scores.Sum(score => score.Clocks.Length), scores.Sum(score => score.Contacts)), (card.Cases, card.Raw.Clocks, card.Contacts));
            Assert.Equal((Sum(scores.Select(score => score.Time)), Sum(scores.Select(score => score.Waiting))), (card.Time, card.Waiting));
            Assert.Equal(card.Raw.Clocks, card.ByStatus.Values.Sum(tally => tally.Clocks));
            Assert.Equal((card.Adjusted.Clocks, card.Adjusted.Late, card.Adjusted.Silent), (card.Raw.Clocks, card.Raw.Late, card.Raw.Silent));
        }
    });

    [Fact]
    public void What_comes_later_never_changes_a_period_whose_clocks_have_ended()
    {
        var compared = 0;
        Obey(200, (told, openedAt, now) =>
        {
            foreach (var then in told.Claims.Select(claim => claim.ReceivedAt + Duration.FromSeconds(1)).Where(then => then > openedAt))
            {
                var period = new ScorePeriod(openedAt - Duration.FromDays(1), then);
                var known = told with { Claims = [.. told.Claims.Where(claim => claim.ReceivedAt < then)] };
                if (Score(known, openedAt, period, then).Any(score => score.Clocks.Any(clock => clock.EndedAt is null))) continue;
                compared++;
                Assert.Equal(Text(Scorecard.Add(Scorecard.Nobody, Score(known, openedAt, period, then))), Text(Scorecard.Add(Scorecard.Nobody, Score(told, openedAt, period, now))));
            }
        });
        Assert.True(compared > 150, $"{compared}");
    }

    [Fact]
    public void What_the_hub_says_itself_moves_no_score() => Obey(80, (told, openedAt, now) =>
    {
        var heard = Watchman.Live(told.Facts, told.Claims, now).Heard;
        var (with, without) = (told with { Claims = [.. heard] }, told with { Claims = [.. heard.Where(claim => claim.Judgement is null)] });
        var opened = heard.Min(claim => claim.ReceivedAt);

        // The stage of a clock is what the hub has said about it, and no part of a score.
        Assert.Equal(Text(Scorecard.Add(Scorecard.Nobody, Score(without, opened, Ever, now))), Text(Scorecard.Add(Scorecard.Nobody, Score(with, opened, Ever, now))));
    });

    private static void Obey(int cases, Action<AnyCase, Instant, Instant> law) => AnyCase.Obey(cases, told =>
    {
        if (told.Facts.IsSighting || told.Claims.IsEmpty) return;
        var dice = told.Dice;
        told = told with { Claims = [.. told.Claims.Select(claim => claim with { ReceivedAt = claim.ReceivedAt + Duration.FromMilliseconds(dice.Next(3_000)) })] };
        var openedAt = told.Claims.Min(claim => claim.ReceivedAt) + Duration.FromMinutes(told.Dice.Next(3) == 0 ? told.Dice.Next(300) : 0);
        law(told, openedAt, Instant.Max(openedAt, told.Claims.Max(claim => claim.ReceivedAt)) + Duration.FromMinutes(told.Dice.Next(3000)) + Duration.FromMilliseconds(1500));
    });

    private static ImmutableArray<CaseScore> Score(AnyCase told, Instant openedAt, ScorePeriod period, Instant now, string name = "case") =>
        CaseScore.Of(name, SlaBook.Default, told.Facts, openedAt, told.Claims, _ => false, period, now);

    private static IEnumerable<(string, int)> Rows(IEnumerable<CaseScore> scores) => scores.SelectMany(score => score.Clocks.Select(clock => (score.Party.Value, clock.Clock.Number)));

    private static CaseScore Time(ImmutableArray<CaseScore> scores, OrganizationId party) =>
        scores.SingleOrDefault(score => score.Party == party) ?? new("", party, [], Duration.Zero, Duration.Zero, 0, []);

    /// <summary>All of time, cut at a few moments of the case.</summary>
    private static IEnumerable<ScorePeriod> Cut(AnyCase told)
    {
        var dice = new Random(told.Seed);
        Instant[] at = [Ever.From, .. told.Claims.Where(_ => dice.Next(4) == 0).Select(claim => claim.ReceivedAt + Duration.FromMinutes(dice.Next(200))).Distinct().Order(), Ever.To];
        return at.Zip(at.Skip(1), (from, to) => new ScorePeriod(from, to));
    }

    // From boundary to boundary: in each stretch the party's time and an overdue word of it either both run or not.
    private static Duration Waited(CaseScore score, Ledger ledger, Instant now)
    {
        var overdue = score.Clocks.Where(clock => clock.Overdue > Duration.Zero).Select(clock => (From: Second(clock.Clock.DueAt), Until: Second(clock.EndedAt ?? now))).ToArray();
        var boundaries = ledger.Spans.SelectMany(span => new[] { span.From, span.Until }).Concat(overdue.SelectMany(one => new[] { one.From, one.Until })).Distinct().Order().ToArray();
        return Sum(boundaries.Zip(boundaries.Skip(1)).Where(stretch => overdue.Any(one => one.From <= stretch.First && stretch.Second <= one.Until)
            && ledger.Spans.Any(span => span.Who == score.Party && span.From <= stretch.First && stretch.Second <= span.Until)).Select(stretch => stretch.Second - stretch.First));
    }

    private static string Text(IEnumerable<KeyValuePair<string, Scorecard>> cards) => string.Join('\n', cards.Where(card => card.Value.Raw.Clocks + card.Value.Lags.Reports > 0 || card.Value.Time > Duration.Zero).Select(one =>
    {
        var card = one.Value;
        return $"{one.Key} {card.Cases} {card.Raw} {card.Adjusted} {card.HandledInTime} {card.GivenBack} {card.Time} {card.Waiting} {card.Contacts} [{string.Join(' ', card.ByStatus)}] [{string.Join(' ', card.Lags.Seconds)}] "
            + $"[{string.Join("; ", card.Longest.Select(late => $"{late.Case} {late.Clock.Clock with { Stage = ClockStage.Running }} {late.Clock.Overdue}"))}]";
    }));

    private static Duration Sum(IEnumerable<Duration> lengths) => lengths.Aggregate(Duration.Zero, (sum, length) => sum + length);

    private static Instant Second(Instant moment) => Instant.FromUnixTimeSeconds(moment.ToUnixTimeSeconds());
}
