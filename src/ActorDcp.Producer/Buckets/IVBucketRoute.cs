namespace ActorDcp.Producer.Buckets;

/// <summary>Finds the copies of vbuckets that take writes, wherever in the cluster they are.</summary>
internal interface IVBucketRoute
{
    /// <summary>The active copy; null when no running node has one.</summary>
    VBucket? ActiveOf(VBucketId vbucket);

    /// <summary>Waits while a vbucket moves away from a copy. False when it still does after a while, or no longer moves.</summary>
    bool WaitForMove(VBucket from);

    /// <summary>Waits until everything written so far is durable on every node.</summary>
    Task FlushAsync(CancellationToken cancellationToken);
}
