using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Net.Sockets;
using System.Text;
using ActorDcp.Host.Bench;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Benchmarks.Producer;

/// <summary>Writes documents through the KV port of a node: requests without waiting for their answers, which are read and counted.</summary>
internal static class DocumentLoader
{
    private const int BatchBytes = 128 * 1024;
    private const int ValueBytes = 256;

    public static async Task<double> LoadAsync(int port, int vbuckets, int documents, CancellationToken deadline)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port, deadline);
        var socket = client.GetStream();
        await BareReader.LogInAsync(socket, dcp: false, deadline);
        var watch = Stopwatch.StartNew();
        var answers = CountAnswersAsync(socket, documents, deadline);
        await SendAsync(socket, vbuckets, documents, deadline);
        await answers;
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task SendAsync(NetworkStream socket, int vbuckets, int documents, CancellationToken deadline)
    {
        var value = Encoding.UTF8.GetBytes($$"""{"text":"{{new string('x', ValueBytes - 11)}}"}""");
        var output = new ArrayBufferWriter<byte>(BatchBytes * 2);
        var extras = new byte[8];
        for (var number = 0; number < documents; number++)
        {
            var key = Encoding.UTF8.GetBytes("\0doc-" + number.ToString(CultureInfo.InvariantCulture));
            var vbucket = VBucketId.From((int)((Crc32.HashToUInt32(key.AsSpan(1)) >> 16) & 0x7fff) % vbuckets);
            FrameWriter.WriteRequest(output, Opcode.Set, vbucket, (uint)number, extras, key, value);
            if (output.WrittenCount < BatchBytes)
                continue;
            await socket.WriteAsync(output.WrittenMemory, deadline);
            output.ResetWrittenCount();
        }
        await socket.WriteAsync(output.WrittenMemory, deadline);
    }

    private static async Task CountAnswersAsync(NetworkStream socket, int documents, CancellationToken deadline)
    {
        var buffer = new byte[BatchBytes];
        int answered = 0, end = 0;
        while (answered < documents)
        {
            var read = await socket.ReadAsync(buffer.AsMemory(end), deadline);
            if (read == 0)
                throw new IOException($"the producer closed the connection after {answered} answers");
            end += read;
            var start = 0;
            while (FrameScanner.TryScan(buffer.AsSpan(start, end - start), out var length))
            {
                if (FrameHeader.Read(buffer.AsSpan(start)).Status != Status.Success)
                    throw new IOException($"a document was refused: {FrameHeader.Read(buffer.AsSpan(start)).Status}");
                answered++;
                start += length;
            }
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
        }
    }
}
