using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using IncidentTracker.Partner.V1;
using NodaTime;
using Duration = NodaTime.Duration;

namespace IncidentTracker.HubTests;

/// <summary>
/// Whatever happens to a case, whoever must speak is told one due time: in the acknowledgement, in the list of tasks, among
/// the clocks, over REST and on the page. LAW_SEED=... tells one story again.
/// </summary>
public sealed class DueTimeLawTests : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2026, 7, 6, 12, 0);
    private static readonly string[] Senders = ["XB", "GO", "LH2", "TRW", "CQ"];
    private static readonly string[] Codes =
    [
        "ACKNOWLEDGED", "TRACING", "LAST_SEEN", "POSSIBLE_MATCH", "MATCH_CONFIRMED", "BAG_REQUESTED", "ON_HAND", "LOADED", "FORWARD_PLANNED", "FORWARD_DEPARTED",
        "ARRIVED_STATION", "DELIVERY_ORDERED", "COURIER_HAS_BAG", "OUT_FOR_DELIVERY", "DELIVERED", "DELIVERY_DISPUTED", "DAMAGE_REPORTED", "",
    ];

    private static readonly Gen<Move> AnyMove =
        from kind in Gen.Frequency((7, Gen.Constant("says")), (3, Gen.Constant("holds")), (2, Gen.Constant("asks")), (1, Gen.Constant("offers")), (1, Gen.Constant("accepts")),
            (1, Gen.Constant("refuses")), (6, Gen.Constant("waits")), (1, Gen.Constant("hub is away")))
        from who in Gen.Elements(Senders)
        from to in Gen.Elements(Senders)
        from code in Gen.Elements(Codes)
        from reason in Gen.Elements("73", "63", "")
        from door in Gen.Choose(0, 2)
        from minutes in Gen.Elements(1, 20, 55, 119, 121, 240, 600, 1_500)
        select new Move(kind, who, to, code, reason, door, Duration.FromMinutes(minutes) + Duration.FromSeconds(7));

    private static readonly Gen<Move[]> Stories = from length in Gen.Choose(6, 14) from moves in Gen.ArrayOf(AnyMove, length) select moves;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"maintenance-{Guid.NewGuid():N}.json");
    private Hub _hub = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, $$"""{ "maintenance": [{{string.Join(", ", Enumerable.Range(0, 300).Select(Maintenance))}}] }""");
        _hub = await Hub.StartAsync(("Sla:File", _file));
    }

    public async Task DisposeAsync()
    {
        File.Delete(_file);
        await using var hub = _hub;
        await hub.ProveStoredEqualsFoldedAsync();
        await hub.StopAsync();
        hub.MustBeQuiet();
    }

    [Fact]
    public async Task Whatever_happens_every_face_says_the_same_due_time()
    {
        var again = Environment.GetEnvironmentVariable("LAW_SEED");
        for (var story = 0; story < (again is null ? 12 : 1); story++)
        {
            var seed = again is null ? (ulong)Random.Shared.NextInt64() : ulong.Parse(again, CultureInfo.InvariantCulture);
            var moves = Stories.Sample(1, new Rnd(seed), 50).Single();
            var told = 0;
            try
            {
                var reference = await OpenAsync(story);
                foreach (var move in moves)
                {
                    told++;
                    await MakeAsync(move, reference, $"s{story}-{told}");
                    await new DueTimeFaces(_hub).MustAgreeAsync(reference, Senders);
                }
                await _hub.As("XB").AcceptedAsync(Say.That($"s{story}-end", reference, "CLOSED_CANCELLED"));
                await new DueTimeFaces(_hub).MustAgreeAsync(reference, Senders);
            }
            catch (Exception broken)
            {
                throw new InvalidOperationException($"LAW_SEED={seed}\n{string.Join('\n', moves.Take(told))}\n{broken.Message}", broken);
            }
        }
    }

    private async Task<string> OpenAsync(int story)
    {
        var request = Say.Missing($"09{story:00000000}", Senders);
        request.RequestId = $"law-{story}";
        var reference = (await _hub.As("XB").OpenAsync(request)).Incident.IncidentReference;
        foreach (var sender in Senders) await _hub.As(sender).AcceptedAsync(DueTimeFaces.Silent(sender, reference));
        return reference;
    }

    private async Task MakeAsync(Move move, string reference, string id)
    {
        switch (move.Kind)
        {
            case "waits":
                await _hub.LiveUntilAsync(_hub.Time.Now + move.For);
                return;
            case "hub is away":
                await _hub.StopAsync();
                _hub.Time.Advance(move.For);
                await _hub.RestartAsync();
                await _hub.LiveUntilAsync(_hub.Time.Now + Duration.FromSeconds(1));
                return;
        }

        var update = Say.That(id, reference, move.Code).At(_hub.Time.GetUtcNow());
        if (move.Code.Length == 0) update.StaffText = "Still at it.";
        if (move.Code is "BAG_REQUESTED" or "DELIVERY_ORDERED") update.AskedParty = move.To;
        if (move.Code == "FORWARD_DEPARTED") update.Eta = Until(move);
        if (move.Kind == "holds") (update.StatusCode, update.ReasonCode, update.Eta) = ("HELD", move.Reason, Until(move));
        if (move.Kind == "asks") (update.StatusCode, update.AskedParty, update.StaffText) = ("", move.To, "Is it with you?");
        if (move.Kind is "offers" or "accepts" or "refuses") (update.StatusCode, update.StaffText, update.Custody) = ("", "At the desk.", Custody(move));

        var line = _hub.As(move.By);
        switch (move.Door)
        {
            case 0:
                try { await line.ReportAsync(update); }
                catch (RpcException refused) when (refused.StatusCode == StatusCode.InvalidArgument) { }       // in a batch it is told, and here it ends the call
                break;
            case 1: await line.BatchAsync(update); break;
            default:
                using (var feed = await Feed.OpenAsync(line, "due-times")) await feed.SendAndWaitAsync(update);
                break;
        }
    }

    private Eta Until(Move move) => new() { From = Timestamp.FromDateTimeOffset((_hub.Time.Now + move.For).ToDateTimeOffset()), TimeZone = "Europe/Lisbon" };

    private static CustodyStatement Custody(Move move) => move.Kind switch
    {
        "offers" => new() { Action = CustodyAction.Offered, To = move.To },
        "accepts" => new() { Action = CustodyAction.Accepted, From = move.To },
        _ => new() { Action = CustodyAction.Refused },
    };

    private static string Maintenance(int number)
    {
        var from = Start + Duration.FromHours(1) + (number * Duration.FromMinutes(170));
        return $$"""{ "organization": "{{Senders[number % Senders.Length]}}", "from": "{{from}}", "until": "{{from + Duration.FromMinutes(20 + (number % 7 * 30))}}", "reason": "Maintenance {{number}}" }""";
    }

    /// <summary>One thing that happens.</summary>
    private sealed record Move(string Kind, string By, string To, string Code, string Reason, int Door, Duration For);
}
