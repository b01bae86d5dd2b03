using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using IncidentTracker.Partner.V1;
using Outcome = IncidentTracker.Partner.V1.UpdateResult.OutcomeOneofCase;

namespace IncidentTracker.HubTests;

/// <summary>One bad update never costs its neighbours, and its sender reads which one it was, where and why.</summary>
public sealed class BadItemTests : HubTest
{
    private string _reference = "";

    private static readonly (string Mistake, string Reason, string Field)[] Mistakes =
    [
        ("no id", "FIELD_REQUIRED", "update.update_id"),
        ("a blank in the id", "FIELD_INVALID", "update.update_id"),
        ("no address", "INCIDENT_ADDRESS_REQUIRED", "update.incident"),
        ("an impossible reference", "FIELD_INVALID", "update.incident.incident_reference"),
        ("an unknown case", "INCIDENT_NOT_FOUND", "incident.incident_reference"),
        ("an unread tag", "BAG_TAG_UNREADABLE", "update.incident.external_reference.value"),
        ("an unknown item", "ITEM_UNKNOWN", "item_id"),
        ("no time", "EVENT_TIME_REQUIRED", "update.event_time"),
        ("no offset", "EVENT_TIME_OFFSET_REQUIRED", "update.event_time_zone"),
        ("an invented zone", "EVENT_TIME_OFFSET_REQUIRED", "update.event_time_zone"),
        ("the day after tomorrow", "EVENT_TIME_IN_FUTURE", "update.event_time"),
        ("the last century", "EVENT_TIME_TOO_OLD", "update.event_time"),
        ("nothing to say", "UPDATE_IS_EMPTY", "update.status_code"),
        ("a code of the hub's", "STATUS_CODE_RESERVED", "update.status_code"),
        ("words for somebody else", "PARTY_MISMATCH", "update.on_behalf_of"),
        ("custody without an action", "FIELD_REQUIRED", "update.custody.action"),
        ("an action of the future", "FIELD_INVALID", "update.custody.action"),
        ("a question to nobody", "ORGANIZATION_UNKNOWN", "update.asked_party"),
        ("a bag in nobody's hands", "ORGANIZATION_UNKNOWN", "update.custody.to"),
        ("a bag from nobody's hands", "ORGANIZATION_UNKNOWN", "update.custody.from"),
        ("work for nobody", "ORGANIZATION_UNKNOWN", "update.assignment.organization_id"),
        ("news for nobody", "ORGANIZATION_UNKNOWN", "update.visible_to[0]"),
        ("a correction of nobody", "ORGANIZATION_UNKNOWN", "update.correction.partner_id"),
        ("too long a note", "FIELD_TOO_LONG", "update.staff_text"),
        ("text that is not UTF-8", "TEXT_NOT_UTF8", "update.staff_text"),
        ("an id that is not UTF-8", "TEXT_NOT_UTF8", "update.update_id"),
    ];

    [Fact]
    public async Task On_a_stream_every_bad_update_is_answered_and_its_neighbours_are_stored()
    {
        await OpenAsync();
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");

        await feed.SendAsync(Broken(feed.Numbered(BadAmongGood().Append(null)).ToByteArray()));
        await feed.SendAsync(Good("next"));
        var results = (await feed.ResultsAsync((2 * Mistakes.Length) + 2)).OrderBy(result => result.ClientSequence).ToArray();
        Assert.Empty(await feed.CompleteAsync());

        MustNameTheMistakes(results[..^2]);
        Assert.Equal(("FIELD_REQUIRED", "update"), (results[^2].Reason(), results[^2].Field()));
        Assert.Equal(Outcome.Accepted, results[^1].OutcomeCase);
        Assert.Equal(Mistakes.Length + 1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task In_a_batch_every_bad_update_is_answered_and_its_neighbours_are_stored()
    {
        await OpenAsync();

        var bytes = await RawCallAsync("BatchReportUpdates", Broken(new BatchReportUpdatesRequest { Updates = { BadAmongGood() } }.ToByteArray()));

        var response = BatchReportUpdatesResponse.Parser.ParseFrom(bytes);
        MustNameTheMistakes([.. response.Results]);
        Assert.Equal(Mistakes.Length, response.RejectedCount);
        Assert.Equal(Mistakes.Length, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task Alone_every_bad_update_is_refused_with_reason_and_field()
    {
        await OpenAsync();

        var refusals = new List<(string, string, string)>();
        foreach (var (mistake, _, _) in Mistakes)
        {
            var (_, reason, field) = await RawCallAsync("ReportUpdate", Broken(new ReportUpdateRequest { Update = Bad(mistake) }.ToByteArray())).AsRefusedAsync();
            refusals.Add((mistake, reason, field));
        }

        Assert.Equal(Mistakes, refusals);
        Assert.Equal(0, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task A_message_of_257_KiB_is_refused_in_band_and_the_stream_goes_on()
    {
        await OpenAsync();
        var large = Enumerable.Range(0, 140).Select(i => Good($"large-{i}").But(update => update.StaffText = new string('x', 1_900))).ToArray();
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");

        var results = await feed.SendAndWaitAsync(large);
        var next = await feed.SendAndWaitAsync(Good("next"));

        Assert.All(results, result => Assert.Equal("MESSAGE_TOO_LARGE", result.Reason()));
        Assert.Equal(140, results.Count);
        Assert.Equal(Outcome.Accepted, next.Single().OutcomeCase);
        Assert.Equal((StatusCode.InvalidArgument, "MESSAGE_TOO_LARGE", ""), await Hub.As("XB").BatchAsync(large).AsRefusedAsync());
        Assert.Equal(1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task A_message_of_501_updates_is_refused_in_band_and_the_stream_goes_on()
    {
        await OpenAsync();
        var many = Enumerable.Range(0, 501).Select(i => Good($"many-{i}")).ToArray();
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");

        var results = await feed.SendAndWaitAsync(many);
        var next = await feed.SendAndWaitAsync(Good("next"));

        Assert.All(results, result => Assert.Equal("BATCH_TOO_LARGE", result.Reason()));
        Assert.Equal(Outcome.Accepted, next.Single().OutcomeCase);
        Assert.Equal((StatusCode.InvalidArgument, "BATCH_TOO_LARGE", "updates"), await Hub.As("XB").BatchAsync(many).AsRefusedAsync());
        Assert.Equal("BATCH_EMPTY", (await Hub.As("XB").BatchAsync([]).AsRefusedAsync()).Reason);
        Assert.Equal(1, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task Garbage_ends_the_stream_it_came_on_and_touches_nothing_else()
    {
        await OpenAsync();
        using var other = await Feed.OpenAsync(Hub.As("XB"), "s-2");
        foreach (var garbage in new byte[][] { [0xFF, 0xFF, 0xFF], [0x12, 0x7F, 0x01], [0x0A], [.. Enumerable.Repeat((byte)0x13, 500)] })
        {
            using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");
            await feed.SendAndWaitAsync(Good($"u-{feed.Next}"));

            await feed.SendAsync(garbage);

            var refusal = await feed.RefusalAsync();
            Assert.Equal((StatusCode.InvalidArgument, "MALFORMED_MESSAGE"), (refusal.StatusCode, refusal.Reason()));
        }
        Assert.Equal(Outcome.Accepted, (await other.SendAndWaitAsync(Good("other"))).Single().OutcomeCase);
        Assert.Equal(5, await Hub.CountClaimsAsync());
    }

    [Fact]
    public async Task An_empty_message_is_no_mistake()
    {
        await OpenAsync();
        using var feed = await Feed.OpenAsync(Hub.As("XB"), "s-1");

        await feed.SendAsync(feed.Numbered());

        Assert.Equal(Outcome.Accepted, (await feed.SendAndWaitAsync(Good("u-1"))).Single().OutcomeCase);
    }

    private async Task OpenAsync() => _reference = await Hub.As("XB").OpenAsync("0900123456");

    private Update Good(string id) => Say.Note(id, _reference).At(Hub.Time.GetUtcNow());

    private IEnumerable<Update> BadAmongGood() => Mistakes.SelectMany((wrong, i) => new[] { Good($"good-{i}"), Bad(wrong.Mistake) });

    private static void MustNameTheMistakes(UpdateResult[] results)
    {
        Assert.All(results.Where((_, i) => i % 2 == 0), result => Assert.Equal(Outcome.Accepted, result.OutcomeCase));
        Assert.Equal(Mistakes, results.Where((_, i) => i % 2 == 1).Select((result, i) => (Mistakes[i].Mistake, result.Reason(), result.Field())));
        Assert.Equal(Enumerable.Range(0, results.Length), results.Select(result => result.Index));
    }

    private Update Bad(string mistake) => Good("bad").But(update =>
    {
        switch (mistake)
        {
            case "no id": update.UpdateId = ""; break;
            case "a blank in the id": update.UpdateId = "u 1"; break;
            case "no address": update.Incident = null; break;
            case "an impossible reference": update.Incident.IncidentReference = "K7Q-4M2-XDD"; break;
            case "an unknown case": update.Incident.IncidentReference = Domain.Reference.From(new byte[8]).ToString(); break;
            case "an unread tag": update.Incident = Say.Tag("0000000000"); break;
            case "an unknown item": update.ItemId = "7"; break;
            case "no time": update.EventTime = null; break;
            case "no offset": update.EventTimeZone = ""; break;
            case "an invented zone": update.EventTimeZone = "Europe/Atlantis"; break;
            case "the day after tomorrow": update.EventTime = Timestamp.FromDateTimeOffset(Hub.Time.GetUtcNow().AddHours(25)); break;
            case "the last century": update.EventTime = Timestamp.FromDateTimeOffset(new(1999, 12, 31, 23, 0, 0, TimeSpan.Zero)); break;
            case "nothing to say": update.StaffText = ""; break;
            case "a code of the hub's": update.StatusCode = "SLA_BREACHED"; break;
            case "words for somebody else": update.OnBehalfOf = "XA"; break;
            case "custody without an action": update.Custody = new(); break;
            case "an action of the future": update.Custody = new() { Action = (CustodyAction)99 }; break;
            case "a question to nobody": update.AskedParty = "NOBODY"; break;
            case "a bag in nobody's hands": update.Custody = new() { Action = CustodyAction.Released, To = "NOBODY" }; break;
            case "a bag from nobody's hands": update.Custody = new() { Action = CustodyAction.Taken, From = "NOBODY" }; break;
            case "work for nobody": update.Assignment = new() { Role = PartyRole.Courier, OrganizationId = "NOBODY" }; break;
            case "news for nobody": update.Visibility = Visibility.Parties; update.VisibleTo.Add("NOBODY"); break;
            case "a correction of nobody": update.Correction = new() { Kind = CorrectionKind.Void, Reason = CorrectionReason.DidNotOccur, PartnerId = "NOBODY", UpdateId = "u-1" }; break;
            case "too long a note": update.StaffText = new('x', 2_001); break;
            case "text that is not UTF-8": update.StaffText = "@@@@"; break;
            case "an id that is not UTF-8": update.UpdateId = "@@@@"; break;
            default: throw new ArgumentOutOfRangeException(nameof(mistake), mistake, null);
        }
    });

    /// <summary>Puts bytes that are no UTF-8 where @@@@ stands.</summary>
    private static byte[] Broken(byte[] message)
    {
        while (message.AsSpan().IndexOf("@@@@"u8) is var at and >= 0) new byte[] { 0xC3, 0x28, 0xFF, 0xFE }.CopyTo(message, at);
        return message;
    }

    private async Task<byte[]> RawCallAsync(string method, byte[] request)
    {
        var bytes = Marshallers.Create(sent => sent, received => received);
        var line = Hub.As("XB");
        return await line.Channel.CreateCallInvoker().AsyncUnaryCall(
            new Method<byte[], byte[]>(MethodType.Unary, "incidenttracker.partner.v1.PartnerUpdateService", method, bytes, bytes), null, new(line.Credential), request);
    }
}
