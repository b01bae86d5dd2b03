using Grpc.Core;
using IncidentTracker.Partner.V1;

namespace IncidentTracker.HubTests;

/// <summary>An open stream of updates, driven by hand: the numbers are given here, everything else by the test.</summary>
internal sealed class Feed : IDisposable
{
    private readonly AsyncDuplexStreamingCall<StreamUpdatesRequest, StreamUpdatesResponse> _call;
    private readonly Queue<UpdateResult> _read = [];

    private Feed(AsyncDuplexStreamingCall<StreamUpdatesRequest, StreamUpdatesResponse> call, StreamReady ready) => (_call, Ready, Next) = (call, ready, ready.ResumeFromSequence);

    public StreamReady Ready { get; }

    /// <summary>The number that the next update gets.</summary>
    public long Next { get; set; }

    /// <summary>Said by the hub before it ends the stream.</summary>
    public StreamClosing? Closing { get; private set; }

    public static async Task<Feed> OpenAsync(PartnerLine line, string stream)
    {
        var call = line.Stream();
        await call.RequestStream.WriteAsync(new() { Hello = new() { PartnerStreamId = stream, Client = "tests/1" } });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return new(call, Assert.IsType<StreamReady>(call.ResponseStream.Current.Ready));
    }

    /// <summary>Sends updates in one message.</summary>
    public Task SendAsync(params IEnumerable<Update?> updates) => SendAsync(Numbered(updates));

    public Task SendAsync(StreamedUpdates message) => _call.RequestStream.WriteAsync(new() { Updates = message });

    public StreamedUpdates Numbered(params IEnumerable<Update?> updates) =>
        new() { Updates = { updates.Select(update => new StreamedUpdate { ClientSequence = Next++, Update = update }) } };

    public async Task<IReadOnlyList<UpdateResult>> SendAndWaitAsync(params IEnumerable<Update?> updates)
    {
        var message = Numbered(updates);
        await SendAsync(message);
        return await ResultsAsync(message.Updates.Count);
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
