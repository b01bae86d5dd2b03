using Grpc.Core;
using IncidentTracker.Access;
using IncidentTracker.Data;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using Microsoft.EntityFrameworkCore;
using Wire = IncidentTracker.Partner.V1;

namespace IncidentTracker.Updates;

/// <summary>Streams of updates: opens each where it left off, and remembers how far it came.</summary>
internal sealed partial class UpdateStreams(Ingest ingest, Register register, IDbContextFactory<HubDb> dbs, Engine engine, TimeProvider time, Drain drain, ILogger<UpdateStreams> log)
{
    public async Task RunAsync(
        PartnerIdentity partner, IAsyncStreamReader<Wire.StreamUpdatesRequest> requests, IServerStreamWriter<Wire.StreamUpdatesResponse> responses, ServerCallContext context)
    {
        if (!await requests.MoveNext(context.CancellationToken) || requests.Current.Hello is not { } hello) throw new RefusedException(Refusals.HelloRequired.At("hello"));
        if (hello.PartnerStreamId is { Length: 0 or > 128 } || hello.PartnerStreamId.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new RefusedException(Refusals.FieldInvalid.At("hello.partner_stream_id", "1 to 128 visible ASCII characters."));

        if (hello.LastAckedSequence < 0) throw new RefusedException(Refusals.FieldInvalid.At("hello.last_acked_sequence", "At least 0."));

        // What the sender was answered is decided, whether or not the hub came to note it before the line broke.
        var noted = await RecallAsync(partner.Id.Value, hello.PartnerStreamId, context.CancellationToken);
        var position = new StreamPosition(Math.Max(noted, hello.LastAckedSequence + 1));
        await responses.WriteAsync(new() { Ready = new() { ResumeFromSequence = position.Next, Limits = ContractLimits.ToWire() } }, context.CancellationToken);

        using var session = new UpdateStreamSession(ingest, register, partner.Reporter, position, requests, responses, time,
            stop => TryRememberAsync(partner.Id.Value, hello.PartnerStreamId, position.Next, stop));
        await session.RunAsync(drain.Starting, context.CancellationToken);
    }

    private async Task<long> RecallAsync(string partner, string stream, CancellationToken stop)
    {
        await using var db = await dbs.CreateDbContextAsync(stop);
        return await db.Streams.AsNoTracking().Where(row => row.PartnerId == partner && row.StreamId == stream).Select(row => (long?)row.NextSequence).FirstOrDefaultAsync(stop) ?? 1;
    }

    private async Task TryRememberAsync(string partner, string stream, long next, CancellationToken stop)
    {
        try { await RememberAsync(partner, stream, next, stop); }
        catch (Exception failure) when (engine.IsOutage(failure)) { LogNotRemembered(partner, stream, failure); }
    }

    // Behind the truth after a crash: then some updates are sent again and answered as duplicates. Never ahead of it.
    private async Task RememberAsync(string partner, string stream, long next, CancellationToken stop)
    {
        using var turn = await engine.EnterAsync(stop);
        await using var db = await dbs.CreateDbContextAsync(stop);
        var known = await db.Streams.Where(row => row.PartnerId == partner && row.StreamId == stream)
            .ExecuteUpdateAsync(row => row.SetProperty(stream => stream.NextSequence, stream => stream.NextSequence < next ? next : stream.NextSequence), stop);
        if (known > 0) return;
        db.Add(new StreamRow { PartnerId = partner, StreamId = stream, NextSequence = next });
        await db.TrySaveAsync(engine, stop);        // false: the same stream was opened twice and the other one remembers
    }

    [LoggerMessage(LogLevel.Warning, "How far stream {Stream} of {Partner} has come could not be noted; after a cut some updates come again and are answered as duplicates")]
    private partial void LogNotRemembered(string partner, string stream, Exception failure);
}

/// <summary>How far a stream has come: every number before <see cref="Next"/> is decided for ever.</summary>
internal sealed class StreamPosition(long next)
{
    private readonly HashSet<long> _ahead = [];

    public long Next { get; private set; } = next;

    public void Decided(long sequence)
    {
        if (sequence < Next) return;
        if (sequence > Next) { _ahead.Add(sequence); return; }
        do Next++; while (_ahead.Remove(Next));
    }
}
