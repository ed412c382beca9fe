using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.SyncWrites;

/// <summary>A prepare that is neither committed nor aborted.</summary>
/// <param name="Prepare">It.</param>
/// <param name="Request">Who waits for it; null on a replica, after a restart or a promotion.</param>
/// <param name="Deadline">Timestamp at which it is aborted; null for never.</param>
/// <param name="MaybeVisible">Whether a former active may have committed it, so that the old version must not be read.</param>
internal sealed record PendingSyncWrite(SyncWriteItem Prepare, SyncWriteRequest? Request, long? Deadline, bool MaybeVisible);
