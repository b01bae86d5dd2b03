namespace IncidentTracker.Domain;

/// <summary>A receipt: a claim, what was noted on it then, and where the case stood with it, as far as the hub knew.</summary>
/// <param name="Retold">The whole story up to here, when the claim could not simply be added. Null otherwise.</param>
internal sealed record Receipt(Claim Claim, Marks Marks, CaseState State, Story? Retold);

/// <summary>A case lived through again: its claims in the order in which the hub received them, each with what was known then.</summary>
internal static class Replay
{
    public static IEnumerable<Receipt> InOrderOfReceipt(CaseFacts facts, IEnumerable<Claim> claims)
    {
        var heard = new List<Claim>();
        var course = Course.At(CaseState.Of(facts));
        foreach (var claim in Clocks.InOrderOfReceipt(claims))
        {
            heard.Add(claim);
            (course, var marks, var retold) = course.Take(facts, claim, heard);
            yield return new(claim, marks, course.State, retold);
        }
    }
}
