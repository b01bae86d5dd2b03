using System.Collections.Immutable;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// Who owes the next word, and by when: folded from the claims in the order in which the hub received them, because a
/// party can only be asked for what was known. At every moment at most one word is owed for each item on each track, and
/// one for each question.
/// </summary>
public static class Clocks
{
    private static readonly Duration ShortestLength = Duration.FromMinutes(30);
    private static readonly Duration BulletinEvery = Duration.FromHours(12);

    // Those of an item, in the order in which its clocks are told of; questions are about the case.
    private static readonly ImmutableArray<Track> Tracks = [Track.Main, Track.Damage, Track.Claim, Track.Handover];

    private const Marks NoWord = Marks.Quarantined | Marks.NotAuthorised | Marks.ProbableDuplicate | Marks.Withdrawn | Marks.Replaced | Marks.CorrectionRefused;

    /// <summary>Takes one more receipt. The same arguments always get the same answer.</summary>
    /// <param name="state">Where the case stands with the claim.</param>
    public static (CaseWatch Watch, ImmutableArray<EndedClock> Ended) Hear(
        SlaBook book, CaseFacts facts, Instant openedAt, CaseWatch watch, CaseState state, Claim claim, Marks marks)
    {
        if (!(watch.HeardUpTo >= claim.ReceivedAt)) watch = watch with { HeardUpTo = claim.ReceivedAt };
        if (facts.IsSighting) return (watch, []);
        if (claim.Judgement is { } judgement && claim.IsRemark && claim.StatusCode != HubWords.Prompted) return (Take(GiveBack(book, watch, claim.ReceivedAt), claim, judgement), []);

        // Nobody owed anything about a bag that was only seen: what came before the opening counts as known at the opening.
        var round = new Round(book, facts, openedAt, state, claim, marks, Instant.Max(claim.ReceivedAt, openedAt));
        return round.Hear(GiveBack(book, watch, claim.ReceivedAt));
    }

    /// <summary>Tells the clocks of a case from the beginning: what is watched now, and the clocks that ended, in order.</summary>
    public static (CaseWatch Watch, ImmutableArray<EndedClock> Ended) All(SlaBook book, CaseFacts facts, Instant openedAt, IEnumerable<Claim> claims)
    {
        var watch = CaseWatch.Nothing;
        var ended = ImmutableArray.CreateBuilder<EndedClock>();
        foreach (var receipt in Replay.InOrderOfReceipt(facts, claims))
        {
            (watch, var over) = Hear(book, facts, openedAt, watch, receipt.State, receipt.Claim, receipt.Marks);
            ended.AddRange(over);
        }
        return (watch, ended.ToImmutable());
    }

    /// <summary>Takes one more receipt into the course of a case and into what is watched.</summary>
    /// <param name="heard">Everything received so far, this claim included: asked only when the story must be told again.</param>
    public static (Course Course, CaseWatch Watch, Marks Marks, ImmutableArray<EndedClock> Ended) Receive(
        SlaBook book, CaseFacts facts, Instant openedAt, Course course, CaseWatch watch, Claim claim, IEnumerable<Claim> heard)
    {
        (course, var marks, _) = course.Take(facts, claim, heard);
        var (next, ended) = Hear(book, facts, openedAt, watch, course.State, claim, marks);
        return (course, next, marks, ended);
    }

    /// <summary>Receipts have one order; sightings of two files may share a moment, and then the timeline decides.</summary>
    public static IEnumerable<Claim> InOrderOfReceipt(IEnumerable<Claim> claims) => claims.OrderBy(claim => claim.ReceivedAt).ThenBy(claim => claim, TimelineOrder.Instance);

    /// <summary>The word that is waited for, as the customer should know it: about the item that stands worst, or else the one due first.</summary>
    public static DutyClock? NextWord(CaseState state, CaseWatch watch)
    {
        var owed = watch.Running.Where(clock => clock.Party != OrganizationId.Customer && clock.Track != Track.Question).OrderBy(clock => clock.DueAt).ToArray();
        return owed.FirstOrDefault(clock => clock.Track == Track.Main && clock.ItemId == state.Worst.Id) ?? owed.FirstOrDefault();
    }

    /// <summary>What is watched, with time given back to those who could not speak.</summary>
    public static CaseWatch GiveBack(SlaBook book, CaseWatch watch, Instant now) =>
        book.Closures.IsEmpty ? watch : watch with { Running = [.. watch.Running.Select(clock => book.GiveBack(clock, now))] };

    /// <summary>What the hub itself has said is remembered, so that it is said once.</summary>
    private static CaseWatch Take(CaseWatch watch, Claim claim, Judgement judgement) => claim.StatusCode switch
    {
        HubWords.EtaPassed => watch with { PassedEtas = watch.PassedEtas.RemoveAll(known => known.ItemId == claim.ItemId).Add(new(claim.ItemId, judgement.DueAt)) },
        HubWords.Cleared => watch with { Cleared = watch.Cleared.RemoveAll(clock => clock.Number == judgement.Clock) },
        _ => watch with { Running = [.. watch.Running.Select(clock => clock.Number == judgement.Clock && clock.Stage < judgement.Stage ? clock with { Stage = judgement.Stage } : clock)] },
    };

    /// <summary>One receipt, seen by every clock of the case.</summary>
    private sealed class Round(SlaBook book, CaseFacts facts, Instant openedAt, CaseState state, Claim claim, Marks marks, Instant now)
    {
        private readonly bool _isWord = !state.IsKeptBack(claim) && claim.Judgement is null && (marks & NoWord) == 0;
        private readonly List<DutyClock> _running = [];
        private ImmutableArray<EndedClock> _ended = [];
        private ImmutableArray<OrganizationId> _askedByHub = [];
        private bool _countsAsBulletin;
        private Instant? _lastBulletin;

        public (CaseWatch, ImmutableArray<EndedClock>) Hear(CaseWatch watch)
        {
            var policy = book.PolicyAt(now);
            var started = watch.Started;
            _lastBulletin = watch.BulletinAt;
            foreach (var item in state.Items)
                foreach (var track in Tracks)
                    started = HearItem(policy, watch.Running, item, track, StatusOn(item, track), started);
            started = HearQuestions(policy, watch.Running, started);

            var cleared = watch.Cleared;
            foreach (var over in _ended)
                if (over is { End: ClockEnd.Late, Clock.Stage: >= ClockStage.Breached }) cleared = cleared.Add(over.Clock);
            return (watch with
            {
                Running = [.. _running],
                Started = started,
                Cleared = cleared,
                MissingSince = MissingSince(watch),
                Prompted = claim is { StatusCode: HubWords.Prompted, Judgement: not null } ? watch.Prompted.Add(claim.UpdateId["prompt-".Length..]) : watch.Prompted,
                BulletinAt = _countsAsBulletin ? now : watch.BulletinAt,
            }, _ended);
        }

        // A bag that was back, and of which the case is open again, is missing from then on. A delivery that the traveller has not
        // confirmed may turn out to be none, and then it was missing all the time. An item that was left behind is kept since it was found.
        private Instant? MissingSince(CaseWatch watch)
        {
            if (facts.Kind == IncidentKind.LeftBehindItem) return state.Worst.Phase is >= Phase.Found and < Phase.Returned ? watch.MissingSince ?? now : null;
            if (facts.Kind != IncidentKind.DelayedBag || state.Worst is { Phase: >= Phase.Returned, StatusCode: not "DELIVERED" }) return null;
            return watch.MissingSince ?? (state.Worst.Phase >= Phase.Returned ? null : watch.Started == 0 ? Instant.Min(facts.AwaitedAt ?? openedAt, openedAt) : now);
        }

        private int HearItem(SlaPolicy policy, ImmutableArray<DutyClock> running, ItemState item, Track track, string status, int started)
        {
            var clock = Find(running, item.Id, track);
            var spoke = clock is not null && _isWord && claim.IsAbout(item) && claim.IsWordOf(clock.Party) && MayAnswer(clock)
                // Whoever has the bag now has taken it, in whatever words.
                && (track != Track.Handover || claim.Custody is not null || item.Holding?.By == clock.Party);
            var duty = Duties.Of(policy, state, item, status);
            if (clock is null && duty is null) return started;

            if (duty is { } same && clock is not null && clock.Status == same.Rule.Status && clock.Party == same.Party && !spoke)
            {
                _running.Add(clock);
                return started;
            }
            var isSameWork = clock is not null && duty is { } next && next.Party == clock.Party && News.IsSameWork(next.Rule.Status, clock.Status);
            var (told, isNews) = News.Tell(isSameWork ? clock!.Told : "", News.Of(claim, marks, item, now, policy.PauseAtMost));
            // Nobody's three are used up by others, nor given back by what is said about many cases.
            var withoutNews = !isSameWork || (isNews && !_countsAsBulletin) ? 0 : spoke && !_countsAsBulletin ? clock!.WithoutNews + 1 : clock!.WithoutNews;
            if (clock is not null && !_countsAsBulletin && withoutNews > policy.StillSearchingAtMost)
            {
                _running.Add(clock with { Status = duty!.Value.Rule.Status, WithoutNews = withoutNews });
                return started;
            }

            // What scans from before the opening would have asked for was owed to nobody.
            var wasOwed = clock is not null && (clock.StartedAt < now || now > openedAt);
            if (wasOwed) _ended = _ended.Add(new(clock!, now, EndOf(clock!, spoke)));
            if (track == Track.Main && item.InDispute is { } dispute && clock?.Status != SlaRule.Dispute) _askedByHub = _askedByHub.Add(dispute.By).Add(dispute.With);
            if (clock is not null && !spoke && IsOrderTakenBack(clock, item, status)) _askedByHub = _askedByHub.Add(clock.Party);
            if (duty is { } owed)
                _running.Add(Start(policy, clock is null || wasOwed ? ++started : clock.Number, item, track, owed, clock) with { WithoutNews = withoutNews, Told = told, AskedBy = track == Track.Handover ? item.Holding?.By : null });
            return started;
        }

        // A courier that was to bring the bag may not know that it is no longer to: it has to say that it does, or the bag goes to the wrong place.
        private bool IsOrderTakenBack(DutyClock clock, ItemState item, string status) =>
            clock.Track == Track.Main && clock.Party != state.Owner && CodeLists.Find(clock.Status)?.NextWord == Role.Courier && state.Parties.Contains(clock.Party)
            && (item.Phase < Phase.Delivery || (CodeLists.Find(status)?.NextWord == Role.Courier && item.Courier != clock.Party));

        /// <summary>A party answers all that it was asked with its next word; what nobody can answer any more is not waited for.</summary>
        private int HearQuestions(SlaPolicy policy, ImmutableArray<DutyClock> running, int started)
        {
            var isOver = state.Items.All(item => item.Phase == Phase.Closed);
            foreach (var clock in running)
            {
                if (clock.Track != Track.Question) continue;
                var spoke = _isWord && claim.IsWordOf(clock.Party) && claim.Bulletin.Length == 0;
                if (spoke || isOver) _ended = _ended.Add(new(clock, now, EndOf(clock, spoke)));
                else _running.Add(clock);
            }
            if (isOver) return started;

            foreach (var (asked, by) in AskedNow())
                if (!_running.Any(clock => clock.Track == Track.Question && clock.Party == asked && clock.AskedBy == by))
                    _running.Add(Start(policy, ++started, null, Track.Question, new(policy.Question, asked), null) with { AskedBy = by });
            return started;
        }

        // Beside a status, whoever is asked owes the word after it. Only those on the case can answer.
        private IEnumerable<(OrganizationId Asked, OrganizationId By)> AskedNow()
        {
            if (claim is { StatusCode: HubWords.Prompted, Judgement.Party: { } prompted }) return [(prompted, OrganizationId.Hub)];
            if (_isWord && claim is { AskedParty: { } asked, StatusCode.Length: 0, Classifier: Classifier.Actual } && asked != OrganizationId.Customer && !claim.IsWordOf(asked) && state.Parties.Contains(asked))
                return [(asked, claim.OnBehalfOf ?? claim.By)];
            // Those who have begun to disagree about who has the bag, and those whose order was taken back.
            return _askedByHub.IsEmpty ? [] : _askedByHub.Where(party => party != OrganizationId.Customer).Distinct().Select(party => (party, OrganizationId.Hub));
        }

        private static DutyClock? Find(ImmutableArray<DutyClock> running, string itemId, Track track)
        {
            foreach (var clock in running)
                if (clock.Track == track && clock.ItemId == itemId) return clock;
            return null;
        }

        private static string StatusOn(ItemState item, Track track) => track == Track.Main ? item.InDispute is null || item.Phase == Phase.Closed ? item.StatusCode : SlaRule.Dispute
            : item.Phase == Phase.Closed ? ""
            : track switch
            {
                Track.Damage => item.DamageCode,
                Track.Claim => item.ClaimCode,
                _ => item.OfferedTo is null || item.OfferedTo == item.Holding?.By ? "" : SlaRule.Handover,
            };

        /// <summary>
        /// The same text about many cases is news about a search, twice a day at most, and says nothing about the one bag that
        /// somebody has found or has to deliver.
        /// </summary>
        private bool MayAnswer(DutyClock clock)
        {
            if (claim.Bulletin.Length == 0) return true;
            if (_lastBulletin + BulletinEvery > now || clock.Status == "POSSIBLE_MATCH" || CodeLists.Find(clock.Status) is not { Track: Track.Main, Phase: Phase.Reported or Phase.Searching }) return false;
            return _countsAsBulletin = true;
        }

        private ClockEnd EndOf(DutyClock clock, bool spoke) =>
            now <= clock.DueAt ? spoke ? ClockEnd.Met : ClockEnd.Moved : spoke ? ClockEnd.Late : ClockEnd.Missed;

        private DutyClock Start(SlaPolicy policy, int number, ItemState? item, Track track, Duty duty, DutyClock? before)
        {
            var (rule, pinned) = book.TermsFor(duty.Rule, duty.Party, item?.Station ?? "", facts, now);
            var calendar = rule.Hours == SlaHours.Business ? book.CalendarOf(duty.Party, item?.Station ?? "", now) : Calendar.Always;
            var cycle = before is { } same && same.Status == rule.Status && same.Party == duty.Party ? same.Cycle + 1 : 1;
            var expectedEnd = track == Track.Main && item?.Eta is { } eta ? eta.To ?? eta.From : (Instant?)null;
            var pausedBefore = before?.Paused ?? Duration.Zero;
            if (before?.PausedUntil - now is { } unused && unused > Duration.Zero) pausedBefore -= unused;

            var usual = rule.WithinAt(now - openedAt, isLater: cycle > 1 || duty.IsAfterAnswer, facts.Priority);
            if (rule is { Pauses: true, AfterEta: { } afterPause } && expectedEnd > now && HasReason(rule) && pausedBefore < policy.PauseAtMost)
            {
                var until = Instant.Min(expectedEnd.Value, now + (policy.PauseAtMost - pausedBefore)).ToWholeMicroseconds();
                // What is left of the week may end sooner than a word without any reason would be due.
                if (until >= expectedEnd || until + afterPause >= now + usual) return Of(until, afterPause, null) with { PausedUntil = until, Paused = pausedBefore + (until - now) };
            }
            // Of a bag that is in the air nobody can say more before it has landed. What is due the moment something was
            // expected still gives its ladder time between the steps.
            if (rule is { Pauses: false, AfterEta: { } after })
                foreach (var known in (ReadOnlySpan<Instant?>)[track == Track.Main ? item?.Flight?.ArrivesAt : null, expectedEnd])
                    if (known + after > now && known <= now + policy.PauseAtMost) return Of(now, Duration.Max(after, ShortestLength), known + after);
            return Of(now, usual, null);

            DutyClock Of(Instant from, Duration length, Instant? by)
            {
                // A calendar without any time would let a party be silent for ever.
                var due = (by ?? calendar.After(from, length) ?? from + length).ToWholeMicroseconds();
                var warn = by is null ? calendar.After(from, length * policy.WarnAt) ?? due : from + ((due - from) * policy.WarnAt);
                return new(number, item?.Id ?? "", track, rule.Status, duty.Party, cycle, now, warn.ToWholeMicroseconds(), due, length, 0, pinned, calendar.Name) { Paused = pausedBefore };
            }
        }

        // A reason is stated with the status itself.
        private bool HasReason(SlaRule rule) => claim.StatusCode == rule.Status && claim.ReasonCode.Length > 0;
    }
}
