using IncidentTracker.Domain;
using IncidentTracker.Sla;
using NodaTime;

namespace IncidentTracker.Incidents;

/// <summary>
/// Who owes which word by when, at a moment. What is stored of a case was true at its last receipt, and since then time may
/// have been given back: so nobody is told a due time that does not come from here.
/// </summary>
internal sealed class OwedWords(SlaBooks books)
{
    public CaseWatch At(Instant now, CaseWatch stored) => Clocks.GiveBack(books.Current, stored, now);

    /// <summary>The word that is waited for, if anybody owes one.</summary>
    public DutyClock? NextWord(ReadCase read, Instant now) => Clocks.NextWord(read.Story.State, At(now, read.StoredWatch));
}
