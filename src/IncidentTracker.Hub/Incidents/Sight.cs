using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using IncidentTracker.Access;
using IncidentTracker.Domain;

namespace IncidentTracker.Incidents;

/// <summary>
/// All that a reader can read of a case, as a hash: when it is the same as before, there is no news for that reader. What
/// changes by itself as time passes is left out, and so is what grows for others too.
/// </summary>
internal sealed class Sight(CaseViews views, PublicViews publicViews)
{
    /// <summary>What a party sees; null when the case is not its own to read.</summary>
    public byte[]? OfParty(ReadCase read, PartnerIdentity partner)
    {
        if (!read.Story.State.IsOpenTo(partner.Reporter)) return null;
        var shown = views.ForPartner(read);
        (shown.TimelineVersion, shown.CustomerSentence) = (0, "");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(shown.ToByteArray());
        // What a system that forgot says again is a line, and nothing new.
        var fresh = read with { Story = read.Story with { Entries = read.Story.Entries.RemoveAll(entry => entry.Is(Marks.ProbableDuplicate)) } };
        foreach (var entry in CaseViews.Entries(fresh, partner)) hash.AppendData(entry.ToByteArray());
        return hash.GetHashAndReset();
    }

    public byte[] OfTraveller(ReadCase read)
    {
        var shown = publicViews.Timeline(read, reader: null);
        var lasting = shown.Incident with
        {
            TimelineVersion = 0,
            Sentence = "",
            Expected = null,
            ExpectedFrom = null,
            ExpectedUntil = null,
            WasExpected = null,
            Items = [.. shown.Incident.Items.Select(item => item with { Sentence = "" })],
        };
        return SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(shown with { Incident = lasting }));
    }
}
