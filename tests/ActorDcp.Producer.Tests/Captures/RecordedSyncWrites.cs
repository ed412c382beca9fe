using System.Buffers.Binary;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>Steps of durable writes that a capture shows.</summary>
internal static class RecordedSyncWrites
{
    private const Datatype Kept = Datatype.Json | Datatype.Xattr;

    /// <summary>The step that a PREPARE, COMMIT or ABORT tells of.</summary>
    /// <param name="frame">The message.</param>
    /// <param name="key">Its key, with the collection.</param>
    /// <param name="known">What is known of the vbucket, the prepare too.</param>
    public static SyncWriteItem Read(RawFrame frame, byte[] key, IReadOnlyDictionary<ulong, StoredItem> known)
    {
        var extras = frame.Extras;
        if (frame.Opcode == Opcode.DcpPrepare)
        {
            var prepare = SyncWriteItem.Prepare(key, CorpusOfValues.Inflated(frame), new ItemMetadata(
                frame.Seqno, frame.Header.Cas, BinaryPrimitives.ReadUInt64BigEndian(extras.AsSpan(8)), BinaryPrimitives.ReadUInt32BigEndian(extras.AsSpan(16)),
                BinaryPrimitives.ReadUInt32BigEndian(extras.AsSpan(20)), frame.Header.Datatype & Kept, ItemKind.Prepare), (DurabilityLevel)extras[30], extras[29] != 0);
            prepare.IsCold = (frame.Header.Datatype & Datatype.Snappy) != 0;
            return prepare;
        }
        var prepared = BinaryPrimitives.ReadUInt64BigEndian(extras);
        var seqno = BinaryPrimitives.ReadUInt64BigEndian(extras.AsSpan(8));
        var begun = known.GetValueOrDefault(prepared) as SyncWriteItem;
        if (frame.Opcode == Opcode.DcpAbort)
            return begun?.ToAbort(seqno, begun.Expiry) ?? SyncWriteItem.Abort(key, prepared, seqno, cas: seqno, time: 0);
        return begun?.ToCommit(seqno, begun.Expiry) ?? throw new InvalidDataException($"COMMIT {seqno} is of a prepare that the capture does not show");
    }
}
