using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using IncidentTracker.Domain;
using IncidentTracker.Sla;

namespace IncidentTracker.Incidents;

/// <summary>
/// What is told of a case in the order of receipt: its clocks, and whose time it was. Told once for each version that is
/// read, because a case whose news came backwards takes long to live through again, and anybody may ask as often as they like.
/// </summary>
internal sealed class Retelling(SlaBooks books)
{
    private readonly ConditionalWeakTable<ReadCase, Told> _told = [];

    public (CaseWatch Watch, ImmutableArray<EndedClock> Ended) ClocksOf(ReadCase read) => Of(read).Clocks.Value;

    public LedgerTurns LedgerOf(ReadCase read) => Of(read).Ledger.Value;

    // Another book tells it anew.
    private Told Of(ReadCase read)
    {
        var book = books.Current;
        var told = _told.GetValue(read, one => new(book, one));
        if (ReferenceEquals(told.Book, book)) return told;
        told = new(book, read);
        _told.AddOrUpdate(read, told);
        return told;
    }

    private sealed class Told(SlaBook book, ReadCase read)
    {
        public SlaBook Book => book;

        public Lazy<(CaseWatch Watch, ImmutableArray<EndedClock> Ended)> Clocks { get; } = new(() => Domain.Clocks.All(book, read.Facts, read.OpenedAt, Claims(read)));

        public Lazy<LedgerTurns> Ledger { get; } = new(() => LedgerTurns.Of(book, read.Facts, read.OpenedAt, Claims(read)));

        private static IEnumerable<Claim> Claims(ReadCase read) => read.Story.Entries.Select(entry => entry.Claim);
    }
}
