using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ActorDcp.Protocol.Requests;

/// <summary>Writes questions about vbuckets, on any connection with a bucket (dcp-reference.md 3.20).</summary>
public static class VBucketRequests
{
    /// <summary>OBSERVE_SEQNO 0x91: value u64 uuid.</summary>
    public static void WriteObserveSeqno(IBufferWriter<byte> output, VBucketId vbucket, uint opaque, VBucketUuid uuid)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, uuid.Value);
        FrameWriter.WriteRequest(output, Opcode.ObserveSeqno, vbucket, opaque, value: value);
    }

    /// <summary>GET_ALL_VB_SEQNOS 0x48: extras @0 u32 state; @4 u32 collection id where one is given, which needs HELO Collections.</summary>
    public static void WriteGetAllVBucketSeqnos(
        IBufferWriter<byte> output, uint opaque, VBucketStateFilter state = VBucketStateFilter.Active, uint? collectionId = null)
    {
        Span<byte> extras = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(extras, (uint)state);
        BinaryPrimitives.WriteUInt32BigEndian(extras[4..], collectionId ?? 0);
        FrameWriter.WriteRequest(
            output, Opcode.GetAllVBucketSeqnos, default, opaque, collectionId is null ? extras[..4] : extras);
    }

    /// <summary>GET_FAILOVER_LOG 0x96: empty. 7.6 answers it on DCP connections too (10.9).</summary>
    public static void WriteGetFailoverLog(IBufferWriter<byte> output, VBucketId vbucket, uint opaque) =>
        FrameWriter.WriteRequest(output, Opcode.GetFailoverLog, vbucket, opaque);

    /// <summary>SEQNO_PERSISTENCE 0xb7: extras u64 seqno. Answered once that is persisted.</summary>
    public static void WriteSeqnoPersistence(IBufferWriter<byte> output, VBucketId vbucket, uint opaque, Seqno seqno)
    {
        Span<byte> extras = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(extras, seqno.Value);
        FrameWriter.WriteRequest(output, Opcode.SeqnoPersistence, vbucket, opaque, extras);
    }

    /// <summary>STAT 0x10: key group and argument; value rarely needed. One answer a statistic, an empty one at the end.</summary>
    public static void WriteStat(IBufferWriter<byte> output, uint opaque, string group, ReadOnlySpan<byte> value = default) =>
        FrameWriter.WriteRequest(
            output, Opcode.Stat, default, opaque, key: Encoding.UTF8.GetBytes(group), value: value,
            datatype: value.IsEmpty ? Datatype.Raw : Datatype.Json);
}
