using Google.Protobuf;
using Grpc.Core;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>An open stream of updates, driven by hand: the numbers are given here, everything else by the test.</summary>
internal sealed class Feed : IDisposable
{
    // Bytes on the way out, so that a test can send what no program of ours would.
    private static readonly Method<byte[], StreamUpdatesResponse> Method = new(
        MethodType.DuplexStreaming, "incidenttracker.partner.v1.PartnerUpdateService", "StreamUpdates",
        Marshallers.Create(bytes => bytes, bytes => bytes), Marshallers.Create(message => message.ToByteArray(), StreamUpdatesResponse.Parser.ParseFrom));

    private readonly AsyncDuplexStreamingCall<byte[], StreamUpdatesResponse> _call;
    private readonly Queue<UpdateResult> _read = [];

    private Feed(PartnerLine line) => _call = line.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(Method, null, new(line.Credential));

    public StreamReady Ready { get; private set; } = null!;

    /// <summary>The number that the next update gets.</summary>
    public long Next { get; set; } = 1;

    /// <summary>Said by the hub before it ends the stream.</summary>
    public StreamClosing? Closing { get; private set; }

    /// <summary>A stream on which nothing was said yet.</summary>
    public static Feed Silent(PartnerLine line) => new(line);

    public static async Task<Feed> OpenAsync(PartnerLine line, string stream, long lastAcked = 0)
    {
        var feed = new Feed(line);
        await feed.SendAsync(new StreamUpdatesRequest { Hello = new() { PartnerStreamId = stream, Client = "tests/1", LastAckedSequence = lastAcked } });
        Assert.True(await feed._call.ResponseStream.MoveNext(CancellationToken.None));
        feed.Ready = Assert.IsType<StreamReady>(feed._call.ResponseStream.Current.Ready);
        feed.Next = feed.Ready.ResumeFromSequence;
        return feed;
    }

    /// <summary>Sends updates in one message.</summary>
    public Task SendAsync(params IEnumerable<Update?> updates) => SendAsync(Numbered(updates));

    public Task SendAsync(StreamUpdatesRequest message) => SendAsync(message.ToByteArray());

    public Task SendAsync(byte[] bytes) => _call.RequestStream.WriteAsync(bytes);

    public StreamUpdatesRequest Numbered(params IEnumerable<Update?> updates) =>
        new() { Updates = new() { Updates = { updates.Select(update => new StreamedUpdate { ClientSequence = Next++, Update = update }) } } };

    public async Task<IReadOnlyList<UpdateResult>> SendAndWaitAsync(params IEnumerable<Update?> updates)
    {
        var message = Numbered(updates);
        await SendAsync(message);
        return await ResultsAsync(message.Updates.Updates.Count);
    }

    /// <summary>Reads until so many results have come, in the order in which they came.</summary>
    public async Task<IReadOnlyList<UpdateResult>> ResultsAsync(int count)
    {
        var results = new List<UpdateResult>();
        while (results.Count < count)
        {
            if (_read.TryDequeue(out var result)) results.Add(result);
            else Assert.True(await MoveNextAsync(), "The stream ended before every update was answered.");
        }
        return results;
    }

    /// <summary>Says that nothing more comes, and reads what is left: results, and that the hub ends the stream well.</summary>
    public async Task<IReadOnlyList<UpdateResult>> CompleteAsync()
    {
        await _call.RequestStream.CompleteAsync();
        while (await MoveNextAsync()) { }
        Assert.Equal(StatusCode.OK, _call.GetStatus().StatusCode);
        return [.. _read];
    }

    /// <summary>Reads until the hub ends the stream with a refusal.</summary>
    public async Task<RpcException> RefusalAsync()
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => { while (await MoveNextAsync()) { } });
        refusal.MustNotShowOurInside();
        return refusal;
    }

    /// <summary>Results that were read beside something else.</summary>
    public IReadOnlyList<UpdateResult> Unread() => [.. _read];

    /// <summary>Cuts the line.</summary>
    public void Dispose() => _call.Dispose();

    private async Task<bool> MoveNextAsync()
    {
        if (!await _call.ResponseStream.MoveNext(CancellationToken.None)) return false;
        var response = _call.ResponseStream.Current;
        if (response.Closing is { } closing) Closing = closing;
        foreach (var result in response.Results?.Results ?? []) _read.Enqueue(result);
        return true;
    }
}
