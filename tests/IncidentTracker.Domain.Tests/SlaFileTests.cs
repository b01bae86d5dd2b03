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
    [InlineData("""{ "policy": [] }""", "policy")]
    [InlineData("""{ "hours": 7 }""", "hours")]
    [InlineData("""nothing""", "the file")]
    public void A_file_that_cannot_be_used_says_why(string json, string why) =>
        Assert.Contains(why, Assert.Throws<SlaFileException>(() => SlaFile.Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_ladder_with_a_step_that_is_never_reached_is_refused()
    {
        var policy = System.Text.Json.Nodes.JsonNode.Parse(typeof(CodeLists).Assembly.GetManifestResourceStream("sla-policy.json")!)!.AsObject();
        policy["activeFrom"] = "2026-07-01T00:00:00Z";
        policy["version"] = 2;
        Assert.Single(SlaFile.Read($$"""{ "policies": [{{policy.ToJsonString()}}] }"""));

        policy["escalation"]!.AsArray()[0]!["after"] = 3;
        Assert.Contains("never reached", Assert.Throws<SlaFileException>(() => SlaFile.Read($$"""{ "policies": [{{policy.ToJsonString()}}] }""")).Message, StringComparison.Ordinal);
    }
}
