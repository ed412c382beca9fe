using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Client.Tests;

/// <summary>Frames as a producer sends them, laid out by hand from dcp-reference.md 3.</summary>
internal static class Wire
{
    internal static byte[] Mutation(uint opaque, int vbucket, ulong seqno, string key = "k", int valueLength = 0) =>
        Message(Opcode.DcpMutation, opaque, vbucket, Numbers(31, seqno, 1), [0, .. Encoding.UTF8.GetBytes(key)], new byte[valueLength]);

    internal static byte[] Marker(uint opaque, int vbucket, ulong start, ulong end, uint flags = 1)
    {
        var extras = Numbers(20, start, end);
        BinaryPrimitives.WriteUInt32BigEndian(extras.AsSpan(16), flags);
        return Message(Opcode.DcpSnapshotMarker, opaque, vbucket, extras);
    }

    internal static byte[] SeqnoAdvanced(uint opaque, int vbucket, ulong seqno) =>
        Message(Opcode.DcpSeqnoAdvanced, opaque, vbucket, Numbers(8, seqno));

    internal static byte[] Oso(uint opaque, int vbucket, bool start) =>
        Message(Opcode.DcpOsoSnapshot, opaque, vbucket, [0, 0, 0, start ? (byte)1 : (byte)2]);

    internal static byte[] StreamEnd(uint opaque, int vbucket, byte reason) =>
        Message(Opcode.DcpStreamEnd, opaque, vbucket, [0, 0, 0, reason]);

    internal static byte[] ScopeCreated(uint opaque, int vbucket, ulong seqno, ulong manifest)
    {
        var extras = Numbers(13, seqno);
        extras[11] = 3;
        return Message(Opcode.DcpSystemEvent, opaque, vbucket, extras, "scope"u8, Numbers(12, manifest));
    }

    internal static byte[] Noop(uint opaque) => Message(Opcode.DcpNoop, opaque, 0, []);

    internal static byte[] FailoverLog(params (ulong Uuid, ulong Seqno)[] newestFirst)
    {
        var bytes = new byte[16 * newestFirst.Length];
        for (var i = 0; i < newestFirst.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16 * i), newestFirst[i].Uuid);
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16 * i + 8), newestFirst[i].Seqno);
        }
        return bytes;
    }

    internal static uint OpaqueOf(byte[] frame) => BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(12));

    private static byte[] Message(
        Opcode opcode, uint opaque, int vbucket, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> key = default, ReadOnlySpan<byte> value = default)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteRequest(output, opcode, VBucketId.From(vbucket), opaque, extras, key, value);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Numbers(int length, params ReadOnlySpan<ulong> numbers)
    {
        var bytes = new byte[length];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8 * i), numbers[i]);
        return bytes;
    }
}
