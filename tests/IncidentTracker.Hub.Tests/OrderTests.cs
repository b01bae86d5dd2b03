using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>The order in which words arrive plays no part: not among each other, and not for the opening of the case itself.</summary>
public sealed class OrderTests : HubTest
{
    private const string TagOne = "0900000001", TagTwo = "0900000002";

    private static readonly string[] Speakers = ["XA", "XB", "GO", "LH2", "TRW", "CQ", "CU", "AG", "STRANGER"];

    private static readonly string[] Codes =
    [
        "TRACING", "POSSIBLE_MATCH", "MATCH_CONFIRMED", "MATCH_VOIDED", "BAG_REQUESTED", "ON_HAND", "LOADED", "OFFLOADED", "FORWARD_PLANNED", "FORWARD_DEPARTED",
        "FORWARD_MISSED", "ARRIVED_STATION", "DELIVERY_ORDERED", "COURIER_HAS_BAG", "OUT_FOR_DELIVERY", "DELIVERED", "DELIVERY_DISPUTED", "CONFIRMED",
        "DAMAGE_REPORTED", "CLOSED_RETURNED", "REOPENED", "SOMETHING_NEW", "",
    ];

    /// <summary>What was said, without saying in which order it arrives. Moments often coincide.</summary>
    private static readonly Gen<(string By, Update Update)> Word =
        from speaker in Gen.Elements(Speakers)
        from code in Gen.Elements(Codes)
        from tag in Gen.Elements(TagOne, TagOne, TagTwo)
        from minute in Gen.Choose(0, 8)
        from kind in Gen.Choose(0, 13)
        from party in Gen.Elements("GO", "CQ", "LH2", "HTL", "XB")
        from target in Gen.Choose(0, 9)
        from precision in Gen.Frequency((8, Gen.Constant(TimePrecision.Second)), (1, Gen.Constant(TimePrecision.Unknown)))
        select (speaker, Spoken(code, tag, minute, kind, party, target, precision));

    // Of what is said twice about one moment, the second receipt is the repetition: there the order is the point.
    private static readonly Gen<(string By, Update Update)[]> Stories =
        from length in Gen.Choose(2, 10)
        from words in Gen.ArrayOf(Word, length)
        select words.DistinctBy(word => (word.By, word.Update.But(update => update.PartnerSequence = 0))).Select((word, i) => (word.By, word.Update.But(update => update.UpdateId = $"u-{i}"))).ToArray();

    [Fact]
    public async Task Whatever_the_order_of_arrival_the_case_and_its_timeline_are_the_same()
    {
        var lines = Speakers.ToDictionary(speaker => speaker, Hub.As);
        var round = 0;

        await Parallel.ForEachAsync(Gen.Sample(Stories, 50, 25), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (story, _) =>
        {
            var random = new Random(story.Length);
            var orders = Enumerable.Range(0, 4).Select(telling =>
            {
                var order = story.ToArray();
                if (telling > 0) random.Shuffle(order);
                return (Order: order, OpensAfter: telling == 0 ? 0 : random.Next(story.Length + 1));
            }).ToArray();

            var tellings = await Task.WhenAll(orders.Select(one => TellAsync(lines, one.Order, one.OpensAfter, Interlocked.Increment(ref round))));

            foreach (var telling in tellings[1..])
                Assert.True(telling == tellings[0], $"{string.Join('\n', story)}\n\ntold in order gives\n{After(tellings[0], telling)}\n\nand told otherwise\n{After(telling, tellings[0])}");
        });
        await Hub.ProveStoredEqualsFoldedAsync();
    }

    /// <summary>Tells a story to the hub about two bags of its own and gives what the case owner then reads, apart from names and receipts.</summary>
    private async Task<string> TellAsync(Dictionary<string, PartnerLine> lines, (string By, Update Update)[] order, int opensAfter, int round)
    {
        string Own(string tag) => $"{tag[..3]}{round:000000}{tag[^1]}";
        var reference = "";
        for (var i = 0; i <= order.Length; i++)
        {
            if (i == opensAfter)
            {
                var request = Say.Missing(Own(TagOne), "CU", "AG");
                request.RequestId = $"opening-{round}.";
                request.Items.Add(new NewItem { BagTag = Own(TagTwo), BagTagDate = Say.Day });
                reference = (await lines["XB"].OpenAsync(request)).Incident.IncidentReference;
            }
            if (i == order.Length) break;
            var (by, update) = order[i];
            await lines[by].AcceptedAsync(update.But(said => said.Incident.ExternalReference.Value = Own(said.Incident.ExternalReference.Value)));
        }

        var read = await lines["XB"].ReadAsync(reference);
        read.Incident.TimelineVersion = 0;
        foreach (var entry in read.Entries) entry.RecordTime = null;
        return read.ToString().Replace(reference, "REF", StringComparison.Ordinal).Replace(Own(TagOne), TagOne, StringComparison.Ordinal)
            .Replace(Own(TagTwo), TagTwo, StringComparison.Ordinal).Replace($"opening-{round}.", "opening", StringComparison.Ordinal);
    }

    /// <summary>A text from a little before it begins to differ.</summary>
    private static string After(string text, string other) => text[Math.Max(0, text.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count() - 60)..];

    private static Update Spoken(string code, string tag, int minute, int kind, string party, int target, TimePrecision precision)
    {
        var at = new DateTimeOffset(2026, 7, 6, 9, 0, 0, TimeSpan.Zero).AddMinutes(minute * 20);
        var update = Say.Seen("", tag, code);
        if (precision == TimePrecision.Unknown) (update.EventTimePrecision, update.EventTimeZone) = (precision, "");
        else update.At(at);

        if (kind == 0) update.Classifier = Classifier.Planned;
        if (kind == 1) update.AskedParty = party;
        if (kind == 2) update.Custody = new() { Action = CustodyAction.Taken, Condition = BagCondition.Ok };
        if (kind == 3) update.Custody = new() { Action = CustodyAction.Released, To = party };
        if (kind == 4) update.Custody = new() { Action = CustodyAction.Accepted, From = party };
        if (kind == 5) update.Eta = new() { From = Timestamp.FromDateTimeOffset(at.AddHours(4)), TimeZone = "Europe/Lisbon" };
        if (kind is 6 or 7) update.Correction = new() { Kind = kind == 6 ? CorrectionKind.Void : CorrectionKind.Replace, UpdateId = $"u-{target}", Reason = CorrectionReason.IncorrectData };
        if (kind == 8) update.PartnerSequence = target;
        if (kind == 9) update.Evidence.Add(new Evidence { Kind = EvidenceKind.Photo, Reference = "p" });
        if (kind == 10) update.Assignment = new() { Role = PartyRole.Courier, OrganizationId = party };
        if (code.Length == 0 && kind is not (>= 2 and <= 7) && kind != 10) update.StaffText = "A note.";
        return update;
    }
}
