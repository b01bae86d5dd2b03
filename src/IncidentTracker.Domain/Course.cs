using System.Collections.Immutable;

namespace IncidentTracker.Domain;

/// <summary>
/// Where a case stands, and the last steps that led there. Partners report late all the time, mostly by little: a claim
/// that belongs among the last steps is put in its place by taking those steps again, without telling the whole story.
/// </summary>
public sealed record Course(CaseState State, ImmutableArray<CourseStep> LastSteps)
{
    private const int Kept = 4;

    /// <summary>A case whose steps nobody remembers.</summary>
    public static Course At(CaseState state) => new(state, []);

    /// <summary>A case with the steps that led to its state, as far as they are kept.</summary>
    internal static Course After(CaseState state, IEnumerable<CourseStep> steps) => new(state, [.. steps.TakeLast(Kept)]);

    /// <summary>The course with one more claim, whatever it takes.</summary>
    /// <param name="heard">Everything received so far, this claim included: asked only when the story must be told again.</param>
    public (Course Course, Marks Marks, Story? Retold) Take(CaseFacts facts, Claim claim, IEnumerable<Claim> heard)
    {
        if (With(facts, claim) is { } step) return (step.Course, step.Marks, null);
        var story = Fold.All(facts, heard);
        return (story.Course, story.Entries.Last(entry => ReferenceEquals(entry.Claim, claim)).Marks, story);
    }

    /// <summary>The course with one more claim in its place, and what is noted on it. Null: the whole story must be told again.</summary>
    public (Course Course, Marks Marks)? With(CaseFacts facts, Claim claim)
    {
        var place = LastSteps.Length;
        while (place > 0 && TimelineOrder.Instance.Compare(LastSteps[place - 1].Claim, claim) > 0) place--;

        var before = place == LastSteps.Length ? State : LastSteps[place].Before;
        if (Fold.Append(facts, before, claim) is not { } added) return null;

        var steps = ImmutableArray.CreateBuilder<CourseStep>(LastSteps.Length + 1);
        steps.AddRange(LastSteps.AsSpan()[..place]);
        steps.Add(new(before, claim));
        var state = added.State;
        foreach (var later in LastSteps.AsSpan()[place..])
        {
            if (Fold.Append(facts, state, later.Claim) is not { } again) return null;
            steps.Add(new(state, later.Claim));
            state = again.State;
        }
        if (steps.Count > Kept) steps.RemoveRange(0, steps.Count - Kept);
        return (new(state, steps.ToImmutable()), added.Marks);
    }
}

/// <summary>A claim, and where the case stood before it.</summary>
public sealed record CourseStep(CaseState Before, Claim Claim);
