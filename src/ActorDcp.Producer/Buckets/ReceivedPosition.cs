namespace ActorDcp.Producer.Buckets;

/// <summary>From where a copy goes on receiving: what its next stream request says (dcp-reference.md 4.4).</summary>
/// <param name="Seqno">Last seqno it has.</param>
/// <param name="SnapshotStart">Start of the snapshot it is in; the seqno itself when that is complete.</param>
/// <param name="SnapshotEnd">End of that snapshot.</param>
/// <param name="Uuid">Newest branch of its failover log.</param>
internal readonly record struct ReceivedPosition(ulong Seqno, ulong SnapshotStart, ulong SnapshotEnd, VBucketUuid Uuid);
