using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// A running duty to speak: this party owes the next word about this item by this moment. What it was judged by is pinned
/// on it.
/// </summary>
/// <param name="Status">The status after which the word is owed.</param>
/// <param name="Cycle">1 for the first word that is owed after the status, 2 for the one after that, and so on.</param>
/// <param name="WithoutNews">How many words in a row said only that the work goes on.</param>
public sealed record DutyClock(
    string ItemId, Track Track, string Status, OrganizationId Party, int Cycle, Instant StartedAt, Instant WarnAt, Instant DueAt, int WithoutNews, string Policy, string Calendar);

/// <summary>How a clock ended.</summary>
public enum ClockEnd
{
    /// <summary>The party spoke in time.</summary>
    Met,

    /// <summary>The party spoke, but too late.</summary>
    Late,

    /// <summary>The duty went to another party, or to another word, before it was due.</summary>
    Moved,

    /// <summary>The duty went away when it was overdue already: the word never came.</summary>
    Missed,
}

/// <summary>A clock that runs no more.</summary>
public sealed record EndedClock(DutyClock Clock, Instant EndedAt, ClockEnd End);

/// <summary>
/// Who owes the next word, and by when: folded from the claims in the order in which the hub received them, because a
/// party can only be asked for what was known. At every moment at most one word is owed for each item on each track.
/// </summary>
public static class Clocks
{
    /// <summary>Takes one more receipt. The same arguments always get the same answer.</summary>
    /// <param name="state">Where the case stands with the claim.</param>
    public static (ImmutableArray<DutyClock> Running, ImmutableArray<EndedClock> Ended) Hear(
        SlaPolicy policy, Func<OrganizationId, Calendar> calendarOf, Instant openedAt, ImmutableArray<DutyClock> running, CaseState state, Claim claim, Marks marks)
    {
        var isWord = !claim.IsInternal && (marks & NoWord) == 0;
        // Nobody owed anything about a bag that was only seen: what came before the opening counts as known at the opening.
        var now = Instant.Max(claim.ReceivedAt, openedAt);
        var next = ImmutableArray.CreateBuilder<DutyClock>();
        var ended = ImmutableArray.CreateBuilder<EndedClock>();

        foreach (var item in state.Items)
            foreach (var (track, status) in Tracks(item))
            {
                var clock = running.FirstOrDefault(one => one.ItemId == item.Id && one.Track == track);
                var spoke = clock is not null && isWord && claim.IsAbout(item) && claim.IsWordOf(clock.Party);
                var duty = Duties.Of(policy, state, item, status);

                if (duty is { } same && clock is not null && clock.Status == same.Rule.Status && clock.Party == same.Party && !spoke)
                {
                    next.Add(clock);
                    continue;
                }
                var withoutNews = clock is not null && duty?.Party == clock.Party && BringsNoNews(claim, clock) ? clock.WithoutNews + 1 : 0;
                if (clock is not null && withoutNews > policy.StillSearchingAtMost)
                {
                    next.Add(clock with { WithoutNews = withoutNews });
                    continue;
                }

                if (clock is not null) ended.Add(new(clock, now, EndOf(clock, now, spoke)));
                if (duty is { } owed) next.Add(Start(policy, calendarOf(owed.Party), openedAt, item, track, owed, clock, now) with { WithoutNews = withoutNews });
            }
        return (next.ToImmutable(), ended.ToImmutable());
    }

    /// <summary>Tells the clocks of a case from the beginning: those that ended, in order, and those that run.</summary>
    public static (ImmutableArray<DutyClock> Running, ImmutableArray<EndedClock> Ended) All(
        SlaPolicy policy, Func<OrganizationId, Calendar> calendarOf, Instant openedAt, CaseFacts facts, IEnumerable<Claim> claims)
    {
        var heard = new List<Claim>();
        var course = Course.At(CaseState.Of(facts));
        ImmutableArray<DutyClock> running = [];
        var ended = ImmutableArray.CreateBuilder<EndedClock>();
        foreach (var claim in claims.OrderBy(claim => claim.ReceivedAt).ThenBy(claim => claim, TimelineOrder.Instance))
        {
            heard.Add(claim);
            Marks marks;
            if (course.With(facts, claim) is { } step) (course, marks) = step;
            else
            {
                var story = Fold.All(facts, heard);
                (course, marks) = (story.Course, story.Entries.Last(entry => ReferenceEquals(entry.Claim, claim)).Marks);
            }
            (running, var over) = Hear(policy, calendarOf, openedAt, running, course.State, claim, marks);
            ended.AddRange(over);
        }
        return (running, ended.ToImmutable());
    }

    /// <summary>The word that is waited for, as the customer should know it: about the item that stands worst, or else the one due first.</summary>
    public static DutyClock? NextWord(CaseState state, IEnumerable<DutyClock> running)
    {
        var owed = running.Where(clock => clock.Party != OrganizationId.Customer).OrderBy(clock => clock.DueAt).ToArray();
        return owed.FirstOrDefault(clock => clock.Track == Track.Main && clock.ItemId == state.Worst.Id) ?? owed.FirstOrDefault();
    }

    private const Marks NoWord = Marks.Quarantined | Marks.NotAuthorised | Marks.ProbableDuplicate | Marks.Withdrawn | Marks.Replaced | Marks.CorrectionRefused;

    private static IEnumerable<(Track Track, string Status)> Tracks(ItemState item) =>
        [(Track.Main, item.StatusCode), (Track.Damage, item.Phase == Phase.Closed ? "" : item.DamageCode), (Track.Claim, item.Phase == Phase.Closed ? "" : item.ClaimCode)];

    /// <summary>"Still searching" again: nothing that anybody could tell the customer.</summary>
    private static bool BringsNoNews(Claim claim, DutyClock clock) =>
        claim.StatusCode == clock.Status && claim is { Custody: null, Eta: null, Flight: null, Correction: null, PlacesChecked.IsEmpty: true, HasEvidence: false };

    private static ClockEnd EndOf(DutyClock clock, Instant now, bool spoke) =>
        now <= clock.DueAt ? spoke ? ClockEnd.Met : ClockEnd.Moved : spoke ? ClockEnd.Late : ClockEnd.Missed;

    private static DutyClock Start(SlaPolicy policy, Calendar calendar, Instant openedAt, ItemState item, Track track, Duty duty, DutyClock? before, Instant now)
    {
        var rule = duty.Rule;
        var hours = rule.Hours == SlaHours.Business ? calendar : Calendar.Always;
        var within = rule.WithinAt(now - openedAt);
        var expected = track == Track.Main && item.Eta is { } eta && rule.AfterEta is { } after ? (eta.To ?? eta.From) + after : (Instant?)null;

        // A calendar without any time would let a party be silent for ever.
        var due = expected > now ? expected.Value : hours.After(now, within) ?? now + within;
        var warn = expected > now || rule.Hours == SlaHours.Elapsed ? now + ((due - now) * policy.WarnAt) : hours.After(now, within * policy.WarnAt) ?? due;
        var cycle = before is { } same && same.Status == rule.Status && same.Party == duty.Party ? same.Cycle + 1 : 1;
        return new(item.Id, track, rule.Status, duty.Party, cycle, now, warn.ToWholeMicroseconds(), due, 0, $"{policy.Id}/{policy.Version}", $"{hours.Id}/{hours.Version}");
    }
}
