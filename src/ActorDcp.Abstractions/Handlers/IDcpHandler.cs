namespace ActorDcp;

/// <summary>
/// Handles the changes of one vbucket. One instance serves one vbucket at a time and is never called concurrently. An actor
/// is the usual form (<c>DcpHandlerActor</c> in ActorDcp); ready-made handlers implement this without Akka.
/// </summary>
public interface IDcpHandler
{
    /// <summary>
    /// Handles a batch. When the task completes the whole batch is handled; when it fails, all up to the last
    /// <see cref="DcpBatch.HandledThrough"/> is, and retry or skip act from there on.
    /// </summary>
    ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping);

    /// <summary>
    /// The vbucket went back. Called at least once before anything is delivered again; a repeat after a crash is possible.
    /// Must have taken effect when the task completes.
    /// </summary>
    ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping);

    /// <summary>
    /// For handlers that store their own position with their effects: that position, which then wins over the group's.
    /// Null, the default, lets the group's checkpoint decide.
    /// </summary>
    ValueTask<StreamOffset?> LoadOffsetAsync(VBucketId vbucket, OwnershipEpoch epoch, CancellationToken stopping) =>
        new((StreamOffset?)null);
}
