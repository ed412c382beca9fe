namespace ActorDcp.Persistence;

/// <summary>
/// The fenced table of positions: one row a vbucket of a group and bucket. A take-over raises the row's epoch; a save counts only
/// with the row's current epoch.
/// </summary>
internal interface IOffsetStore
{
    /// <summary>
    /// Becomes owner of vbuckets: raises each one's epoch by one and returns what its row holds then (a new row from the group's
    /// start pins, or the beginning). One transaction for all of them; a repeat after an unclear answer raises the epochs again.
    /// </summary>
    /// <returns>The rows in the order of their vbuckets.</returns>
    /// <exception cref="PersistenceUnavailableException">The database does not answer; ask again later.</exception>
    Task<IReadOnlyList<OwnedOffset>> TakeOverAsync(
        GroupKey group, IReadOnlyCollection<VBucketId> vbuckets, string owner, CancellationToken cancellationToken);

    /// <summary>Saves positions, each under its epoch; one transaction for all of them.</summary>
    /// <returns>The vbuckets whose epoch is no longer the given one: they are fenced, and nothing of theirs was saved.</returns>
    /// <exception cref="PersistenceUnavailableException">The database does not answer; ask again later.</exception>
    /// <exception cref="ArgumentException">A vbucket occurs twice.</exception>
    Task<IReadOnlyList<VBucketId>> SaveAsync(
        GroupKey group, IReadOnlyCollection<OffsetUpdate> updates, CancellationToken cancellationToken);

    /// <summary>All rows of a group, for status, export and the coordinator.</summary>
    Task<IReadOnlyList<StoredOffset>> ReadAllAsync(GroupKey group, CancellationToken cancellationToken);
}

/// <summary>A consumer group on one incarnation of a bucket.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="BucketUuid">UUID of the bucket, so that a recreated one never meets old positions.</param>
internal sealed record GroupKey(string Group, string BucketUuid);

/// <summary>A row just taken over. <c>MustRecover</c>: nothing may be delivered before the journal was read, where a rollback or a pause may stand.</summary>
internal sealed record OwnedOffset(
    VBucketId VBucket, OwnershipEpoch Epoch, StreamOffset Offset, RetainedBoundaries Boundaries, bool MustRecover = false);

/// <summary>A position to save. <c>Mark</c>: from 1 on, which request it was that makes the next owner read the journal first; 0 for none.</summary>
internal sealed record OffsetUpdate(
    VBucketId VBucket, OwnershipEpoch Epoch, StreamOffset Offset, RetainedBoundaries Boundaries, long Mark = 0);

/// <summary>A row as it stands.</summary>
internal sealed record StoredOffset(
    VBucketId VBucket, OwnershipEpoch Epoch, string Owner, StreamOffset Offset, RetainedBoundaries Boundaries, DateTimeOffset UpdatedAt,
    bool MustRecover = false);
