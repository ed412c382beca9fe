namespace ActorDcp.Producer.Buckets;

/// <summary>What a store has to write for one vbucket, in this order: truncate, delete, insert, facts.</summary>
internal sealed record PersistenceBatch
{
    public required VBucket VBucket { get; init; }

    /// <summary>Everything above is lost.</summary>
    public ulong? TruncatedTo { get; init; }

    /// <summary>Seqnos of changes that were replaced or purged.</summary>
    public required IReadOnlyList<ulong> Obsolete { get; init; }

    /// <summary>New changes; those superseded within it are left out.</summary>
    public required LogSlice Slice { get; init; }

    public required StoredVBucket Facts { get; init; }

    /// <summary>Number of the branch of this process's making, so that a batch from before a failover is known.</summary>
    public required int Branch { get; init; }
}
