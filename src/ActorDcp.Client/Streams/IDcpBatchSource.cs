namespace ActorDcp.Client;

/// <summary>
/// The receiving end of one stream: what arrived and is not taken yet. One taker at a time; the connection's read loop is the
/// writer. What arrives while the taker is busy joins the next batch.
/// </summary>
public interface IDcpBatchSource
{
    /// <summary>The vbucket.</summary>
    VBucketId VBucket { get; }

    /// <summary>Takes all that arrived as one batch. The taker owns it and must release it exactly once.</summary>
    /// <param name="epoch">Epoch to stamp on the batch.</param>
    /// <param name="batch">At least one event.</param>
    /// <returns>False when no event is waiting.</returns>
    bool TryTake(OwnershipEpoch epoch, out DcpBatch batch);

    /// <summary>
    /// Asks to be called once, as soon as <see cref="TryTake"/> would succeed or <see cref="Ending"/> is set; at once when that is so
    /// already. Called from the read loop, so it must be quick and must not throw. A later call replaces an earlier one.
    /// </summary>
    void WhenAvailable(Action callback);

    /// <summary>How the stream ended; null while it is open. Batches that arrived before the end can still be taken, and come first.</summary>
    StreamEnding? Ending { get; }

    /// <summary>Last seqno that arrived.</summary>
    Seqno ReceivedSeqno { get; }

    /// <summary>Bytes that arrived and are not taken yet.</summary>
    long QueuedBytes { get; }
}
