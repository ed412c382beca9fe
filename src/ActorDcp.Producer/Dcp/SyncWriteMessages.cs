using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Dcp;

/// <summary>PREPARE, COMMIT and ABORT, for connections that asked for sync writes (dcp-reference.md 3.17).</summary>
internal static class SyncWriteMessages
{
    // no connection has sync writes and stream ids, so none of these carries an id
    private const byte DefaultFrequency = 2;
    private const byte UnknownFrequency = 3;
    private const int PrepareCharge = 2;

    /// <summary>Writes a step of a durable write in its own form; false when it goes out as an ordinary change.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="address">Of the stream.</param>
    /// <param name="item">The change.</param>
    /// <param name="session">Of the connection.</param>
    /// <param name="fromDisk">A commit that comes from the disk is a mutation or a deletion.</param>
    public static bool TryWrite(OutputBuffer output, in StreamAddress address, StoredItem item, DcpSession session, bool fromDisk)
    {
        if (item is not SyncWriteItem step || !session.SyncWrites || (fromDisk && !step.IsBesideDocuments))
            return false;
        var key = session.Collections ? step.Key : step.Key[1..];
        if (step.Kind == ItemKind.Prepare)
            WritePrepare(output, address, step, key, ItemValue.Shape(step, session), fromDisk);
        else
            WriteEnd(output, address, step, key);
        return true;
    }

    /// <summary>What a message that was just written is charged above its size (4.1).</summary>
    public static int SurchargeOf(ReadOnlySpan<byte> frame) => frame.Length > 1 && (Opcode)frame[1] == Opcode.DcpPrepare ? PrepareCharge : 0;

    private static void WritePrepare(
        OutputBuffer output, in StreamAddress address, SyncWriteItem step, ReadOnlySpan<byte> key, ItemValue value, bool fromDisk)
    {
        Span<byte> extras = stackalloc byte[31];
        extras.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(extras, step.Seqno);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], step.Rev);
        BinaryPrimitives.WriteUInt32BigEndian(extras[16..], step.Flags);
        BinaryPrimitives.WriteUInt32BigEndian(extras[20..], step.Expiry);
        extras[28] = step.PreparesDeletion || fromDisk ? UnknownFrequency : DefaultFrequency;
        extras[29] = step.PreparesDeletion ? (byte)1 : (byte)0;
        extras[30] = (byte)step.Level;
        FrameWriter.WriteRequest(output, Opcode.DcpPrepare, address.VBucket, address.Opaque, extras, key, value.Bytes, value.Datatype, step.Cas);
    }

    private static void WriteEnd(OutputBuffer output, in StreamAddress address, SyncWriteItem step, ReadOnlySpan<byte> key)
    {
        Span<byte> extras = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(extras, step.PreparedSeqno);
        BinaryPrimitives.WriteUInt64BigEndian(extras[8..], step.Seqno);
        var opcode = step.Kind == ItemKind.Abort ? Opcode.DcpAbort : Opcode.DcpCommit;
        FrameWriter.WriteRequest(output, opcode, address.VBucket, address.Opaque, extras, key, default);
    }
}
