using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using ActorDcp.Host.Bench;

namespace ActorDcp.Benchmarks.Producer;

/// <summary>Reads and looks at nothing: the streams of all vbuckets, or what a bare loop writes. One thread, blocking reads.</summary>
internal static class StreamReader
{
    private const int BufferBytes = 256 * 1024;
    private static long _known;
    private static (int Port, int Events) _knownOf;

    /// <summary>Opens all streams without flow control and reads them to the end of what is there.</summary>
    public static async Task<Reading> ReadStreamsAsync(int port, int vbuckets, int events, CancellationToken deadline)
    {
        if (_knownOf != (port, events))
            (_knownOf, _known) = ((port, events), await MeasureAsync(port, vbuckets, deadline));
        using var client = await BareReader.OpenAsync(port, vbuckets, deadline);
        return await Task.Run(() => Read(client.Client, events, _known), deadline);
    }

    /// <summary>Asks a bare loop for so many bytes and reads them.</summary>
    public static async Task<Reading> ReadBareAsync(int port, long bytes, CancellationToken deadline)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port, deadline);
        var asked = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(asked, bytes);
        await client.GetStream().WriteAsync(asked, deadline);
        return await Task.Run(() => Read(client.Client, 0, bytes), deadline);
    }

    /// <summary>Counts what all streams carry, up to the last frame of the last one.</summary>
    private static async Task<long> MeasureAsync(int port, int vbuckets, CancellationToken deadline)
    {
        using var client = await BareReader.OpenAsync(port, vbuckets, deadline);
        var socket = client.GetStream();
        var buffer = new byte[BufferBytes];
        long total = 0;
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        try
        {
            while (true)
            {
                idle.CancelAfter(TimeSpan.FromSeconds(2));
                total += await socket.ReadAsync(buffer, idle.Token);
            }
        }
        catch (OperationCanceledException) when (!deadline.IsCancellationRequested)
        {
            return total;
        }
    }

    private static Reading Read(Socket socket, long events, long bytes)
    {
        var buffer = new byte[BufferBytes];
        long read = socket.Receive(buffer);
        var watch = Stopwatch.StartNew();
        while (read < bytes)
        {
            var count = socket.Receive(buffer);
            if (count == 0)
                throw new IOException($"the connection was closed after {read} of {bytes} bytes");
            read += count;
        }
        return new Reading(events, read, watch.Elapsed.TotalSeconds);
    }
}
