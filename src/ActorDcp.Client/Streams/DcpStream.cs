namespace ActorDcp.Client;

/// <summary>The receiving end of one open stream on a connection. Its opaque is its incarnation.</summary>
public abstract class DcpStream : IDcpBatchSource
{
    /// <summary>The opaque of the stream request, which every frame of this incarnation carries.</summary>
    public abstract uint Opaque { get; }

    /// <inheritdoc/>
    public abstract VBucketId VBucket { get; }

    /// <inheritdoc/>
    public abstract StreamEnding? Ending { get; }

    /// <inheritdoc/>
    public abstract Seqno ReceivedSeqno { get; }

    /// <inheritdoc/>
    public abstract long QueuedBytes { get; }

    /// <inheritdoc/>
    public abstract bool TryTake(OwnershipEpoch epoch, out DcpBatch batch);

    /// <inheritdoc/>
    public abstract void WhenAvailable(Action callback);
}
