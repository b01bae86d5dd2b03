using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using IncidentTracker.Access;
using IncidentTracker.Delivery;
using IncidentTracker.Domain;
using IncidentTracker.Rpc;
using IncidentTracker.Web;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace IncidentTracker.Incidents;

/// <summary>
/// Tells those who look at a case that there is something new for them to read, for as long as they stay (server-sent
/// events). One question to the database serves all of them.
/// </summary>
internal sealed partial class EventStreams(
    ChangeFeed feed, CaseReader cases, Sight sight, IOptions<DoorOptions> doors, Drain drain, TimeProvider time, ILogger<EventStreams> log) : BackgroundService
{
    public const int MostOfCase = 20;
    public const int MostInAll = 500;

    /// <summary>Whoever was away for longer reads the timeline anew.</summary>
    public const int MostMissed = 100;

    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly MemoryCache _seen = new(new MemoryCacheOptions { SizeLimit = 10_000 });
    private ImmutableDictionary<IncidentId, ImmutableList<Channel<bool>>> _open = ImmutableDictionary<IncidentId, ImmutableList<Channel<bool>>>.Empty;
    private readonly Channel<bool> _entered = Knocks();
    private int _count;

    /// <summary>Tells a reader until it goes, or the hub does.</summary>
    /// <param name="after">The version that the reader knows; null: it begins now; not a number: nobody knows it.</param>
    public async Task RunAsync(ReadCase read, PartnerIdentity? reader, string? after, HttpContext http)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, drain.Starting);
        var wake = Enter(read.Id);
        try
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            if (http.WantsHeadersOnly()) return;

            // Read again now that every later change wakes us.
            if (await cases.ReadAsync(read.Id, ends.Token) is not { } now || See(now, reader) is not { } seen) return;
            await WriteAsync(http, "retry: 3000\n\n", ends.Token);
            var known = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : (long?)null;
            if (after is null || known == now.Version) await WriteAsync(http, $"id: {now.Version}\n\n", ends.Token);
            else if (known is null || known > now.Version || known < now.Version - MostMissed) await TellAsync(http, EventBody.Resync, now, ends.Token);
            // What it saw then is remembered for a while. If not: rather once too often.
            else if (!_seen.TryGetValue((now.Id, known, reader?.Id), out byte[]? before) || !before.AsSpan().SequenceEqual(seen)) await TellAsync(http, TypeOf(now, null), now, ends.Token);
            Remember(now, reader, seen);

            while (true)
            {
                if (!await WokenAsync(wake, ends.Token))
                {
                    await WriteAsync(http, ": here\n\n", ends.Token);
                    continue;
                }
                if (await cases.FindAsync(now.Reference, ends.Token) is not { } found || await cases.ReadAsync(found.Id, found.Version, ends.Token) is not { } next) return;
                if (See(next, reader) is not { } view) return;      // it is no longer the reader's
                if (!view.AsSpan().SequenceEqual(seen)) await TellAsync(http, TypeOf(next, now), next, ends.Token);
                (now, seen) = (next, view);
                Remember(now, reader, seen);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested) { }
        finally { Leave(read.Id, wake); }
    }

    public override void Dispose()
    {
        _seen.Dispose();
        base.Dispose();
    }

    /// <summary>Follows the changes while anybody listens, and wakes those who listen to a case that has changed.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _entered.Reader.ReadAsync(stoppingToken))
            {
                using var listening = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                try
                {
                    // Nobody has looked up to here, so everybody looks.
                    var cursor = await feed.BeginAsync("", listening.Token);
                    foreach (var wake in _open.Values.SelectMany(wakes => wakes)) wake.Writer.TryWrite(true);
                    await feed.FollowAsync(cursor, null, (id, _) => Wake(id), _ => EndUnlessHeard(listening), listening.Token);
                }
                catch (OperationCanceledException) when (listening.IsCancellationRequested) { }
                catch (Exception failure)
                {
                    LogFailed(failure);
                    _entered.Writer.TryWrite(true);
                    await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
    }

    private Task Wake(IncidentId id)
    {
        foreach (var wake in _open.GetValueOrDefault(id, [])) wake.Writer.TryWrite(true);
        return Task.CompletedTask;
    }

    private Task EndUnlessHeard(CancellationTokenSource listening) => _open.IsEmpty ? listening.CancelAsync() : Task.CompletedTask;

    // One waiting knock is enough, however often somebody knocks.
    private static Channel<bool> Knocks() => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private Channel<bool> Enter(IncidentId id)
    {
        lock (_lock)
        {
            var ofCase = _open.GetValueOrDefault(id, []);
            if (ofCase.Count >= MostOfCase || _count >= MostInAll) throw new RefusedException(Refusals.TooManyStreams);
            if (!drain.TryEnter()) throw new RefusedException(Refusals.ServiceUnavailable);
            var wake = Knocks();
            _open = _open.SetItem(id, ofCase.Add(wake));
            _count++;
            _entered.Writer.TryWrite(true);
            return wake;
        }
    }

    private void Leave(IncidentId id, Channel<bool> wake)
    {
        lock (_lock)
        {
            var left = _open[id].Remove(wake);
            _open = left.IsEmpty ? _open.Remove(id) : _open.SetItem(id, left);
            _count--;
        }
        drain.Leave();
    }

    // False: nothing came for so long that whoever listens may think we are gone.
    private static async Task<bool> WokenAsync(Channel<bool> wake, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(HeartbeatEvery);
        try { return await wake.Reader.ReadAsync(patience.Token); }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested) { return false; }
    }

    private byte[]? See(ReadCase read, PartnerIdentity? reader) => reader is null ? sight.OfTraveller(read) : sight.OfParty(read, reader);

    private void Remember(ReadCase read, PartnerIdentity? reader, byte[] seen) =>
        _seen.Set((read.Id, (long?)read.Version, reader?.Id), seen, new MemoryCacheEntryOptions { Size = 1 });

    private static string TypeOf(ReadCase read, ReadCase? before) =>
        IsClosed(read) && !(before is not null && IsClosed(before)) ? EventBody.Closed : EventBody.Published;

    private static bool IsClosed(ReadCase read) => read.Story.State.Worst.Phase == Phase.Closed;

    private Task TellAsync(HttpContext http, string type, ReadCase read, CancellationToken stop) => WriteAsync(http,
        $"id: {read.Version}\nevent: {type}\ndata: {EventBody.OfCase(type, time.Now(), read.Reference, null, read.Version, doors.Value.Site)}\n\n", stop);

    private static async Task WriteAsync(HttpContext http, FormattableString text, CancellationToken stop) =>
        await http.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture)), stop);

    private static async Task WriteAsync(HttpContext http, string text, CancellationToken stop) =>
        await http.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text), stop);

    [LoggerMessage(LogLevel.Warning, "What has changed could not be asked; those who follow a case are told when it can")]
    private partial void LogFailed(Exception failure);
}
