using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ActorDcp.Protocol.Requests;

/// <summary>Writes what a consumer sends on a DCP connection (dcp-reference.md 3).</summary>
public static class DcpRequests
{
    private const int StreamRequestExtrasLength = 48;

    /// <summary>OPEN 0x50 (3.1): extras @0 u32 0; @4 u32 flags; key connection name. Answered.</summary>
    public static void WriteOpen(IBufferWriter<byte> output, uint opaque, DcpConnectionName name, DcpOpenFlags flags)
    {
        ArgumentNullException.ThrowIfNull(name);
        Span<byte> extras = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(extras, (uint)flags);
        FrameWriter.WriteRequest(output, Opcode.DcpOpen, default, opaque, extras, Encoding.UTF8.GetBytes(name.Value));
    }

    /// <summary>CONTROL 0x5e (3.2): key setting; value text. Answered, and in force at once.</summary>
    /// <param name="output">Where the frame goes.</param>
    /// <param name="opaque">Comes back in the answer.</param>
    /// <param name="setting">One of <see cref="ControlKeys"/>.</param>
    /// <param name="value">Not empty.</param>
    public static void WriteControl(IBufferWriter<byte> output, uint opaque, string setting, string value) =>
        FrameWriter.WriteRequest(
            output, Opcode.DcpControl, default, opaque, key: Encoding.ASCII.GetBytes(setting), value: Encoding.ASCII.GetBytes(value));

    /// <summary>
    /// STREAM_REQ 0x53 (3.3): extras @0 u32 flags; @4 u32 0; @8 u64 start; @16 u64 end; @24 u64 vbucket uuid; @32 u64 snapshot start;
    /// @40 u64 snapshot end; value JSON with datatype raw. Answered; every message of the stream carries its opaque.
    /// </summary>
    /// <param name="output">Where the frame goes.</param>
    /// <param name="vbucket">The vbucket.</param>
    /// <param name="opaque">The stream's incarnation.</param>
    /// <param name="flags">Stream flags of 3.3.</param>
    /// <param name="from">Position of the consumer; delivery begins above it.</param>
    /// <param name="until">Last seqno wanted, inclusive.</param>
    /// <param name="value">What <see cref="StreamRequestValue"/> wrote; empty for everything.</param>
    public static void WriteStreamReq(
        IBufferWriter<byte> output, VBucketId vbucket, uint opaque, uint flags, in StreamOffset from, Seqno until,
        ReadOnlySpan<byte> value = default) =>
        WriteStreamReq(output, vbucket, opaque, flags, from.Seqno, until, from.Uuid, from.Snapshot, value);

    /// <summary>STREAM_REQ 0x53 (3.3) with each field of its own, which need not make a legal position.</summary>
    public static void WriteStreamReq(
        IBufferWriter<byte> output, VBucketId vbucket, uint opaque, uint flags, Seqno start, Seqno until, VBucketUuid uuid,
        StreamSnapshot snapshot, ReadOnlySpan<byte> value = default)
    {
        Span<byte> extras = stackalloc byte[StreamRequestExtrasLength];
        BinaryPrimitives.WriteUInt32BigEndian(extras, flags);
        BinaryPrimitives.WriteUInt32BigEndian(extras[4..], 0);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], start.Value);
        BinaryPrimitives.WriteUInt64BigEndian(extras[16..], until.Value);
        BinaryPrimitives.WriteUInt64BigEndian(extras[24..], uuid.Value);
        BinaryPrimitives.WriteUInt64BigEndian(extras[32..], snapshot.Start.Value);
        BinaryPrimitives.WriteUInt64BigEndian(extras[40..], snapshot.End.Value);
        FrameWriter.WriteRequest(output, Opcode.DcpStreamReq, vbucket, opaque, extras, value: value);
    }

    /// <summary>CLOSE_STREAM 0x52 (3.5): empty; with stream ids, framing extras 0x22 u16. Answered.</summary>
    public static void WriteCloseStream(IBufferWriter<byte> output, VBucketId vbucket, uint opaque, ushort? streamId = null)
    {
        Span<byte> framing = stackalloc byte[RequestFraming.StreamIdLength];
        var length = streamId is { } id ? RequestFraming.WriteStreamId(framing, id) : 0;
        FrameWriter.WriteRequest(output, Opcode.DcpCloseStream, vbucket, opaque, framingExtras: framing[..length]);
    }

    /// <summary>GET_FAILOVER_LOG 0x54 (3.6): empty. Answered. <see cref="VBucketRequests.WriteGetFailoverLog"/> is its twin elsewhere.</summary>
    public static void WriteGetFailoverLog(IBufferWriter<byte> output, VBucketId vbucket, uint opaque) =>
        FrameWriter.WriteRequest(output, Opcode.DcpGetFailoverLog, vbucket, opaque);

    /// <summary>BUFFER_ACK 0x5d (3.16): extras u32 bytes freed. Never answered.</summary>
    public static void WriteBufferAck(IBufferWriter<byte> output, uint bytes)
    {
        Span<byte> extras = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(extras, bytes);
        FrameWriter.WriteRequest(output, Opcode.DcpBufferAck, default, opaque: 0, extras);
    }

    /// <summary>SEQNO_ACKNOWLEDGED 0x61 (3.17): extras u64 prepared seqno. Only with <see cref="ControlKeys.ConsumerName"/>: it makes us a replica.</summary>
    public static void WriteSeqnoAcknowledged(IBufferWriter<byte> output, VBucketId vbucket, uint opaque, Seqno prepared)
    {
        Span<byte> extras = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(extras, prepared.Value);
        FrameWriter.WriteRequest(output, Opcode.DcpSeqnoAcknowledged, vbucket, opaque, extras);
    }

    /// <summary>The answer to the producer's NOOP 0x5c (3.15): header only, its opaque. Another opaque makes the producer disconnect.</summary>
    public static void WriteNoopReply(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.WriteResponse(output, Opcode.DcpNoop, Status.Success, opaque);

    /// <summary>The answer to a SNAPSHOT_MARKER 0x56 with the Acknowledge flag (3.8): header only, the stream's opaque.</summary>
    public static void WriteSnapshotMarkerReply(IBufferWriter<byte> output, uint opaque) =>
        FrameWriter.WriteResponse(output, Opcode.DcpSnapshotMarker, Status.Success, opaque);
}
