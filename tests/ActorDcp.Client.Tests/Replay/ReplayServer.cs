using System.Buffers.Binary;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>Plays the server's side of one recorded connection, and checks that the client asks for the same streams.</summary>
internal static class ReplayServer
{
    private const int ExtrasLength = 48;

    internal static ScriptedServer Start(RecordedConnection recorded) => new(connection => PlayAsync(connection, recorded));

    private static async Task PlayAsync(ScriptedConnection connection, RecordedConnection recorded)
    {
        var next = await connection.LetInAsync(recorded.HelloAnswer);
        var open = connection.Settings.Single(setting => setting.Opcode == Opcode.DcpOpen);
        Assert.Equal($"00000000{recorded.OpenFlags:x8}", open.Value);

        var opaques = new Dictionary<uint, uint>();
        var requests = recorded.StreamRequests;
        var index = 0;
        foreach (var frame in recorded.Frames)
        {
            if (frame.FromClient && frame.Is(Opcode.DcpStreamReq))
            {
                if (requests[index++].Request is null)
                    continue;
                if (next is null)
                    next = await connection.ReadAsync(Opcode.DcpStreamReq);
                Assert.Equal(frame.Bytes.AsSpan(FrameHeader.Size, ExtrasLength), next.AsSpan(FrameHeader.Size, ExtrasLength));
                Assert.Equal(frame.Header.VBucket, FrameHeader.Read(next).VBucket);
                opaques[frame.Header.Opaque] = Wire.OpaqueOf(next);
                next = null;
            }
            else if (!frame.FromClient && IsOfStream(frame) && opaques.TryGetValue(frame.Header.Opaque, out var opaque))
            {
                var bytes = (byte[])frame.Bytes.Clone();
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), opaque);
                await connection.SendAsync(bytes);
            }
        }
        // what is recorded is played; the client decides when it has seen enough
        while (true)
            await connection.ReadAsync();
    }

    private static bool IsOfStream(RecordedFrame frame) => frame.Header.IsRequest || frame.Is(Opcode.DcpStreamReq, response: true);
}
