using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using ActorDcp.Producer;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Host.Bench;

/// <summary>Opens the streams of all vbuckets without flow control, reads, and looks at nothing: what any client costs at least.</summary>
internal static class BareReader
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Reads so many bytes and says what that cost.</summary>
    public static async Task<string> RunAsync(int port, int vbuckets, long bytes, CancellationToken stopping)
    {
        using var client = await OpenAsync(port, vbuckets, stopping).ConfigureAwait(false);
        var socket = client.GetStream();
        var buffer = new byte[BufferBytes];
        for (long read = 0; read < bytes;)
        {
            var count = await socket.ReadAsync(buffer, stopping).ConfigureAwait(false);
            if (count == 0)
                throw new IOException("the producer closed the connection");
            read += count;
        }
        using var process = Process.GetCurrentProcess();
        return JsonSerializer.Serialize(
            new ReaderSummary(Environment.CpuUsage.TotalTime.TotalSeconds, process.PeakWorkingSet64), BenchJson.Default.ReaderSummary);
    }

    /// <summary>A connection with the streams of all vbuckets, from the beginning and for ever.</summary>
    public static async Task<TcpClient> OpenAsync(int port, int vbuckets, CancellationToken stopping)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync("127.0.0.1", port, stopping).ConfigureAwait(false);
            var socket = client.GetStream();
            await LogInAsync(socket, dcp: true, stopping).ConfigureAwait(false);
            var output = new ArrayBufferWriter<byte>();
            for (var vbucket = 0; vbucket < vbuckets; vbucket++)
                DcpRequests.WriteStreamReq(output, VBucketId.From(vbucket), (uint)vbucket, flags: 0, StreamOffset.Beginning, Seqno.Max);
            await socket.WriteAsync(output.WrittenMemory, stopping).ConfigureAwait(false);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Says who we are on a new connection, for documents or for streams.</summary>
    public static async Task LogInAsync(NetworkStream socket, bool dcp, CancellationToken stopping)
    {
        var name = DcpConnectionName.Parse("benchmark-reader");
        var password = System.Text.Encoding.UTF8.GetBytes($"\0{new EmbeddedProducerOptions().User}\0{EmbeddedProducerOptions.DefaultPassword}");
        Action<IBufferWriter<byte>>[] requests =
        [
            output => BootstrapRequests.WriteHelo(output, 1, "benchmark", [HelloFeature.Xerror, HelloFeature.SelectBucket, HelloFeature.Json, HelloFeature.Collections]),
            output => BootstrapRequests.WriteSaslAuth(output, 2, "PLAIN", password),
            output => BootstrapRequests.WriteSelectBucket(output, 3, "default"),
            output => DcpRequests.WriteOpen(output, 4, name, DcpOpenFlags.Producer),
            // collections need it; a reader of what is there is done long before the first no-op (dcp-reference.md 3.2)
            output => DcpRequests.WriteControl(output, 5, ControlKeys.EnableNoop, "true"),
        ];
        foreach (var write in dcp ? requests : requests[..3])
        {
            var output = new ArrayBufferWriter<byte>();
            write(output);
            await socket.WriteAsync(output.WrittenMemory, stopping).ConfigureAwait(false);
            var answer = new byte[FrameHeader.Size];
            await socket.ReadExactlyAsync(answer, stopping).ConfigureAwait(false);
            var header = FrameHeader.Read(answer);
            await socket.ReadExactlyAsync(new byte[header.FrameLength - FrameHeader.Size], stopping).ConfigureAwait(false);
            if (header.VBucketOrStatus != (ushort)Status.Success)
                throw new IOException($"the producer refused {header.Opcode}: {(Status)header.VBucketOrStatus}");
        }
    }
}
