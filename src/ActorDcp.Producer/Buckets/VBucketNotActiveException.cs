namespace ActorDcp.Producer.Buckets;

/// <summary>A change came to a copy that takes none, or none now: another copy does, or will.</summary>
internal sealed class VBucketNotActiveException(VBucket vbucket, bool isMoving)
    : InvalidOperationException(isMoving ? $"vbucket {vbucket.Id} is moving" : $"vbucket {vbucket.Id} is {vbucket.State}, so it takes no writes")
{
    public VBucket VBucket => vbucket;

    /// <summary>Whether another copy is about to take over, so that the client should ask again.</summary>
    public bool IsMoving => isMoving;
}
