using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Updates;
using NodaTime;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Benchmarks;

/// <summary>What lies in the database before the first measurement: cases with a history, as the hub itself would have stored them.</summary>
internal sealed class StoredCases
{
    private readonly Cases _cases;
    private readonly Wire.Update[] _history;
    private readonly byte[] _facts;
    private readonly byte[] _state;

    public StoredCases(Cases cases)
    {
        _cases = cases;
        var last = DateTimeOffset.FromUnixTimeMilliseconds(cases.Start);
        _history = [.. Enumerable.Range(0, cases.ClaimsEach).Select(i => Traffic.About(0, i * 31, last.AddHours(-9.6 * (cases.ClaimsEach - 1 - i))))];
        (_history[0].StatusCode, _history[0].Custody) = ("REPORTED", null);

        // All cases have the same history, so they stand where the first one stands.
        var facts = new CaseFacts(IncidentKind.DelayedBag, new("XA"), [new("1", "0900123456", new LocalDate(2026, 7, 6), "22", "BK", "Black, four wheels")], [new("GO"), new("XA")]);
        var heard = _history.Select((update, i) => UpdateReader.Recall(update, SenderOf(i), ReceivedAt(update), "")).ToArray();
        var story = Fold.All(facts, heard);
        _facts = CaseCodec.Write(facts, []);
        _state = CaseCodec.Write(story.State, Clocks.All(SlaBook.Default, facts, OpenedAt, heard).Watch);
        Phase = story.State.Worst.Phase.ToString();
    }

    public string Phase { get; }

    public Instant OpenedAt => ReceivedAt(_history[0]);

    public CaseRow Case(int number) => new(_cases.Id(number), Cases.ReferenceOf(number).Value, null, OpenedAt, _history.Length, _facts, _state);

    public IEnumerable<ClaimRow> Claims(int number)
    {
        var (id, reference) = (_cases.Id(number), Cases.ReferenceOf(number).ToString());
        for (var i = 0; i < _history.Length; i++)
        {
            var update = _history[i].Clone();
            var receivedAt = ReceivedAt(update);
            update.UpdateId = Guid.CreateVersion7(receivedAt.ToDateTimeOffset()).ToString();
            update.Incident.IncidentReference = reference;
            var content = ClaimCodec.Canonical(update);
            yield return new(id, SenderOf(i).Id.Value, update.UpdateId, receivedAt, ClaimCodec.HashOf(content), ClaimCodec.Write(content, SenderOf(i), ""));
        }
    }

    private static Reporter SenderOf(int claim) => claim % 2 == 0 ? Traffic.Airline : Traffic.Handler;

    private static Instant ReceivedAt(Wire.Update update) => Instant.FromDateTimeOffset(update.EventTime.ToDateTimeOffset()).ToWholeMicroseconds();
}

/// <summary>Rows for the raw limit: of the same columns and sizes as the hub's, ready to be written.</summary>
internal sealed class RawRows(Cases cases)
{
    public const int BatchSize = 1_000;

    private readonly Random _random = new(1);
    private readonly CaseRow _case = new StoredCases(cases).Case(0);
    private readonly ClaimRow _claim = new StoredCases(cases).Claims(0).Last();

    public byte[] State => _case.State;

    /// <summary>New claims of a batch; two of them seldom belong to the same case.</summary>
    public ClaimRow[] Batch(Instant now)
    {
        var rows = new ClaimRow[BatchSize];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = _claim with { Incident = cases.Id(cases.OtherCase(_random.Next(Cases.Live))), UpdateId = Guid.CreateVersion7().ToString(), ReceivedAt = now };
        return rows;
    }
}
