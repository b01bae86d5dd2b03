using NodaTime;

namespace IncidentTracker.Domain.Tests;

/// <summary>What holds for every case, whatever is said about it, by whomever and in whichever order.</summary>
public sealed class LawTests
{
    [Fact]
    public void The_order_of_arrival_plays_no_part() => AnyCase.Obey(1200, told =>
    {
        var shuffled = told.Claims.ToArray();
        told.Dice.Shuffle(shuffled);

        Assert.Equal(Written.Of(told.Tell()), Written.Of(Fold.All(told.Facts, shuffled)));
    });

    [Fact]
    public void Adding_one_claim_at_a_time_comes_to_the_same_as_telling_everything_again() => AnyCase.Obey(1500, told =>
    {
        var arrived = told.Dice.Next(2) == 0 ? [.. told.Claims.OrderBy(claim => claim.ReceivedAt)] : told.Claims;
        var state = CaseState.Of(told.Facts);
        for (var count = 1; count <= arrived.Length; count++)
        {
            var story = Fold.All(told.Facts, arrived.Take(count));
            if (Fold.Append(told.Facts, state, arrived[count - 1]) is { } appended)
            {
                Assert.Equal(Written.Of(story.State), Written.Of(appended.State));
                Assert.Equal(story.Of(arrived[count - 1]).Marks, appended.Marks);
                state = appended.State;
            }
            else
            {
                state = story.State;
            }
        }
    });

    [Fact]
    public void Putting_a_late_claim_among_the_last_steps_comes_to_the_same_as_telling_everything_again()
    {
        var putBetween = 0;
        AnyCase.Obey(2200, told =>
        {
            var arrived = told.Dice.Next(2) == 0 ? [.. told.Claims.OrderBy(claim => claim.ReceivedAt)] : told.Claims;
            var course = Course.At(CaseState.Of(told.Facts));
            for (var count = 1; count <= arrived.Length; count++)
            {
                var story = Fold.All(told.Facts, arrived.Take(count));
                if (course.With(told.Facts, arrived[count - 1]) is { } step)
                {
                    if (Fold.Append(told.Facts, course.State, arrived[count - 1]) is null) putBetween++;
                    Assert.Equal(Written.Of(story.State), Written.Of(step.Course.State));
                    Assert.Equal(story.Of(arrived[count - 1]).Marks, step.Marks);
                    course = step.Course;
                }
                else
                {
                    course = story.Course;
                }
            }
        });

        Assert.True(putBetween > 500, $"Only {putBetween} claims were late by little: the law was hardly tried.");
    }

    [Fact]
    public void News_in_the_order_of_events_is_added_without_looking_back()
    {
        var facts = Told.Case();
        var (state, _) = Fold.Append(facts, CaseState.Of(facts), Told.By("IH").At("07-06 13:57").Says("REPORTED"))!.Value;

        Assert.NotNull(Fold.Append(facts, state, Told.By("XB").At("07-06 14:02").Says("ACKNOWLEDGED")));
        Assert.Null(Fold.Append(facts, state, Told.By("XB").At("07-06 08:41").Says("PRE_ALERTED")));
    }

    [Fact]
    public void A_plan_or_an_estimate_never_changes_where_a_bag_is() => AnyCase.Obey(700, any =>
    {
        var told = any.WithEveryone();
        var plan = AnyCase.AnyClaim(told.Dice, "plan", told.Facts.Items.Length) with { Classifier = (Classifier)told.Dice.Next(1, 3) };

        Assert.Equal(WithoutPlans(told.Tell()), WithoutPlans(told.Tell(plan)));
    });

    [Fact]
    public void Saying_a_thing_twice_changes_nothing() => AnyCase.Obey(700, told =>
    {
        var once = told.Tell();
        var corrected = told.Claims.Select(claim => claim.Correction?.Target).ToHashSet();
        if (told.Claims.FirstOrDefault(claim => claim is { Happened: not null, Correction: null } && !corrected.Contains(claim.Id)) is not { } said) return;

        var again = said with { UpdateId = "again", ReceivedAt = told.Claims.Max(claim => claim.ReceivedAt) + Duration.FromMinutes(7), PartnerSequence = told.Dice.Next(4) };
        var twice = told.Tell(again);

        Assert.Equal(Written.WhereItStands(once), Written.WhereItStands(twice));
        Assert.Equal((once.State.HeardAt, once.State.HeardFrom), (twice.State.HeardAt, twice.State.HeardFrom));
        Assert.Equal(Written.Entries(once), Written.Entries(twice with { Entries = twice.Entries.RemoveAll(entry => entry.Claim.UpdateId == "again") }));
        Assert.True(twice.Of(again).Is(Marks.ProbableDuplicate));
    });

    [Fact]
    public void A_strangers_word_counts_once_it_is_invited_and_then_from_its_own_moment() => AnyCase.Obey(700, any =>
    {
        var stranger = new OrganizationId("ZX");
        var reporter = new Reporter(stranger, (OrganizationKind)any.Dice.Next(1, 9), []);
        var told = any with { Facts = any.Facts with { Owner = any.Facts.Owner ?? new("XB") } };
        var dice = told.Dice;
        Claim[] words = [.. Enumerable.Range(0, 4).Select(number => AnyCase.AnyClaim(dice, $"x{number}", told.Facts.Items.Length) with { Reporter = reporter, OnBehalfOf = null })];
        var invitation = Told.By("XB").At("07-09 10:00").Asks("ZX");
        var invited = told with { Facts = told.Facts with { Parties = told.Facts.Parties.Add(stranger) } };

        var unknown = told.Tell(words);

        Assert.Equal(Written.WhereItStands(told.Tell()), Written.WhereItStands(unknown));
        Assert.Equal(told.Tell().State.Parties.AsEnumerable(), unknown.State.Parties);
        Assert.Contains(stranger, unknown.State.Waiting);
        Assert.Equal(Written.Of(invited.Tell([.. words, invitation])), Written.Of(told.Tell([.. words, invitation])));
    });

    [Fact]
    public void What_only_its_sender_may_read_moves_nothing_that_others_see() => AnyCase.Obey(1200, told =>
    {
        var dice = told.Dice;
        Claim[] notes = [.. Enumerable.Range(0, 4).Select(number => AnyCase.AnyClaim(dice, $"x{number}", told.Facts.Items.Length).ForItself())];
        if (told.Claims.FirstOrDefault(claim => !claim.IsInternal) is { } said)
            notes[0] = notes[0] with { Reporter = said.Reporter, Correction = new(CorrectionKind.Void, said.Id, CorrectionReason.DidNotOccur) };

        var (without, with) = (told.Tell(), told.Tell(notes));

        Assert.Equal(Written.WhereItStands(without), Written.WhereItStands(with));
        Assert.Equal(without.State.Parties.AsEnumerable(), with.State.Parties);
        Assert.Equal((without.State.HeardAt, without.State.HeardFrom), (with.State.HeardAt, with.State.HeardFrom));
        Assert.Equal((DamageWindow.Of(without)?.Until, DamageWindow.Of(without)?.From), (DamageWindow.Of(with)?.Until, DamageWindow.Of(with)?.From));
        Assert.Equal(ForOthers(without), ForOthers(with));

        static IEnumerable<string> ForOthers(Story story) => Written.Entries(story with { Entries = story.Entries.RemoveAll(entry => entry.Claim.IsInternal) });
    });

    [Fact]
    public void A_closed_case_stays_closed_until_it_is_opened_again() => AnyCase.Obey(700, any =>
    {
        var told = any.WithEveryone();
        var owner = told.Tell().State.Owner ?? new("XB");
        var close = Told.By("XB").At("07-20 10:00").Says("CLOSED_RETURNED") with { Reporter = new(owner, OrganizationKind.Airline, []) };
        var closed = told.Tell(close);

        var dice = told.Dice;
        var later = Enumerable.Range(0, 5).Select(number => Later(AnyCase.AnyClaim(dice, $"later{number}", told.Facts.Items.Length)));
        var after = told.Tell([close, .. later]);

        Assert.All(after.State.Items, item => Assert.Equal(Phase.Closed, item.Phase));
        Assert.Equal(closed.State.Items.Select(item => item.Holding), after.State.Items.Select(item => item.Holding));
        Assert.Equal(closed.Custody.AsEnumerable(), after.Custody);
    });

    [Fact]
    public void What_was_withdrawn_has_never_been_said() => AnyCase.Obey(1200, any =>
    {
        var told = any.WithEveryone();
        var wrong = AnyCase.Pick(told.Dice, told.Claims);
        // A withdrawn match takes more than itself with it.
        if (wrong.StatusCode == "MATCH_CONFIRMED") return;
        var withdrawal = wrong with
        {
            UpdateId = "withdrawal",
            StatusCode = "",
            Custody = null,
            Eta = null,
            Flight = null,
            Assignment = null,
            Correction = new(CorrectionKind.Void, wrong.Id, CorrectionReason.DidNotOccur),
        };

        Assert.Equal(
            Written.WhereItStands(Fold.All(told.Facts, told.Claims.Remove(wrong))),
            Written.WhereItStands(told.Tell(withdrawal)));
        Assert.NotNull(told.Tell(withdrawal).Of(wrong).WithdrawnAt);
    });

    [Fact]
    public void The_cases_these_laws_are_tried_on_are_as_odd_as_the_world()
    {
        var stories = Enumerable.Range(1, 2000).Select(seed => AnyCase.From(seed * 7919).Tell()).ToArray();
        var entries = stories.SelectMany(story => story.Entries).ToArray();

        Assert.All(Enum.GetValues<Marks>().Where(mark => mark != Marks.None), mark => Assert.True(entries.Count(entry => entry.Is(mark)) >= 5, mark.ToString()));
        Assert.All(Enum.GetValues<Phase>(), phase => Assert.Contains(stories, story => story.State.Worst.Phase == phase));
        Assert.Contains(stories, story => story.Custody.Any(span => span.Proven));
        Assert.Contains(stories, story => story.State.Items.Any(item => item.IsDisputed));
        Assert.Contains(stories, story => story.State.Owner is { } owner && owner != new OrganizationId("XB"));
    }

    private static string WithoutPlans(Story story) => Written.WhereItStands(story with
    {
        Course = Course.At(story.State with { Items = [.. story.State.Items.Select(item => item with { Eta = null, Flight = null })] }),
    });

    private static Claim Later(Claim claim) => claim with
    {
        Happened = claim.Happened is { } happened ? happened with { At = happened.At + Duration.FromDays(20) } : null,
        ReceivedAt = claim.ReceivedAt + Duration.FromDays(20),
        StatusCode = claim.StatusCode is "REOPENED" ? "TRACING" : claim.StatusCode,
    };
}
