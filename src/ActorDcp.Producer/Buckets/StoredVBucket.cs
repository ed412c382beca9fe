namespace ActorDcp.Producer.Buckets;

/// <summary>What a store knows of a vbucket.</summary>
internal sealed record StoredVBucket
{
    public required VBucketId Id { get; init; }

    public required VBucketState State { get; init; }

    public required FailoverLog FailoverLog { get; init; }

    public ulong HighSeqno { get; init; }

    public ulong PurgeSeqno { get; init; }

    public ulong MaxDeletedRev { get; init; }

    /// <summary>Where the last whole snapshot ended while a copy was receiving another; the high seqno when that was complete.</summary>
    public ulong SnapshotStart { get; init; }

    /// <summary>End of the snapshot being received; the high seqno when it was complete.</summary>
    public ulong SnapshotEnd { get; init; }

    /// <summary>Newest version of each key, tombstones included, in seqno order. Empty when only the rest is written.</summary>
    public IReadOnlyList<StoredItem> Items { get; init; } = [];
}
