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
        return (UpdateReader.Recall(update, sender, row.ReceivedAt, record.ItemId), update);
    }
}
