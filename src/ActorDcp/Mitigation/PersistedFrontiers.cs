namespace ActorDcp.Mitigation;

/// <summary>
/// Up to where each vbucket is known to be on the disk of every copy, and on which branch. Written by the mitigation actor, read by the
/// graphs; thread-safe.
/// </summary>
internal sealed class PersistedFrontiers(int vbuckets)
{
    private readonly Lock _lock = new();
    private readonly (VBucketUuid Uuid, Seqno Seqno)[] _frontiers = new (VBucketUuid, Seqno)[vbuckets];

    /// <summary>Whether every copy has all up to a seqno of a branch.</summary>
    public bool Covers(VBucketId vbucket, VBucketUuid uuid, Seqno seqno)
    {
        lock (_lock)
            return _frontiers[vbucket.Value] is var frontier && frontier.Uuid == uuid && seqno <= frontier.Seqno;
    }

    public void Set(VBucketId vbucket, VBucketUuid uuid, Seqno seqno)
    {
        lock (_lock)
            _frontiers[vbucket.Value] = (uuid, seqno);
    }

    /// <summary>Forgets a vbucket, whose stream begins anew.</summary>
    public void Clear(VBucketId vbucket) => Set(vbucket, VBucketUuid.None, Seqno.Zero);

    /// <summary>Forgets everything: the copies are others now.</summary>
    public void Clear()
    {
        lock (_lock)
            Array.Clear(_frontiers);
    }
}
