using System.Collections.Concurrent;

namespace ActorDcp.VBuckets;

/// <summary>The vbuckets that run on this member, for status and health. Written by their actors, read by anybody.</summary>
internal sealed class VBucketBoard
{
    private readonly ConcurrentDictionary<VBucketId, VBucketRow> _rows = new();

    public IReadOnlyCollection<VBucketRow> Rows => [.. _rows.Values];

    public void Set(VBucketRow row) => _rows[row.VBucket] = row;

    /// <summary>Takes a row away, unless a newer owner on this member has put its own.</summary>
    public void Remove(VBucketId vbucket, OwnershipEpoch epoch)
    {
        if (_rows.TryGetValue(vbucket, out var row) && row.Epoch <= epoch)
            _rows.TryRemove(new KeyValuePair<VBucketId, VBucketRow>(vbucket, row));
    }
}

/// <summary>One vbucket as it stands.</summary>
/// <param name="VBucket">The vbucket.</param>
/// <param name="Phase">What its actor is doing.</param>
/// <param name="Reason">Why it is in this state, where that needs saying.</param>
/// <param name="NextTry">When it tries again; null when it waits for nothing of the kind.</param>
/// <param name="Epoch">Epoch of the owner.</param>
/// <param name="Uuid">Branch of history that is read.</param>
/// <param name="Node">Node that is streamed from, or was last.</param>
/// <param name="Progress">Its live cursors; null before it owns the vbucket.</param>
internal sealed record VBucketRow(
    VBucketId VBucket, VBucketPhase Phase, string? Reason, DateTimeOffset? NextTry, OwnershipEpoch Epoch,
    VBucketUuid Uuid, string? Node, CheckpointSource? Progress);

/// <summary>What a vbucket's actor is doing.</summary>
internal enum VBucketPhase
{
    TakingOwnership,
    PreparingHandler,
    AwaitingTopology,
    Opening,
    Streaming,
    RollingBack,
    Parked,
    Draining,
    Paused,
    Failed,
}
