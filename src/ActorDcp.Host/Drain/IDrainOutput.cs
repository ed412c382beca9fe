namespace ActorDcp.Host.Drain;

/// <summary>Where a drain's events go. Called by the writer only, one call at a time.</summary>
internal interface IDrainOutput : IDisposable
{
    /// <summary>Writes the first events of a batch, and the markers among them. Nothing of the batch may be kept.</summary>
    void Write(DcpBatch batch, int count);

    /// <summary>A vbucket went back.</summary>
    void Write(RolledBack rollback);

    /// <summary>The producer ended a stream.</summary>
    void Write(VBucketId vbucket, StreamEndReason reason);

    /// <summary>Nothing more is waiting: lets go of what is buffered.</summary>
    void Flush();
}
