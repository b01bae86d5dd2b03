using Google.Protobuf;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>Partners move on before the hub does. What it does not know yet is kept, and given back as it came.</summary>
public sealed class UnknownTests : HubTest
{
    [Fact]
    public async Task Codes_kinds_and_fields_of_a_later_contract_survive_the_round_trip()
    {
        var partner = Hub.As("XB");
        var reference = await partner.OpenAsync("0900123456");
        var known = Say.That("u-1", reference, "TELEPORTED").At(Hub.Time.GetUtcNow());
        known.Custody = new() { Action = CustodyAction.Taken, Condition = (BagCondition)77 };
        known.Evidence.Add(new Evidence { Kind = (EvidenceKind)99, Reference = "holo-1" });
        byte[] laterField = [.. Tag(500), 5, .. "later"u8];
        var sent = Update.Parser.ParseFrom([.. known.ToByteArray(), .. laterField]);

        var accepted = await partner.AcceptedAsync(sent);
        var read = (await partner.ReadAsync(reference)).Entries.Single(entry => entry.Update.UpdateId == "u-1");

        Assert.Contains("STATUS_CODE_UNKNOWN", accepted.Warnings);
        Assert.Equal(sent.ToByteArray(), read.Update.ToByteArray());
        Assert.NotEqual(known.ToByteArray(), read.Update.ToByteArray());
    }

    [Fact]
    public async Task A_code_nobody_knows_is_other_news_to_the_traveller_and_changes_nothing()
    {
        var partner = Hub.As("XB");
        var reference = await partner.OpenAsync("0900123456");
        var before = (await partner.ReadAsync(reference)).Incident;

        await partner.AcceptedAsync(Say.That("u-1", reference, "TELEPORTED"));

        var after = (await partner.ReadAsync(reference)).Incident;
        Assert.Equal((before.StatusCode, before.CustomerSentence), (after.StatusCode, after.CustomerSentence));
        using var traveller = Hub.Browse();
        Assert.Contains("Other news", await traveller.GetStringAsync($"/api/v1/incidents/{reference}/timeline?familyName=Kowalska"), StringComparison.Ordinal);
    }

    private static byte[] Tag(int field)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        return bytes.ToArray();
    }
}
