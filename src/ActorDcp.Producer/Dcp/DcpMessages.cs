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
    private const byte StreamIdTag = 0x22;
    private const byte DefaultFrequency = 2;

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
        BinaryPrimitives.WriteUInt64BigEndian(body[20..], marker.End);
        BinaryPrimitives.WriteUInt64BigEndian(body[36..], marker.PurgeSeqno);
        Span<byte> version = [(byte)marker.Version];
        Write(output, Opcode.DcpSnapshotMarker, address, version, body[..(marker.Version == MarkerVersion.V20 ? MarkerV20Length : MarkerV22Length)]);
    }

    /// <summary>3.15: a header alone; the opaque is the producer's counter in host byte order (10.8).</summary>
    public static void WriteNoop(OutputBuffer output, uint counter)
    {
        var opaque = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(counter) : counter;
        FrameWriter.WriteRequest(output, Opcode.DcpNoop, default, opaque);
    }

    /// <summary>3.9 to 3.11: a mutation, deletion or expiration in the form that the connection asked for.</summary>
    public static void WriteItem(OutputBuffer output, in StreamAddress address, StoredItem item, DcpSession session)
    {
        if (item.Kind == ItemKind.SystemEvent)
        {
            WriteSystemEvent(output, address, item, session.FlatSystemEvents);
            return;
        }
        var opcode = item.Kind switch
        {
            ItemKind.Mutation => Opcode.DcpMutation,
            ItemKind.Expiration when session.SendsExpirations => Opcode.DcpExpiration,
            _ => Opcode.DcpDeletion,
        };
        var extras = ExtrasLength(opcode, session);
        var keyFrom = session.Collections ? 0 : 1;
        var datatype = item.Datatype;
        var value = session.NoValue ? default : item.Value;
        if (session.NoValue && !session.KeepsUnderlyingDatatype)
            datatype = Datatype.Raw;
        if (session.ForcesCompression && !value.IsEmpty && ValueCompression.TryCompress(value) is { } block)
        {
            value = block;
            datatype |= Datatype.Snappy;
        }
        var keyLength = item.KeyLength - keyFrom;
        var framing = address.HasStreamId ? 3 : 0;
        var body = framing + extras + keyLength + value.Length;
        var frame = output.GetSpan(FrameHeader.Size + body);
        new FrameHeader
        {
            Magic = address.HasStreamId ? Magic.FlexibleRequest : Magic.Request,
            Opcode = opcode,
            FramingExtrasLength = framing,
            KeyLength = keyLength,
            ExtrasLength = extras,
            Datatype = datatype,
            VBucketOrStatus = address.VBucket.Value,
            BodyLength = body,
            Opaque = address.Opaque,
            Cas = item.Cas,
        }.Write(frame);
        WriteStreamId(frame[FrameHeader.Size..], address);
        WriteExtras(frame.Slice(FrameHeader.Size + framing, extras), opcode, item);
        var key = item.Key[keyFrom..];
        var at = FrameHeader.Size + framing + extras;
        key.CopyTo(frame[at..]);
        value.CopyTo(frame[(at + keyLength)..]);
        output.Advance(FrameHeader.Size + body);
    }

    /// <summary>3.12: @0 u64 seqno; @8 u32 event; @12 u8 version. Key: name of what begins, without a prefix.</summary>
    private static void WriteSystemEvent(OutputBuffer output, in StreamAddress address, StoredItem item, bool flat)
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

    private static int ExtrasLength(Opcode opcode, DcpSession session) => opcode switch
    {
        Opcode.DcpMutation => 31,
        Opcode.DcpExpiration => 20,
        _ => session.IncludesDeleteTimes ? 21 : 18,
    };

    private static void WriteExtras(Span<byte> extras, Opcode opcode, StoredItem item)
    {
        extras.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(extras, item.Seqno);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], item.Rev);
        if (opcode == Opcode.DcpMutation)
        {
            BinaryPrimitives.WriteUInt32BigEndian(extras[16..], item.Flags);
            BinaryPrimitives.WriteUInt32BigEndian(extras[20..], item.Expiry);
            extras[30] = DefaultFrequency;
        }
        else if (extras.Length >= 20)
        {
            BinaryPrimitives.WriteUInt32BigEndian(extras[16..], item.Expiry);
        }
    }

    private static void Write(
        OutputBuffer output, Opcode opcode, in StreamAddress address, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> value,
        ReadOnlySpan<byte> key = default)
    {
        Span<byte> framing = stackalloc byte[3];
        WriteStreamId(framing, address);
        FrameWriter.WriteRequest(output, opcode, address.VBucket, address.Opaque, extras, key, value,
            framingExtras: address.HasStreamId ? framing : default);
    }

    private static void WriteStreamId(Span<byte> destination, in StreamAddress address)
    {
        if (!address.HasStreamId)
            return;
        destination[0] = StreamIdTag;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], address.StreamId);
    }
}
