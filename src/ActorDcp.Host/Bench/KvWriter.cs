using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using ActorDcp.Host.CommandLine;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Host.Bench;

/// <summary>Writes documents through the KV port at an even pace, without waiting for answers, and notes when each is answered.</summary>
internal static class KvWriter
{
    private const int BufferBytes = 64 * 1024;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    public static async Task RunAsync(int port, int vbuckets, int perSecond, int valueSize, WriteClock clock, CancellationToken deadline)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port, deadline).ConfigureAwait(false);
        var socket = client.GetStream();
        await BareReader.LogInAsync(socket, dcp: false, deadline).ConfigureAwait(false);
        var answers = ReadAnswersAsync(socket, clock, deadline);
        await SendAsync(socket, vbuckets, perSecond, valueSize, clock.Count, deadline).ConfigureAwait(false);
        await answers.ConfigureAwait(false);
    }

    private static async Task SendAsync(NetworkStream socket, int vbuckets, int perSecond, int valueSize, int count, CancellationToken deadline)
    {
        using var timer = new PeriodicTimer(Tick);
        var value = new byte[valueSize];
        var extras = new byte[8];
        var output = new ArrayBufferWriter<byte>(BufferBytes);
        var started = Stopwatch.GetTimestamp();
        for (var written = 0; written < count && await timer.WaitForNextTickAsync(deadline).ConfigureAwait(false);)
        {
            var due = Math.Min(count, (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond));
            for (; written < due; written++)
            {
                // the default collection's prefix, then the number
                var key = Encoding.ASCII.GetBytes("\0" + written.ToString(CultureInfo.InvariantCulture));
                FrameWriter.WriteRequest(output, Opcode.Set, KeyHash.VBucketOf(key.AsSpan(1), vbuckets), (uint)written, extras, key, value);
            }
            await socket.WriteAsync(output.WrittenMemory, deadline).ConfigureAwait(false);
            output.ResetWrittenCount();
        }
    }

    private static async Task ReadAnswersAsync(NetworkStream socket, WriteClock clock, CancellationToken deadline)
    {
        var buffer = new byte[BufferBytes];
        var end = 0;
        for (var answered = 0; answered < clock.Count;)
        {
            var read = await socket.ReadAsync(buffer.AsMemory(end), deadline).ConfigureAwait(false);
            var now = Stopwatch.GetTimestamp();
            if (read == 0)
                throw new FailureException($"the producer closed the connection after {answered} answers");
            end += read;
            answered += Take(buffer, ref end, clock, now);
        }
    }

    private static int Take(byte[] buffer, ref int end, WriteClock clock, long now)
    {
        var (start, taken) = (0, 0);
        while (FrameScanner.TryScan(buffer.AsSpan(start, end - start), out var length))
        {
            var header = FrameHeader.Read(buffer.AsSpan(start));
            if (header.Status != Status.Success)
                throw new FailureException($"the producer refused a document: {header.Status}");
            clock.Answered((int)header.Opaque, now);
            taken++;
            start += length;
        }
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        return taken;
    }
}
