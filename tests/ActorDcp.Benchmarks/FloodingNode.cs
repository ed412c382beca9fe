using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ActorDcp.Protocol;

namespace ActorDcp.Benchmarks;

/// <summary>
/// A node that lets anybody in and sends mutations of all streams, one of each in turn as a data node does, as fast as the window
/// allows.
/// </summary>
internal static class FloodingNode
{
    private const int SeqnoOffset = FrameHeader.Size;
    private const int FailoverEntryLength = 16;

    internal static async Task<int> RunAsync(int streams, int valueBytes)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port);
        using var client = await listener.AcceptTcpClientAsync();
        client.NoDelay = true;
        var stream = client.GetStream();
        long window = 0, acknowledged = 0;
        var opaques = new List<(uint Opaque, ushort VBucket)>();
        var output = new ArrayBufferWriter<byte>();
        while (opaques.Count < streams)
        {
            var request = await ReadAsync(stream);
            var header = FrameHeader.Read(request);
            var value = header.Opcode switch
            {
                Opcode.Helo => Frame.Read(request).Value.ToArray(),
                Opcode.DcpStreamReq => new byte[FailoverEntryLength - 1].Append((byte)0).ToArray(),
                _ => [],
            };
            if (header.Opcode == Opcode.DcpStreamReq)
            {
                value[7] = 1;
                opaques.Add((header.Opaque, header.VBucketOrStatus));
            }
            if (header.Opcode == Opcode.DcpControl && System.Text.Encoding.ASCII.GetString(Frame.Read(request).Key) == "connection_buffer_size")
                window = long.Parse(System.Text.Encoding.ASCII.GetString(Frame.Read(request).Value), System.Globalization.CultureInfo.InvariantCulture);
            FrameWriter.WriteResponse(output, header.Opcode, Status.Success, header.Opaque, value: value);
            await stream.WriteAsync(output.WrittenMemory);
            output.ResetWrittenCount();
        }
        using var opened = new SemaphoreSlim(0);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var frame = await ReadAsync(stream);
                if (frame[1] == (byte)Opcode.DcpBufferAck)
                    Interlocked.Add(ref acknowledged, BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(FrameHeader.Size)));
                opened.Release();
            }
        });
        await FloodAsync(stream, opaques, valueBytes, sent => sent - Interlocked.Read(ref acknowledged) < window, opened);
        return 0;
    }

    private static async Task FloodAsync(
        NetworkStream stream, List<(uint Opaque, ushort VBucket)> opaques, int valueBytes, Func<long, bool> hasRoom, SemaphoreSlim opened)
    {
        var markers = new ArrayBufferWriter<byte>();
        var round = new ArrayBufferWriter<byte>();
        var extras = new byte[31];
        var marker = new byte[20];
        BinaryPrimitives.WriteInt64BigEndian(marker.AsSpan(8), long.MaxValue);
        foreach (var (opaque, vbucket) in opaques)
        {
            FrameWriter.WriteRequest(markers, Opcode.DcpSnapshotMarker, new VBucketId(vbucket), opaque, marker);
            FrameWriter.WriteRequest(round, Opcode.DcpMutation, new VBucketId(vbucket), opaque, extras, "\0benchmark-key"u8, new byte[valueBytes]);
        }
        await stream.WriteAsync(markers.WrittenMemory);
        var frames = round.WrittenSpan.ToArray();
        var frameLength = frames.Length / opaques.Count;
        long sent = markers.WrittenCount;
        for (ulong seqno = 1; ; seqno++)
        {
            for (var i = 0; i < opaques.Count; i++)
                BinaryPrimitives.WriteUInt64BigEndian(frames.AsSpan(i * frameLength + SeqnoOffset), seqno);
            while (!hasRoom(sent))
                await opened.WaitAsync();
            await stream.WriteAsync(frames);
            sent += frames.Length;
        }
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream)
    {
        var header = new byte[FrameHeader.Size];
        await stream.ReadExactlyAsync(header);
        var frame = new byte[FrameHeader.Size + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8))];
        header.CopyTo(frame, 0);
        await stream.ReadExactlyAsync(frame.AsMemory(FrameHeader.Size));
        return frame;
    }
}
