namespace ActorDcp;

/// <summary>Consecutive events of a batch that share a snapshot. <see cref="Fixed"/> is set inside an out-of-order snapshot.</summary>
internal readonly record struct SnapshotRun(
    int FirstIndex, StreamSnapshot Snapshot, FixedPosition? Fixed = null, Seqno PurgeSeqno = default);

/// <summary>The position that stands still while an out-of-order snapshot is received (dcp-reference.md 3.14).</summary>
internal sealed record FixedPosition(StreamOffset Offset);

/// <summary>From this event of a batch on, this collections manifest is the newest known.</summary>
internal readonly record struct ManifestChange(int Index, ulong Uid);
