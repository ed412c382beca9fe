using System.Buffers.Binary;
using System.Text;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>
/// Writes what a producer sends (dcp-reference.md 3.7 to 3.15). The bytes of each message are also its charge to the
/// flow-control window (4.1).
/// </summary>
internal static class DcpMessages
{
    private const int MarkerV1Length = 20;
    private const int MarkerV20Length = 36;
    private const int MarkerV22Length = 52;
    public const int StreamIdLength = 3;
    private const byte StreamIdTag = 0x22;

    /// <summary>A failover log as answers carry it: u64 uuid, u64 seqno, newest first.</summary>
    public static byte[] Encode(FailoverLog log)
    {
        var bytes = new byte[log.Entries.Length * 16];
        for (var i = 0; i < log.Entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 16), log.Entries[i].Uuid.Value);
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 16 + 8), log.Entries[i].Seqno.Value);
        }
        return bytes;
    }

    /// <summary>3.7: @0 u32 reason.</summary>
    public static void WriteStreamEnd(OutputBuffer output, in StreamAddress address, StreamEndReason reason)
    {
        Span<byte> extras = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(extras, (uint)reason);
        Write(output, Opcode.DcpStreamEnd, address, extras, default);
    }

    /// <summary>3.13: @0 u64 seqno.</summary>
    public static void WriteSeqnoAdvanced(OutputBuffer output, in StreamAddress address, ulong seqno)
    {
        Span<byte> extras = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(extras, seqno);
        Write(output, Opcode.DcpSeqnoAdvanced, address, extras, default);
    }

    /// <summary>3.8: v1 in the extras; v2.0 and v2.2 in the value behind one byte of version.</summary>
    public static void WriteMarker(OutputBuffer output, in StreamAddress address, in MarkerContents marker)
    {
        Span<byte> body = stackalloc byte[MarkerV22Length];
        body.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(body, marker.Start);
        BinaryPrimitives.WriteUInt64BigEndian(body[8..], marker.End);
        BinaryPrimitives.WriteUInt32BigEndian(body[16..], (uint)marker.Flags);
        if (marker.Version == MarkerVersion.V1)
        {
            Write(output, Opcode.DcpSnapshotMarker, address, body[..MarkerV1Length], default);
            return;
        }
        BinaryPrimitives.WriteUInt64BigEndian(body[20..], marker.Facts.MaxVisible);
        if ((marker.Flags & MarkerFlags.Disk) != 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(body[28..], marker.Facts.HighCompleted);
            BinaryPrimitives.WriteUInt64BigEndian(body[36..], marker.Facts.Purge);
            BinaryPrimitives.WriteUInt64BigEndian(body[44..], marker.Facts.HighPrepared);
        }
        Span<byte> version = [(byte)marker.Version];
        Write(output, Opcode.DcpSnapshotMarker, address, version, body[..(marker.Version == MarkerVersion.V20 ? MarkerV20Length : MarkerV22Length)]);
    }

    /// <summary>3.17: @0 u8 state. Never with a stream id.</summary>
    public static void WriteVBucketState(OutputBuffer output, in StreamAddress address, VBucketState state)
    {
        Span<byte> extras = [(byte)state];
        FrameWriter.WriteRequest(output, Opcode.DcpSetVBucketState, address.VBucket, address.Opaque, extras);
    }

    /// <summary>3.15: a header alone; the opaque is the producer's counter in host byte order (10.8).</summary>
    public static void WriteNoop(OutputBuffer output, uint counter)
    {
        var opaque = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(counter) : counter;
        FrameWriter.WriteRequest(output, Opcode.DcpNoop, default, opaque);
    }

    /// <summary>3.12: @0 u64 seqno; @8 u32 event; @12 u8 version. Key: name of what begins, without a prefix.</summary>
    public static void WriteSystemEvent(OutputBuffer output, in StreamAddress address, StoredItem item, bool flat)
    {
        var told = SystemEventRecord.Read(item);
        var value = flat ? FlatSystemEvent.Write(told) : ClassicSystemEvent.Write(told);
        Span<byte> extras = stackalloc byte[13];
        BinaryPrimitives.WriteUInt64BigEndian(extras, item.Seqno);
        BinaryPrimitives.WriteUInt32BigEndian(extras[8..], (uint)told.Kind);
        extras[12] = flat ? (byte)2 : ClassicSystemEvent.VersionOf(told);
        var named = told.Kind is not (CollectionEventKind.CollectionEnd or CollectionEventKind.ScopeDrop);
        Write(output, Opcode.DcpSystemEvent, address, extras, value, named ? Encoding.UTF8.GetBytes(told.Name) : default);
    }

    /// <summary>3.14: @0 u32 flags: 1 begin, 2 end.</summary>
    public static void WriteOutOfOrder(OutputBuffer output, in StreamAddress address, bool begins)
    {
        Span<byte> extras = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(extras, begins ? 1u : 2u);
        Write(output, Opcode.DcpOsoSnapshot, address, extras, default);
    }

    private static void Write(
        OutputBuffer output, Opcode opcode, in StreamAddress address, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> value,
        ReadOnlySpan<byte> key = default)
    {
        Span<byte> framing = stackalloc byte[StreamIdLength];
        WriteStreamId(framing, address);
        FrameWriter.WriteRequest(output, opcode, address.VBucket, address.Opaque, extras, key, value,
            framingExtras: address.HasStreamId ? framing : default);
    }

    public static void WriteStreamId(Span<byte> destination, in StreamAddress address)
    {
        if (!address.HasStreamId)
            return;
        destination[0] = StreamIdTag;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], address.StreamId);
    }
}
