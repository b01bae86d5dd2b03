using System.Security.Cryptography;
using Google.Protobuf;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Storage.V1;
using Reporter = IncidentTracker.Domain.Reporter;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>
/// How a claim lies in the database: the update byte for byte, so that nothing a partner said is ever lost, and beside it
/// what the hub knew about the sender.
/// </summary>
internal static class ClaimCodec
{
    /// <summary>Half of a SHA-256: enough to tell two contents apart that one sender made.</summary>
    private const int HashLength = 16;

    /// <summary>Serializing gives the same bytes for the same content, whatever wrote the message first.</summary>
    public static byte[] Canonical(IMessage message) => message.ToByteArray();

    public static byte[] HashOf(byte[] canonical) => SHA256.HashData(canonical)[..HashLength];

    /// <summary>A word of the hub's own, as an update and with what it was judged by.</summary>
    public static (byte[] Content, byte[] Body) Write(Claim word)
    {
        var judgement = word.Judgement!;
        var content = Canonical(new Wire.Update
        {
            UpdateId = word.UpdateId,
            EventTime = word.Happened!.At.ToTimestamp(),
            EventTimeZone = word.Happened.Zone,
            Classifier = Wire.Classifier.Actual,
            StatusCode = word.StatusCode,
            ItemId = word.ItemId,
            AskedParty = word.AskedParty?.Value ?? "",
            Visibility = (Wire.Visibility)(int)word.Visibility,
            StaffText = word.StaffText,
        });
        var record = ClaimRecord.Parser.ParseFrom(Write(content, word.Reporter, word.ItemId));
        record.Judgement = new() { Clock = judgement.Clock, Stage = (int)judgement.Stage, Party = judgement.Party?.Value ?? "", DueAt = Moments.ToMicroseconds(judgement.DueAt) };
        return (content, record.ToByteArray());
    }

    public static byte[] Write(byte[] update, Reporter sender, string itemId)
    {
        var record = new ClaimRecord
        {
            Update = UnsafeByteOperations.UnsafeWrap(update),
            Reporter = new() { Kind = (int)sender.Kind },
            ItemId = itemId,
        };
        foreach (var principal in sender.ActsFor) record.Reporter.ActsFor.Add(principal.Value);
        return record.ToByteArray();
    }

    public static (Claim Claim, Wire.Update Update) Read(ClaimRow row)
    {
        var record = ClaimRecord.Parser.ParseFrom(row.Body);
        var update = Wire.Update.Parser.ParseFrom(record.Update);
        var sender = new Reporter(new(row.PartnerId), (OrganizationKind)record.Reporter.Kind, [.. record.Reporter.ActsFor.Select(principal => new OrganizationId(principal))]);
        var claim = UpdateReader.Recall(update, sender, row.ReceivedAt, record.ItemId);
        if (record.Judgement is { } judged)
            claim = claim with { Judgement = new(judged.Clock, (ClockStage)judged.Stage, judged.Party.Length > 0 ? new(judged.Party) : null, Moments.FromMicroseconds(judged.DueAt)) };
        return (claim, update);
    }
}
