using System.IO.Compression;
using System.Net.Http.Headers;
using IncidentTracker.Delivery;
using Xunit.Abstractions;

namespace IncidentTracker.HubTests;

/// <summary>Receivers that answer with more than anybody asked for. The status says how it went; what follows is hardly read.</summary>
public sealed class EndlessAnswerTests(ITestOutputHelper output) : DeliveryTest
{
    private const int Cases = 10;
    private const long Gigabyte = 1L << 30;

    [Theory]
    [InlineData("without end")]
    [InlineData("of a gigabyte")]
    [InlineData("packed small")]
    public async Task An_answer_counts_by_its_status_however_long_it_is_and_holds_up_nobody(string answer)
    {
        await using var quick = await Receiver.StartAsync();
        var (id, _) = await EndpointAsync("XB");
        var (other, _) = await EndpointAsync("GO", receiver: quick);
        var bomb = answer == "packed small" ? Packed() : null;
        var sent = 0L;
        Receiver.Answer = async http =>
        {
            if (bomb is not null) http.Response.Headers.ContentEncoding = "gzip";
            if (answer == "of a gigabyte") http.Response.ContentLength = Gigabyte;
            var (block, most) = bomb is null ? (new byte[64 * 1024], answer == "of a gigabyte" ? Gigabyte : long.MaxValue) : (bomb, bomb.Length);
            for (var done = 0L; done < most; done += block.Length)
            {
                await http.Response.Body.WriteAsync(block, http.RequestAborted);
                Interlocked.Add(ref sent, block.Length);
                // So slow that whoever reads to the end has no time left.
                await Task.Delay(1, http.RequestAborted);
            }
        };

        for (var i = 0; i < Cases; i++) await Hub.As("XB").OpenAsync($"09000000{i:00}", "GO");
        foreach (var lane in (string[])[other, id])
            await UntilAsync(async () => (await DeliveriesAsync(lane)) is { Count: Cases } all && all.TrueForAll(delivery => delivery.DeliveredAt is not null));

        output.WriteLine($"{answer}: {Interlocked.Read(ref sent) / Cases / 1024} KiB of each could be sent");
        Assert.Equal((Cases, Cases), (Receiver.Events.Count, quick.Events.Count));
        foreach (var delivery in await DeliveriesAsync(id))
            Assert.Equal(("DELIVERED", 200), (await AttemptsAsync(delivery.Id)).Select(attempt => (attempt.Outcome, attempt.Status)).Single());
    }

    [Fact]
    public async Task Of_an_answer_that_must_be_read_no_more_than_64_KiB_are()
    {
        using var endless = new Endless();
        using var answer = new HttpResponseMessage { Content = new StreamContent(endless) };
        answer.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        Assert.Equal(64 * 1024, (await Egress.ReadAsync(answer, CancellationToken.None)).Length);
        Assert.Equal(64 * 1024, endless.Position);
    }

    /// <summary>A gigabyte of nothing in a megabyte: many small parcels one after the other, which is still one.</summary>
    private static byte[] Packed()
    {
        const int Part = 16 << 20;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(new byte[Part]);
        var one = packed.ToArray();
        return [.. Enumerable.Repeat(one, (int)(Gigabyte / Part)).SelectMany(bytes => bytes)];
    }

    /// <summary>Never ends, and knows how much of it was read.</summary>
    private sealed class Endless : MemoryStream
    {
        private long _read;

        public override long Position { get => _read; set => _read = value; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)' ');
            _read += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
