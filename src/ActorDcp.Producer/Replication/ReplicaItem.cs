using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;
using ActorDcp.Protocol.Messages;

namespace ActorDcp.Producer.Replication;

/// <summary>Turns what a stream brings into items of a log, with the seqno, cas and rev that they have on the active copy.</summary>
internal static class ReplicaItem
{
    /// <summary>The item; null when the frame brings none.</summary>
    /// <exception cref="ProtocolException">The frame's body is not what its opcode demands.</exception>
    public static StoredItem? TryRead(in Frame frame)
    {
        switch (frame.Header.Opcode)
        {
            case Opcode.DcpMutation:
                var mutation = MutationMessage.Read(frame);
                return Create(frame, mutation.Seqno, mutation.RevSeqno, mutation.Flags, mutation.Expiry, ItemKind.Mutation);
            case Opcode.DcpDeletion:
                var deletion = DeletionMessage.Read(frame);
                return Create(frame, deletion.Seqno, deletion.RevSeqno, 0, deletion.DeleteTime, ItemKind.Deletion);
            case Opcode.DcpExpiration:
                var expiration = ExpirationMessage.Read(frame);
                return Create(frame, expiration.Seqno, expiration.RevSeqno, 0, expiration.DeleteTime, ItemKind.Expiration);
            case Opcode.DcpSystemEvent:
                return SystemEventRecord.Read(frame).ToItem(SystemEventMessage.Read(frame).Seqno.Value, frame.Header.Cas, rev: 1);
            default:
                return null;
        }
    }

    /// <summary>A prepare; in one that deletes the field of the expiry holds the delete time.</summary>
    public static SyncWriteItem ReadPrepare(in Frame frame)
    {
        var prepare = PrepareMessage.Read(frame);
        return SyncWriteItem.Prepare(frame.Key, frame.Value, new ItemMetadata(
            prepare.Seqno.Value, frame.Header.Cas, prepare.RevSeqno, prepare.Flags, prepare.IsDeletion ? prepare.DeleteTime : prepare.Expiry,
            frame.Header.Datatype, ItemKind.Prepare), (DurabilityLevel)prepare.DurabilityLevel, prepare.IsDeletion);
    }

    private static StoredItem Create(in Frame frame, Seqno seqno, ulong rev, uint flags, uint expiry, ItemKind kind) =>
        StoredItem.Create(frame.Key, frame.Value, new ItemMetadata(
            seqno.Value, frame.Header.Cas, rev, flags, expiry, frame.Header.Datatype, kind));
}
