using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Dcp;

/// <summary>A stream request after all its checks: what the stream goes by (dcp-reference.md 3.3).</summary>
internal sealed record StreamRequestArguments
{
    public required StreamFlags Flags { get; init; }

    public required ulong Start { get; init; }

    public required ulong End { get; init; }

    public required ulong Uuid { get; init; }

    public required ulong SnapshotStart { get; init; }

    public required ulong SnapshotEnd { get; init; }

    public ulong PurgeSeqno { get; init; }

    public ushort StreamId { get; init; }

    /// <summary>What of the vbucket is shown.</summary>
    public required StreamView View { get; init; }

    public bool DiskOnly => (Flags & (StreamFlags.DiskOnly | StreamFlags.TakeOver)) == StreamFlags.DiskOnly;

    /// <summary>Whether the vbucket is to move to the consumer.</summary>
    public bool IsTakeOver => (Flags & StreamFlags.TakeOver) != 0;

    /// <summary>Whether a backfill may begin below the purge seqno (dcp-reference.md 4.3).</summary>
    public bool ToleratesPurge(ulong purgeSeqno) =>
        (Flags & StreamFlags.IgnorePurgedTombstones) != 0 || PurgeSeqno == purgeSeqno;

    /// <summary>What the vbucket is to decide on; it adds its own side.</summary>
    public RollbackQuestion ToQuestion(ulong? filterHighSeqno) => new()
    {
        Start = Start,
        Uuid = Uuid,
        SnapshotStart = SnapshotStart,
        SnapshotEnd = SnapshotEnd,
        StrictUuid = (Flags & StreamFlags.StrictVBucketUuid) != 0,
        IgnorePurgedTombstones = (Flags & StreamFlags.IgnorePurgedTombstones) != 0,
        PresentedPurgeSeqno = PurgeSeqno,
        FilterHighSeqno = filterHighSeqno,
        FailoverLog = FailoverLog.Empty,
        HighSeqno = 0,
    };
}
