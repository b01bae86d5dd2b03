using NodaTime;

namespace IncidentTracker.Domain.Tests;

/// <summary>What holds for the ledger of every case.</summary>
public sealed class LedgerLawTests
{
    private static readonly SlaBook Book = SlaBook.Default;

    [Fact]
    public void Every_second_of_a_life_belongs_to_exactly_one_and_no_other_second_to_anybody() => Obey(700, (told, openedAt, now) =>
    {
        var ledger = Tell(told, openedAt, now);

        Assert.All(ledger.Spans, span => Assert.True(span.From < span.Until));
        Assert.All(ledger.Spans.Zip(ledger.Spans.Skip(1)), pair => Assert.True(pair.First.Until <= pair.Second.From));
        Assert.All(ledger.Spans.Zip(ledger.Spans.Skip(1)).Where(pair => pair.First.Until == pair.Second.From), pair =>
            Assert.NotEqual((pair.First.Who, pair.First.Reason, pair.First.Status), (pair.Second.Who, pair.Second.Reason, pair.Second.Status)));

        // What the whole fold of everything heard so far says about each stretch between two receipts.
        var lifetime = Duration.Zero;
        foreach (var (from, until) in Stretches(told, openedAt, now))
        {
            var covering = ledger.Spans.Where(span => span.From <= from && span.Until >= until).ToArray();
            var touching = ledger.Spans.Count(span => span.From < until && span.Until > from);
            var state = Fold.All(told.Facts, Heard(told, openedAt, from)).State;
            if (state.Items.All(item => item.Phase == Phase.Closed))
            {
                Assert.Equal(0, touching);
                continue;
            }
            lifetime += until - from;
            Assert.Equal(1, touching);
            Assert.Single(covering);
        }
        Assert.Equal(lifetime, ledger.Lifetime);
        Assert.Equal(lifetime, ledger.Totals.Aggregate(Duration.Zero, (sum, total) => sum + total.Length));
        Assert.Equal(ledger.Totals.Length, ledger.Totals.Select(total => total.Who).Distinct().Count());
    });

    [Fact]
    public void It_belongs_to_whom_the_clock_of_the_worst_bag_runs_against() => Obey(700, (told, openedAt, now) =>
    {
        var ledger = Tell(told, openedAt, now);
        foreach (var (from, _) in Stretches(told, openedAt, now))
        {
            var heard = Heard(told, openedAt, from).ToArray();
            var story = Fold.All(told.Facts, heard);
            if (ledger.Spans.SingleOrDefault(span => span.From <= from && span.Until > from) is not { } span) continue;

            var worst = story.State.Worst;
            var clock = Clocks.All(Book, told.Facts, openedAt, heard).Watch.Running.SingleOrDefault(clock => clock.ItemId == worst.Id && clock.Track == Track.Main);
            switch (span.Reason)
            {
                case LedgerReason.NextWord:
                    Assert.Equal((span.Who, span.Status), (clock?.Party, clock?.Status));
                    break;
                case LedgerReason.InCharge:
                    Assert.Null(clock);
                    Assert.Equal(story.State.Owner, span.Who);
                    Assert.NotNull(span.Who);
                    break;
                case LedgerReason.Disputed:
                    Assert.Equal((null, true), (span.Who, worst.IsDisputed));
                    break;
                default:
                    Assert.Equal((null, true, SlaRule.Dispute), (span.Who, worst.InDispute is not null, clock?.Status));
                    break;
            }
            Assert.NotEqual("", span.Why);
        }
    });

    [Fact]
    public void The_order_of_the_list_plays_no_part() => Obey(700, (told, openedAt, now) =>
    {
        var shuffled = told.Claims.ToArray();
        told.Dice.Shuffle(shuffled);

        Assert.Equal(Tell(told, openedAt, now).Spans.AsEnumerable(), Ledger.Of(Book, told.Facts, openedAt, shuffled, now).Spans);
    });

    [Fact]
    public void What_becomes_known_later_never_changes_whose_time_it_was() => Obey(700, (told, openedAt, now) =>
    {
        var whole = Tell(told, openedAt, now);
        foreach (var (_, until) in Stretches(told, openedAt, now))
        {
            var then = Ledger.Of(Book, told.Facts, openedAt, told.Claims.Where(claim => Second(claim.ReceivedAt) < until), until);

            var seenNow = whole.Spans.Where(span => span.From < until).Select(span => span.Until > until ? span with { Until = until } : span);
            Assert.Equal(then.Spans.AsEnumerable(), seenNow);
        }
    });

    [Fact]
    public void What_the_hub_says_itself_moves_no_second() => Obey(200, (told, _, _) =>
    {
        var last = told.Claims.Max(claim => claim.ReceivedAt) + Duration.FromHours(9);
        var heard = Watchman.Live(told.Facts, told.Claims, last).Heard;
        var openedAt = heard.Min(claim => claim.ReceivedAt);

        Assert.Equal(
            Ledger.Of(Book, told.Facts, openedAt, heard.Where(claim => claim.Judgement is null), last).Spans.AsEnumerable(),
            Ledger.Of(Book, told.Facts, openedAt, heard, last).Spans);
    });

    [Fact]
    public void The_cases_these_laws_are_tried_on_have_every_reason_and_many_owners()
    {
        var spans = new List<LedgerSpan>();
        var reopened = 0;
        Obey(3000, (told, openedAt, now) =>
        {
            var ledger = Tell(told, openedAt, now);
            spans.AddRange(ledger.Spans);
            reopened += ledger.Spans.Zip(ledger.Spans.Skip(1)).Count(pair => pair.First.Until < pair.Second.From);
        });

        Assert.All(Enum.GetValues<LedgerReason>(), reason => Assert.True(spans.Count(span => span.Reason == reason) >= 5, $"{reason}: {spans.Count(span => span.Reason == reason)}"));
        Assert.True(reopened >= 3, $"{reopened} reopened");
        Assert.True(spans.Select(span => span.Who).Distinct().Count() >= 10);
        Assert.Contains(spans, span => span.Who == OrganizationId.Customer);
    }

    private static void Obey(int cases, Action<AnyCase, Instant, Instant> law) => AnyCase.Obey(cases, told =>
    {
        if (told.Facts.IsSighting || told.Claims.IsEmpty) return;
        var dice = told.Dice;
        // Moments with parts of a second, an opening among the first claims, and a now after the last.
        told = told with { Claims = [.. told.Claims.Select(claim => claim with { ReceivedAt = claim.ReceivedAt + Duration.FromMilliseconds(dice.Next(3_000)) })] };
        var openedAt = told.Claims.Min(claim => claim.ReceivedAt) + Duration.FromMilliseconds(dice.Next(3) == 0 ? 0 : dice.Next(20_000_000));
        law(told, openedAt, Instant.Max(openedAt, told.Claims.Max(claim => claim.ReceivedAt)) + Duration.FromMilliseconds(1_000 + dice.Next(50_000_000)));
    });

    private static Ledger Tell(AnyCase told, Instant openedAt, Instant now) => Ledger.Of(Book, told.Facts, openedAt, told.Claims, now);

    private static IEnumerable<Claim> Heard(AnyCase told, Instant openedAt, Instant at) => told.Claims.Where(claim => Second(Instant.Max(claim.ReceivedAt, openedAt)) <= at);

    private static IEnumerable<(Instant From, Instant Until)> Stretches(AnyCase told, Instant openedAt, Instant now)
    {
        var moments = told.Claims.Select(claim => Second(Instant.Max(claim.ReceivedAt, openedAt))).Append(Second(openedAt)).Append(Second(now)).Distinct().Order().ToArray();
        return moments.Zip(moments.Skip(1));
    }

    private static Instant Second(Instant moment) => Instant.FromUnixTimeSeconds(moment.ToUnixTimeSeconds());
}
