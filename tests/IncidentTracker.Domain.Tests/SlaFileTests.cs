using System.Text.Json.Nodes;
using NodaTime;
using static IncidentTracker.Domain.Tests.Told;

namespace IncidentTracker.Domain.Tests;

public sealed class SlaFileTests
{
    private const string Agreed = """
        {
          "calendars": [{
            "id": "store", "version": 1, "zone": "Europe/Berlin",
            "week": [{ "days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"], "hours": ["08:00-12:00", "13:30-18:00"] }],
            "holidays": [{ "day": "2026-07-08", "name": "Store festival" }]
          }],
          "hours": [{ "organization": "GO", "station": "FRA", "calendar": "store/1", "activeFrom": "2026-07-01T00:00:00Z" }],
          "agreements": [
            { "id": "gold", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "GOLD" }, "rules": [{ "status": "TRACING", "within": "PT1H" }] },
            { "id": "trw", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "organization": "TRW" }, "rules": [{ "status": "TRACING", "within": "PT3H" }] },
            { "id": "trw-gold", "version": 1, "activeFrom": "2026-07-10T00:00:00Z", "for": { "organization": "TRW", "tier": "GOLD" }, "rules": [{ "status": "TRACING", "within": "PT30M" }] }
          ],
          "maintenance": [{ "organization": "TRW", "from": "2026-07-06T15:00:00Z", "until": "2026-07-06T17:00:00Z", "reason": "New data centre" }]
        }
        """;

    private static readonly SlaBook Book = SlaFile.Book(SlaFile.Read(Agreed), []);

    [Fact]
    public void The_agreement_that_says_most_about_a_case_holds_from_its_day_on_and_is_pinned()
    {
        DutyClock ClockOf(string moment, string tier = "", string by = "TRW")
        {
            var facts = Case() with { Tier = tier };
            return Assert.Single(Clocks.All(Book, facts, On("07-06 00:00"), [By(by).At(moment).Says("TRACING")]).Watch.Running);
        }

        Assert.Equal(("trw/1", Duration.FromHours(3)), (ClockOf("07-06 09:00").Policy, ClockOf("07-06 09:00").Length));
        Assert.Equal("trw/1", ClockOf("07-06 09:00", "GOLD").Policy);
        Assert.Equal(("trw-gold/1", Duration.FromMinutes(30)), (ClockOf("07-11 09:00", "GOLD").Policy, ClockOf("07-11 09:00", "GOLD").Length));
        Assert.Equal("default/1", ClockOf("07-06 09:00", "SILVER", "XB").Policy);
        Assert.Equal("gold/1", ClockOf("07-06 09:00", "GOLD", "XB").Policy);
    }

    [Fact]
    public void A_store_with_a_lunch_break_and_a_holiday_is_asked_in_its_hours_at_its_station()
    {
        DutyClock Asked(string moment, string station) =>
            Assert.Single(Clocks.All(Book, Case(), On("07-06 00:00"), [By("XB").At(moment).Says("BAG_REQUESTED").Asks("GO").In(station)]).Watch.Running);

        Assert.Equal((On("07-07 13:30"), "store/1"), (Asked("07-07 09:00", "FRA").DueAt, Asked("07-07 09:00", "FRA").Calendar));     // 11:00 to 12:00 and 13:30 to 15:30 in Frankfurt, two hours ahead
        Assert.Equal(On("07-09 08:00"), Asked("07-07 15:00", "FRA").DueAt);     // one hour on Tuesday, nothing on the holiday, two on Thursday
        Assert.Equal(On("07-07 12:00"), Asked("07-07 09:00", "LIS").DueAt);
    }

    [Fact]
    public void Announced_maintenance_is_given_back_to_the_party_and_to_no_other()
    {
        var watchman = Watchman.Live(Case(), [By("TRW").At("07-06 14:00").Says("TRACING")], On("07-06 21:00"), Book);
        Assert.Equal(["07-06 18:24 SLA_DUE_SOON TRW", "07-06 19:00 SLA_BREACHED TRW"], watchman.Words.Select(Watchman.Written));

        var other = Watchman.Live(Case(), [By("XB").At("07-06 14:30").Says("FORWARD_MISSED")], On("07-06 16:40"), Book);
        Assert.Equal("07-06 16:30 SLA_BREACHED XB", Watchman.Written(other.Words.Last()));
    }

    [Fact]
    public void The_time_in_which_the_hub_was_away_is_given_back_before_anybody_is_judged()
    {
        var away = SlaBook.Default with { Closures = [new(null, On("07-06 15:00"), On("07-06 19:00"), On("07-06 15:00"), "The hub was away.")] };
        var watchman = Watchman.Live(Case(), [By("TRW").At("07-06 14:00").Says("TRACING")], On("07-06 14:01"), away);

        // Due at 18:00; the party speaks the moment the hub is back, before the hub has looked.
        watchman.Take(By("TRW").At("07-06 19:00").Says("POSSIBLE_MATCH"));
        Assert.Equal((ClockEnd.Met, On("07-06 22:00")), (watchman.Ended[0].End, watchman.Ended[0].Clock.DueAt));

        var silent = Watchman.Live(Case(), [By("TRW").At("07-06 14:00").Says("TRACING")], On("07-06 14:01"), away);
        Assert.Equal(0, silent.Look(On("07-06 19:01")));
        silent.LookUntil(On("07-06 22:30"));
        Assert.Equal("07-06 22:00 SLA_BREACHED TRW", Watchman.Written(silent.Words.Last()));
    }

    [Fact]
    public void An_absence_at_night_gives_nothing_back_to_who_works_by_day()
    {
        // Due at the very end of a window: no time more would be the beginning of the next one.
        var away = Book with { Closures = [new(null, On("07-07 01:00"), On("07-07 05:00"), On("07-07 01:00"), "")] };
        DutyClock Asked(SlaBook book) => Assert.Single(Clocks.All(book, Case(), On("07-06 00:00"), [By("XB").At("07-07 03:00").Says("BAG_REQUESTED").Asks("GO").In("FRA")]).Watch.Running);

        var clock = Asked(away) with { DueAt = On("07-07 10:00"), WarnAt = On("07-07 09:30") };     // noon in Frankfurt
        Assert.Equal((On("07-07 10:00"), On("07-07 05:00")), (away.GiveBack(clock, On("07-07 12:00")).DueAt, away.GiveBack(clock, On("07-07 12:00")).GivenBackUntil!.Value));
    }

    [Fact]
    public void The_law_of_telling_again_holds_with_agreements_hours_and_absences_too()
    {
        var away = Book with { Closures = [.. Book.Closures, new(null, On("07-06 12:00"), On("07-06 13:30"), On("07-06 12:00"), ""), new(null, On("07-07 02:00"), On("07-07 04:00"), On("07-07 02:00"), "")] };
        AnyCase.Obey(500, told =>
        {
            if (told.Claims.IsEmpty) return;
            var watchman = Watchman.Live(told.Facts, told.Claims, On("07-12 00:00"), away);
            var (again, ended) = Clocks.All(away, told.Facts, told.Claims.Min(claim => claim.ReceivedAt), watchman.Heard.Reverse());

            Assert.Equal(watchman.Watch.Running.AsEnumerable(), again.Running);
            Assert.Equal(watchman.Ended, ended);
        });
    }

    [Theory]
    [InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": {}, "rules": [] }] }""", "names at least one")]
    [InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "soon", "for": { "tier": "X" }, "rules": [] }] }""", "\"soon\" is no moment")]
    [InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "X" }, "rules": [{ "status": "CONFIRMED", "within": "PT1H" }] }] }""", "CONFIRMED nobody owes")]
    [InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "X" }, "rules": [{ "status": "TRACING", "within": "1 hour" }] }] }""", "no length")]
    [InlineData("""{ "hours": [{ "organization": "GO", "calendar": "store/1", "activeFrom": "2026-07-01T00:00:00Z" }] }""", "there is no calendar store/1")]
    [InlineData("""{ "calendars": [{ "id": "s", "version": 1, "zone": "Europe/Atlantis", "week": [] }] }""", "no IANA time zone")]
    [InlineData("""{ "calendars": [{ "id": "s", "version": 1, "zone": "Europe/Berlin", "week": [] }] }""", "no working time")]
    [InlineData("""{ "calendars": [{ "id": "s", "version": 1, "zone": "Europe/Berlin", "week": [{ "days": ["MONDAY"], "hours": ["8-12"] }] }] }""", "no window")]
    [InlineData("""{ "maintenance": [{ "organization": "GO", "from": "2026-07-01T00:00:00Z", "until": "2026-06-01T00:00:00Z", "reason": "x" }] }""", "ends before it begins")]
    [InlineData("""{ "calendars": [{ "id": "always", "version": 1, "zone": "Europe/Berlin", "week": [{ "days": ["MONDAY"], "hours": ["08:00-12:00"] }] }] }""", "cannot be named always")]
    [InlineData("""{ "agreements": [{ "id": "default", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "X" }, "rules": [] }] }""", "default/1 is the policy that the hub comes with")]
    [InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "X" }, "rules": [] }] }""", "would change nothing")]
    [InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "X" }, "rules": [{ "status": "QUESTION", "within": "PT1H" }, { "status": "QUESTION", "within": "PT2H" }] }] }""", "two rules for QUESTION")]
    [InlineData("""{ "agreements": [{ "id": "a", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "X" }, "rules": [{ "status": "TRACING", "within": "P3650D" }], "escalation": [{ "to": "HEADQUARTERS", "after": 1000 }] }] }""", "HEADQUARTERS comes after more than 0 and at most 100 lengths")]
    [InlineData("""{ "policy": [] }""", "policy")]
    [InlineData("""{ "hours": 7 }""", "hours")]
    [InlineData("""nothing""", "the file")]
    public void A_file_that_cannot_be_used_says_why(string json, string why) =>
        Assert.Contains(why, Assert.Throws<SlaFileException>(() => SlaFile.Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_ladder_with_a_step_that_is_never_reached_is_refused()
    {
        var policy = OwnPolicy();
        policy["version"] = 2;
        Assert.Single(ReadPolicy(policy));

        policy["escalation"]!.AsArray()[0]!["after"] = 3;
        Assert.Contains("HEADQUARTERS is never reached", Why(), StringComparison.Ordinal);
        policy["escalation"]!.AsArray()[1]!["after"] = 5;
        Assert.Contains("SUPERVISOR is never reached", Why(), StringComparison.Ordinal);
        policy["escalation"]!.AsArray()[0]!["after"] = 6;
        Assert.Contains("HEADQUARTERS and SUPERVISOR are never reached", Why(), StringComparison.Ordinal);
        policy["escalation"]!.AsArray()[0]!["to"] = "BREACHED";
        Assert.Contains("BREACHED is none", Why(), StringComparison.Ordinal);

        string Why() => Assert.Throws<SlaFileException>(() => ReadPolicy(policy)).Message;
    }

    [Theory]
    [InlineData("name", "", "has no \"name\"")]
    [InlineData("after", "PT0S", "\"after\" of the prompt refund is a length above zero")]
    [InlineData("until", "REPORTED", "\"until\" of the prompt refund is SEARCHING")]
    [InlineData("until", "CLOSED", "\"until\" of the prompt refund is SEARCHING")]
    [InlineData("until", "RETURND", "prompts[0].until: this value does not belong there")]
    [InlineData("owner", "", "\"owner\" of the prompt refund names an organization")]
    [InlineData("asks", "CU", "\"asks\" of the prompt refund is a role other than CU")]
    [InlineData("name", "refund", "")]
    public void A_prompt_that_could_never_be_asked_is_refused(string field, string value, string why)
    {
        var policy = OwnPolicy();
        policy["version"] = 2;
        policy["prompts"] = JsonNode.Parse("""[{ "name": "refund", "after": "PT10H", "asks": "CL", "owner": "XB", "until": "RETURNED", "text": "Refund." }]""");
        policy["prompts"]![0]![field] = value;

        var wrong = Record.Exception(() => ReadPolicy(policy));
        if (why.Length == 0) Assert.Null(wrong);
        else Assert.Contains(why, Assert.IsType<SlaFileException>(wrong).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_of_the_file_does_not_take_the_name_of_the_one_the_hub_comes_with()
    {
        var policy = OwnPolicy();

        Assert.Contains("default/1 is the policy that the hub comes with", Assert.Throws<SlaFileException>(() => ReadPolicy(policy)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("Other party, same calendar", "\"GO\", \"station\"", "\"XB\", \"station\"", "2026-07-08", "2026-07-09", "store/1 is in the database with other content")]
    [InlineData("Calendar alone", "\"GO\"", "\"GO\"", "18:00", "17:00", "store/1 is in the database with other content")]
    [InlineData("Agreement", "GOLD", "GOLD", "PT30M", "PT20M", "trw-gold/1 is in the database with other content")]
    public void What_a_second_file_says_under_a_known_name_is_what_was_said_before(string _, string one = "{}", string other = "{}", string before = "{}", string after = "{}", string why = "")
    {
        var known = SlaFile.Read(Agreed);
        var second = SlaFile.Read(Agreed.Replace(one, other, StringComparison.Ordinal).Replace(before, after, StringComparison.Ordinal));

        if (why.Length == 0) Assert.Empty(SlaFile.NotKnown(known, second));
        else Assert.Contains(why, Assert.Throws<SlaFileException>(() => SlaFile.NotKnown(known, second)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_clocks_remember_is_that_of_one_policy_or_one_agreement()
    {
        var agreement = new Edition(EditionKind.Agreement, "gold/1", On("07-01 00:00"), "{}");

        Assert.Contains("would be a policy and an agreement", Assert.Throws<SlaFileException>(() => SlaFile.NotKnown([agreement], [agreement with { Kind = EditionKind.Policy }])).Message, StringComparison.Ordinal);
        Assert.Contains("stands there twice", Assert.Throws<SlaFileException>(() => SlaFile.NotKnown([], [agreement, agreement])).Message, StringComparison.Ordinal);
        Assert.Equal([agreement with { Kind = EditionKind.Hours }], SlaFile.NotKnown([agreement], [agreement with { Kind = EditionKind.Hours }]));
    }

    [Fact]
    public void The_longest_time_with_the_highest_ladder_still_ends_at_a_moment_and_in_order()
    {
        var book = BookOf("P3660D", """[{ "to": "HEADQUARTERS", "after": 99 }, { "to": "MEDIATOR", "after": 100 }]""");
        var clock = Assert.Single(Clocks.All(book, Case(), On("07-06 00:00"), [By("XB").At("07-06 09:00").Says("BAG_REQUESTED").Asks("GO").In("FRA")]).Watch.Running);

        Assert.Equal("store/1", clock.Calendar);
        var headquarters = HubWords.NextStep(book, clock with { Stage = ClockStage.Breached })!.Value;
        var mediator = HubWords.NextStep(book, clock with { Stage = ClockStage.Headquarters })!.Value;
        Assert.True(clock.WarnAt < clock.DueAt && clock.DueAt < headquarters.At && headquarters.At < mediator.At);
    }

    [Fact]
    public void An_agreement_changes_how_soon_questions_and_offered_bags_are_answered()
    {
        var book = SlaFile.Book(SlaFile.Read("""
            { "agreements": [{ "id": "quick", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "organization": "GO" },
                "rules": [{ "status": "QUESTION", "within": "PT20M" }, { "status": "HANDOVER", "within": "PT10M" }] }] }
            """), []);

        var asked = Clocks.All(book, Case(), On("07-06 00:00"), [By("XB").At("07-06 09:00").Notes("Is it blue?").Asks("GO")]).Watch.Running.Single(clock => clock.Track == Track.Question);
        Assert.Equal(("quick/1", On("07-06 09:20")), (asked.Policy, asked.DueAt));
        var offered = Clocks.All(book, Case(), On("07-06 00:00"), [By("XB").At("07-06 09:00").Says("ON_HAND"), By("XB").At("07-06 09:30").Hands(CustodyAction.Offered, "XB", "GO")]).Watch.Running.Single(clock => clock.Track == Track.Handover);
        Assert.Equal(("quick/1", On("07-06 09:40")), (offered.Policy, offered.DueAt));
    }

    [Fact]
    public void The_ladder_of_a_clock_is_that_of_the_agreement_pinned_on_it_also_when_a_later_one_holds_by_then()
    {
        var book = SlaFile.Book(SlaFile.Read("""
            { "agreements": [
              { "id": "gold", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "tier": "GOLD" }, "rules": [{ "status": "TRACING", "within": "PT1H" }], "escalation": [{ "to": "SUPERVISOR", "after": 0.5 }] },
              { "id": "gold", "version": 2, "activeFrom": "2026-07-06T09:30:00Z", "for": { "tier": "GOLD" }, "rules": [{ "status": "TRACING", "within": "PT1H" }] }] }
            """), []);
        string[] Said(string moment) => [.. Watchman.Live(Case() with { Tier = "GOLD" }, [By("TRW").At(moment).Says("TRACING")], On("07-06 18:00"), book).Words.Select(Watchman.Written)];

        Assert.Equal(["07-06 09:48 SLA_DUE_SOON TRW", "07-06 10:00 SLA_BREACHED TRW", "07-06 10:30 ESCALATED TRW Supervisor"], Said("07-06 09:00"));
        Assert.Equal(["07-06 10:48 SLA_DUE_SOON TRW", "07-06 11:00 SLA_BREACHED TRW", "07-06 12:00 ESCALATED TRW Headquarters", "07-06 13:00 ESCALATED TRW Supervisor", "07-06 15:00 ESCALATED TRW Mediator"], Said("07-06 10:00"));
    }

    private static SlaBook BookOf(string within, string ladder) => SlaFile.Book(SlaFile.Read(Agreed.Replace("\"agreements\": [",
        $$""" "agreements": [{ "id": "long", "version": 1, "activeFrom": "2026-07-01T00:00:00Z", "for": { "organization": "GO" }, "rules": [{ "status": "BAG_REQUESTED", "within": "{{within}}", "hours": "BUSINESS" }], "escalation": {{ladder}} },""", StringComparison.Ordinal)), []);

    /// <summary>The policy the hub comes with, as a file of an operator would have it.</summary>
    private static JsonObject OwnPolicy()
    {
        var policy = JsonNode.Parse(typeof(CodeLists).Assembly.GetManifestResourceStream("sla-policy.json")!)!.AsObject();
        policy["activeFrom"] = "2026-07-01T00:00:00Z";
        return policy;
    }

    private static IReadOnlyList<Edition> ReadPolicy(JsonObject policy) => SlaFile.Read($$"""{ "policies": [{{policy.ToJsonString()}}] }""");
}
