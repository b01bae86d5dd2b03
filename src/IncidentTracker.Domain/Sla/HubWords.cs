using System.Collections.Immutable;
using System.Globalization;
using NodaTime;

namespace IncidentTracker.Domain;

/// <summary>
/// What the hub itself says about a case when it looks at its clocks. A pure judgement: which words are due now, and when
/// to look again. Each word has a name that follows from what it is about, so that no two hubs can both say it.
/// </summary>
public static class HubWords
{
    public const string DueSoon = "SLA_DUE_SOON";
    public const string Breached = "SLA_BREACHED";
    public const string Cleared = "SLA_CLEARED";
    public const string Escalated = "ESCALATED";
    public const string PauseEnded = "PAUSE_ENDED";
    public const string EtaPassed = "ETA_PASSED";
    public const string Prompted = "PROMPTED";
    public const string ClosedReturned = "CLOSED_RETURNED";

    /// <summary>The words that are due. After an absence only the highest step of each clock is taken.</summary>
    public static ImmutableArray<Claim> Due(SlaBook book, CaseState state, CaseWatch watch, Instant now)
    {
        var words = ImmutableArray.CreateBuilder<Claim>();
        watch = Clocks.GiveBack(book, watch, now);
        foreach (var clock in watch.Cleared)
            words.Add(Word(Cleared, $"clock-{clock.Number}-cleared", clock.ItemId, new(clock.Number, clock.Stage, clock.Party, clock.DueAt), Visibility.Partners, now));
        foreach (var clock in watch.Running)
            if (StageAt(book, clock, now) is { } stage)
                words.Add(Word(CodeOf(stage), $"clock-{clock.Number}-{Text(stage)}", clock.ItemId, new(clock.Number, stage, clock.Party, clock.DueAt),
                    stage >= ClockStage.Breached && clock.Track != Track.Question ? Visibility.Public : Visibility.Partners, now));
        foreach (var item in state.Items)
            if (ExpectedEnd(state, item, watch) is { } end && now > end)
                words.Add(Word(EtaPassed, string.Create(CultureInfo.InvariantCulture, $"eta-{item.Id}-{end.ToUnixTimeTicks() / 10}"), item.Id, new(0, ClockStage.Running, null, end), Visibility.Public, now));
        foreach (var prompt in Prompts(book, state, watch))
            if (now > prompt.At)
                words.Add(Word(Prompted, $"prompt-{prompt.What.Name}", "", new(0, ClockStage.Running, Duties.WithRole(prompt.What.Asks, state, state.Worst), prompt.At), Visibility.Partners, now) with { StaffText = prompt.What.Text });
        foreach (var clock in watch.Running)
            if (IsAcceptedBySilence(state, clock) && now > clock.DueAt)
                words.Add(Word(ClosedReturned, $"clock-{clock.Number}-accepted", clock.ItemId, new(clock.Number, clock.Stage, null, clock.DueAt), Visibility.Public, now));
        return words.ToImmutable();
    }

    /// <summary>The next moment after which a word may be due. Null: nothing is waited for.</summary>
    public static Instant? NextLook(SlaBook book, CaseState state, CaseWatch watch, Instant now)
    {
        Instant? next = null;
        watch = Clocks.GiveBack(book, watch, now);
        foreach (var clock in watch.Cleared) Consider(clock.DueAt);
        foreach (var clock in watch.Running) Consider(NextStep(book, clock)?.At);
        foreach (var item in state.Items) Consider(ExpectedEnd(state, item, watch));
        foreach (var prompt in Prompts(book, state, watch)) Consider(prompt.At);
        foreach (var clock in watch.Running)
            if (IsAcceptedBySilence(state, clock)) Consider(clock.DueAt);
        return next;

        void Consider(Instant? at)
        {
            if (at is { } moment && !(next <= moment)) next = moment;
        }
    }

    /// <summary>The step a clock takes next, and after which moment. Null: there is none left.</summary>
    public static (ClockStage Stage, Instant At)? NextStep(SlaBook book, DutyClock clock)
    {
        // The customer is never in arrears.
        if (clock.Party == OrganizationId.Customer) return null;

        if (clock.Stage < ClockStage.Resumed && clock.PausedUntil is { } until) return (ClockStage.Resumed, until);
        if (clock.Stage < ClockStage.DueSoon && clock.WarnAt < clock.DueAt) return (ClockStage.DueSoon, clock.WarnAt);
        if (clock.Stage < ClockStage.Breached) return (ClockStage.Breached, clock.DueAt);

        foreach (var step in book.PinnedPolicy(clock).Escalation)
            if (clock.Stage < step.To) return (step.To, After(book, clock, step));
        return null;
    }

    // The highest step whose moment has passed.
    private static ClockStage? StageAt(SlaBook book, DutyClock clock, Instant now)
    {
        ClockStage? reached = null;
        while (NextStep(book, clock) is { } next && now > next.At)
        {
            reached = next.Stage;
            clock = clock with { Stage = next.Stage };
        }
        return reached;
    }

    /// <summary>What has to be asked for while the customer does not have it, and was not yet.</summary>
    private static IEnumerable<(Prompt What, Instant At)> Prompts(SlaBook book, CaseState state, CaseWatch watch)
    {
        if (watch.MissingSince is not { } since) yield break;
        var item = state.Worst;
        foreach (var prompt in book.PolicyAt(since).Prompts)
            if (item.Phase < prompt.Until && (prompt.Owner is null || prompt.Owner == state.Owner) && (prompt.When.IsEmpty || prompt.When.Contains(item.StatusCode)) && !watch.Prompted.Contains(prompt.Name)
                && !prompt.Unless.Contains(item.StatusCode) && !prompt.Unless.Contains(item.ClaimCode) && !WaitsForCustomer(prompt)) yield return (prompt, (since + prompt.After).ToWholeMicroseconds());

        bool WaitsForCustomer(Prompt prompt) => prompt.Until == Phase.Found && CodeLists.Find(item.StatusCode)?.NextWord == Role.Customer;
    }

    // The customer was asked whether the bag is there. Silence is a yes only where the delivery was proven and nothing else is open.
    private static bool IsAcceptedBySilence(CaseState state, DutyClock clock)
    {
        if (clock is not { Track: Track.Main, Status: "DELIVERED" }) return false;
        foreach (var item in state.Items)
            if (item.Id == clock.ItemId) return item is { HasProof: true, InDispute: null, DamageCode: "", ClaimCode: "" };
        return false;
    }

    // Headquarters that work by day are not woken at night about a word that was due by day.
    private static Instant After(SlaBook book, DutyClock clock, Escalation step) =>
        (book.Pinned(clock.Calendar).After(clock.DueAt, clock.Length * step.After) ?? clock.DueAt + (clock.Length * step.After)).ToWholeMicroseconds();

    // Nobody waits for a bag that was only seen; and what holds something up for a reason has its own clock. Once it has arrived, or it was said that the time has passed, nobody expects it any more.
    private static Instant? ExpectedEnd(CaseState state, ItemState item, CaseWatch watch)
    {
        if (state.Owner is null || item.Eta is not { } eta || item.Phase is not (Phase.Searching or Phase.OnTheWay or Phase.Delivery) || item.StatusCode == "SVC_WAITING") return null;
        var end = (eta.To ?? eta.From).ToWholeMicroseconds();
        foreach (var passed in watch.PassedEtas)
            if (passed.ItemId == item.Id && passed.At >= end) return null;
        return end;
    }

    private static string CodeOf(ClockStage stage) => stage switch
    {
        ClockStage.Resumed => PauseEnded,
        ClockStage.DueSoon => DueSoon,
        ClockStage.Breached => Breached,
        _ => Escalated,
    };

    private static string Text(ClockStage stage) => stage switch
    {
        ClockStage.Resumed => "resumed",
        ClockStage.DueSoon => "due-soon",
        ClockStage.Breached => "breached",
        _ => "escalated-" + stage.ToString().ToLowerInvariant(),
    };

    private static Claim Word(string code, string name, string itemId, Judgement judgement, Visibility visibility, Instant now) => new()
    {
        Reporter = Reporter.Hub,
        UpdateId = name,
        ReceivedAt = now,
        Happened = new(now, "Z", Offset.Zero, TimePrecision.Second),
        StatusCode = code,
        ItemId = itemId,
        AskedParty = judgement.Party,
        Visibility = visibility,
        Judgement = judgement,
    };
}
