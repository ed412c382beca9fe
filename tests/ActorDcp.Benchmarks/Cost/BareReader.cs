using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Benchmarks.Cost;

/// <summary>Opens the streams of all vbuckets without flow control, reads so many bytes, and looks at none of them.</summary>
internal static class BareReader
{
    private const int BufferBytes = 256 * 1024;

    public static async Task<int> RunAsync(int port, int vbuckets, long bytes)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        var socket = client.GetStream();
        await LogInAsync(socket);
        var output = new ArrayBufferWriter<byte>();
        for (var vbucket = 0; vbucket < vbuckets; vbucket++)
            DcpRequests.WriteStreamReq(output, VBucketId.From(vbucket), (uint)vbucket, flags: 0, StreamOffset.Beginning, Seqno.Max);
        await socket.WriteAsync(output.WrittenMemory);
        var buffer = new byte[BufferBytes];
        for (long read = 0; read < bytes;)
        {
            var count = await socket.ReadAsync(buffer);
            if (count == 0)
                throw new IOException("the producer closed the connection");
            read += count;
        }
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new { cpu_seconds = Environment.CpuUsage.TotalTime.TotalSeconds, peak_rss_bytes = process.PeakWorkingSet64 }));
        return 0;
    }

    public static async Task LogInAsync(NetworkStream socket, bool dcp = true)
    {
        var name = DcpConnectionName.Parse("benchmark-reader");
        Action<IBufferWriter<byte>>[] requests =
        [
            output => BootstrapRequests.WriteHelo(output, 1, "benchmark", [HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Json, HelloFeature.Collections]),
            output => BootstrapRequests.WriteSaslAuth(output, 2, "PLAIN", "\0Administrator\0password"u8),
            output => BootstrapRequests.WriteSelectBucket(output, 3, "default"),
            output => DcpRequests.WriteOpen(output, 4, name, DcpOpenFlags.Producer),
            // collections need it; the reader is done long before the first no-op (dcp-reference.md 3.2)
            output => DcpRequests.WriteControl(output, 5, ControlKeys.EnableNoop, "true"),
        ];
        foreach (var write in dcp ? requests : requests[..3])
        {
            var output = new ArrayBufferWriter<byte>();
            write(output);
            await socket.WriteAsync(output.WrittenMemory);
            var answer = new byte[FrameHeader.Size];
            await socket.ReadExactlyAsync(answer);
            var header = FrameHeader.Read(answer);
            await socket.ReadExactlyAsync(new byte[header.FrameLength - FrameHeader.Size]);
            if (header.VBucketOrStatus != (ushort)Status.Success)
                throw new IOException($"the producer refused {header.Opcode}: {(Status)header.VBucketOrStatus}");
        }
    }
}
