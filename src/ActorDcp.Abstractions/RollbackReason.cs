namespace ActorDcp;

/// <summary>Why a vbucket went back.</summary>
public enum RollbackReason
{
    /// <summary>A failover began a new branch of history below what was handled: undo what is above.</summary>
    Branch,
    /// <summary>Tombstones that were not read are gone: rebuild, undoing is not enough.</summary>
    Purge,
    /// <summary>The producer does not know our branch at all.</summary>
    UnknownUuid,
    /// <summary>The producer is behind what was handled, on our own branch: it lost data without a failover.</summary>
    SeqnoFromFuture,
    /// <summary>An operator asked for it.</summary>
    UserRewind,
    /// <summary>A collection of the filter that was left out because the user could not see it is back: what it missed comes now, with all that was read without it.</summary>
    CollectionReturned,
}

/// <summary>A vbucket went back: delivery resumes just above <paramref name="To"/>, and what was handled above it may differ now.</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Epoch">Its owner's epoch.</param>
/// <param name="From">Seqno up to which events had been handled.</param>
/// <param name="To">Seqno above which delivery resumes.</param>
/// <param name="Reason">Why.</param>
/// <param name="Uuid">Branch that delivery resumes on; <see cref="VBucketUuid.None"/> from the beginning.</param>
public sealed record RolledBack(
    VBucketId VBucket,
    OwnershipEpoch Epoch,
    Seqno From,
    Seqno To,
    RollbackReason Reason,
    VBucketUuid Uuid);
