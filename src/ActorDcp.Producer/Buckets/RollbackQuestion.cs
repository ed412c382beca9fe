namespace ActorDcp.Producer.Buckets;

/// <summary>What the rollback decision looks at: the request, and the vbucket as it is (dcp-reference.md 4.3).</summary>
internal readonly record struct RollbackQuestion
{
    public required ulong Start { get; init; }

    public required ulong Uuid { get; init; }

    public required ulong SnapshotStart { get; init; }

    public required ulong SnapshotEnd { get; init; }

    public bool StrictUuid { get; init; }

    public bool IgnorePurgedTombstones { get; init; }

    /// <summary>Purge seqno that the consumer saw last; 0 when it names none.</summary>
    public ulong PresentedPurgeSeqno { get; init; }

    public required FailoverLog FailoverLog { get; init; }

    public required ulong HighSeqno { get; init; }

    public ulong PurgeSeqno { get; init; }

    /// <summary>Highest seqno of the collections asked for; null for a stream of everything.</summary>
    public ulong? FilterHighSeqno { get; init; }
}
