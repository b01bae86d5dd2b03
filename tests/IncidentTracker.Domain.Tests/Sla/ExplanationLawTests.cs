using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain.Tests;

/// <summary>What holds for the explanation of every clock of every case, whenever its parties work.</summary>
public sealed class ExplanationLawTests
{
    [Fact]
    public void The_counted_segments_add_up_to_the_second_and_the_last_one_ends_where_the_word_is_due() => Obey(500, (book, clock, ended, told) =>
    {
        var counted = told.Segments.Where(segment => segment.Counts).ToArray();

        Assert.Equal(told.Elapsed, Sum(counted.Where(segment => segment.IsOver)));
        Assert.Equal(told.Given, told.Elapsed + told.Remaining);
        Assert.True(told.Remaining >= Duration.Zero);
        Assert.Equal(clock.StartedAt, told.Segments.IsEmpty ? clock.StartedAt : told.Segments[0].From);
        Assert.All(told.Segments.Zip(told.Segments.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.All(told.Segments, segment => Assert.True(segment.Length > Duration.Zero && segment.Counts == (segment.Why.Length == 0)));
        Assert.All(told.Segments, segment => Assert.Equal(segment.To <= told.AsOf, segment.IsOver));
        if (told.State == ClockState.Paused)
        {
            Assert.Empty(counted);
            Assert.Equal(clock.PausedUntil, told.Segments[^1].To);
            return;
        }
        Assert.Equal(told.Given, Sum(counted));
        // Since the last receipt the hub may have been away.
        Assert.Equal(ended is null ? book.GiveBack(clock, told.AsOf).DueAt : clock.DueAt, told.DueAt);
        Assert.Equal(told.DueAt, counted[^1].To);
        // What was given is what the policy gives, unless something was expected at a time of its own.
        var usual = CodeLists.DefaultPolicy.RuleFor(clock.Status)!;
        if (usual.AfterEta is null && book.Pinned(clock.Calendar).After(clock.StartedAt, clock.Length) is not null) Assert.Equal(clock.Length, told.Given);
        Assert.Equal(ended?.End.ToString() ?? "Running", told.State.ToString());
    });

    [Fact]
    public void Counted_is_when_the_party_works_and_nothing_else() => Obey(500, (book, clock, _, told) =>
    {
        if (told.Zone is not { } zone) return;
        var calendar = book.Pinned(clock.Calendar);
        foreach (var segment in told.Segments.Where(segment => !segment.Why.StartsWith("paused", StringComparison.Ordinal) && segment.Why is not ("away" or "maintenance")))
            foreach (var at in new[] { segment.From, segment.From + (segment.Length / 2), segment.To - Duration.Epsilon })
            {
                var local = at.InZone(DateTimeZoneProviders.Tzdb[zone]).LocalDateTime;
                var works = calendar.Holidays.All(holiday => holiday.Day != local.Date)
                    && calendar.Week.Any(hours => hours.Day == local.DayOfWeek && hours.Opens <= local.TimeOfDay && local.TimeOfDay < hours.Closes);
                Assert.Equal(works, segment.Counts);
            }
    });

    [Fact]
    public void A_clock_that_has_ended_is_explained_alike_whenever_one_asks() => Obey(200, (book, clock, ended, told) =>
    {
        if (ended is null) return;
        var later = Explanation.Of(book, clock, ended, told.AsOf + Duration.FromDays(900));

        Assert.Equal(told.Segments.AsEnumerable(), later.Segments);
        Assert.Equal((told.State, told.Elapsed, told.Overdue), (later.State, later.Elapsed, later.Overdue));
    });

    [Fact]
    public void A_policy_and_an_agreement_that_begin_while_a_clock_stands_still_move_nothing_and_breach_nothing()
    {
        var paused = 0;
        Obey(500, (book, clock, ended, told) =>
        {
            if (ended is not null) return;
            var usual = book.PolicyAt(told.AsOf);
            var hasty = usual with { Id = "hasty", Question = usual.Question with { Within = Duration.FromMinutes(1) }, PauseAtMost = Duration.FromMinutes(1), Rules = [.. usual.Rules.Select(rule => rule with { Within = Duration.FromMinutes(1), Steps = [], AfterEta = null, Pauses = false })], Escalation = [new(ClockStage.Mediator, 0.1)] };
            var changed = book with
            {
                Policies = book.Policies.Add(new(told.AsOf, hasty)),
                Agreements = [new(told.AsOf, new("hasty-too", 1, new(clock.Party, "", "", null, null), hasty.Rules, hasty.Escalation))],
            };
            if (told.State == ClockState.Paused) paused++;
            foreach (var days in new[] { 0, 1, 30 })
            {
                var (before, after) = (Explanation.Of(book, clock, null, told.AsOf + Duration.FromDays(days)), Explanation.Of(changed, clock, null, told.AsOf + Duration.FromDays(days)));
                Assert.Equal((before.Elapsed, before.Given, before.DueAt, before.State, before.Overdue), (after.Elapsed, after.Given, after.DueAt, after.State, after.Overdue));
                Assert.Equal(HubWords.NextStep(book, clock with { Stage = ClockStage.Breached }), HubWords.NextStep(changed, clock with { Stage = ClockStage.Breached }));
            }
        });
        Assert.True(paused >= 10, $"{paused}");
    }

    [Fact]
    public void No_sentence_is_without_its_moment_its_name_or_its_end() => Obey(200, (_, clock, _, told) =>
    {
        var sentences = told.Tell(Told.NameOf, "Europe/Lisbon");
        foreach (var sentence in new[] { sentences.Customer, sentences.Agent, sentences.Partner })
        {
            Assert.EndsWith(".", sentence, StringComparison.Ordinal);
            Assert.True(char.IsUpper(sentence[0]), sentence);
            Assert.DoesNotContain("  ", sentence, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("policy", sentences.Customer, StringComparison.Ordinal);
        Assert.DoesNotContain("_", sentences.Customer + sentences.Agent, StringComparison.Ordinal);
        if (clock.Party == OrganizationId.Customer) Assert.DoesNotContain("the customer", sentences.Customer, StringComparison.Ordinal);
    });

    [Fact]
    public void The_clocks_these_laws_are_tried_on_have_every_state_and_many_calendars()
    {
        var states = new List<ClockState>();
        var (byCalendar, givenBack) = (0, 0);
        Obey(900, (_, _, _, told) =>
        {
            states.Add(told.State);
            if (told.Zone is not null) byCalendar++;
            if (told.Segments.Any(segment => segment.Why is "away" or "maintenance")) givenBack++;
        });

        Assert.All(Enum.GetValues<ClockState>(), state => Assert.True(states.Count(one => one == state) >= 5, $"{state}: {states.Count(one => one == state)}"));
        Assert.True(byCalendar >= 150, $"{byCalendar} by calendar");
        Assert.True(givenBack >= 50, $"{givenBack} given back");
    }

    private static void Obey(int cases, Action<SlaBook, DutyClock, EndedClock?, Explanation> law) => AnyCase.Obey(cases, told =>
    {
        if (told.Facts.IsSighting || told.Claims.IsEmpty) return;
        var dice = told.Dice;
        var book = AnyBook(dice);
        // A case as the world tells it, with holds that pause; parts of a second, so that nothing is round by chance.
        var last = told.Claims.Max(claim => claim.ReceivedAt);
        Claim[] held = dice.Next(3) > 0 ? [] : [Held(last, "ON_HAND"), Held(last + Duration.FromMinutes(10), "HELD")];
        var claims = told.Claims.AddRange(held).Select(claim => claim with
        {
            ReceivedAt = claim.ReceivedAt + Duration.FromMilliseconds(dice.Next(3_000)),
            ReasonCode = claim.StatusCode == "HELD" ? "66" : claim.ReasonCode,
            Eta = claim.StatusCode == "HELD" ? new(claim.ReceivedAt + Duration.FromMinutes(dice.Next(6_000)), null, "Z") : claim.Eta,
        }).ToArray();
        var openedAt = claims.Min(claim => claim.ReceivedAt);
        var now = claims.Max(claim => claim.ReceivedAt) + Duration.FromSeconds(dice.Next(400_000));

        var (watch, ended) = Clocks.All(book, told.Facts, openedAt, claims);
        foreach (var clock in watch.Running) law(book, clock, null, Explanation.Of(book, clock, null, now));
        foreach (var over in ended) law(book, over.Clock, over, Explanation.Of(book, over.Clock, over, now));
    });

    private static Claim Held(Instant at, string status) => Told.By("GO").Says(status) with { ReceivedAt = at };

    private static SlaBook AnyBook(Random dice)
    {
        // Business hours for everything that is owed, so that every clock has arithmetic to explain.
        var policy = dice.Next(2) == 0 ? CodeLists.DefaultPolicy : CodeLists.DefaultPolicy.InWorkingHours(_ => true);
        return SlaBook.Default with
        {
            Policies = [new(Instant.MinValue, policy)],
            // In the order in which they begin: of two that overlap, the later one then gives back what the first has not.
            Closures = [.. Enumerable.Range(0, dice.Next(3)).Select(_ => AnyClosure(dice)).OrderBy(closure => closure.From)],
            Hours = [.. Told.Everyone.Where(_ => dice.Next(4) > 0).Select(party => new Dated<WorkingHours>(Instant.MinValue, new(party, "", AnyCalendar(dice, party))))],
        };
    }

    private static Closure AnyClosure(Random dice)
    {
        var from = Told.On("07-06 05:00") + Duration.FromMinutes(dice.Next(3_000));
        return new(dice.Next(2) == 0 ? null : AnyCase.Pick(dice, Told.Everyone), from, from + Duration.FromMinutes(1 + dice.Next(600)), from - Duration.FromHours(dice.Next(2)), dice.Next(2) == 0 ? "away" : "maintenance");
    }

    // Around the days of the cases, with holidays, breaks, and now and then no time at all.
    private static Calendar AnyCalendar(Random dice, OrganizationId party)
    {
        var week = ImmutableArray.CreateBuilder<OpeningHours>();
        if (dice.Next(10) > 0)
            foreach (var day in Enumerable.Range(1, 7).Where(_ => dice.Next(4) > 0))
                for (var hour = dice.Next(8); hour < 22; hour += 4 + dice.Next(6))
                    week.Add(new((IsoDayOfWeek)day, new(hour, dice.Next(60)), new(Math.Min(23, hour + 1 + dice.Next(3)), 59)));
        var holidays = Enumerable.Range(0, dice.Next(4)).Select(_ => new Holiday(new LocalDate(2026, 7, 5).PlusDays(dice.Next(9)), "a holiday"));
        return new(party.Value, 1, AnyCase.Pick(dice, Offices.SixZones), week.ToImmutable(), [.. holidays]);
    }

    private static Duration Sum(IEnumerable<ClockSegment> segments) => segments.Aggregate(Duration.Zero, (sum, segment) => sum + segment.Length);
}
