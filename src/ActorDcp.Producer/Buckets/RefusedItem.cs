using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>Stands for a change that was not made, where an operation expects the change.</summary>
internal sealed class RefusedItem : StoredItem
{
    private RefusedItem(Status status)
        : base([], 0) => Status = status;

    public static RefusedItem InProgress { get; } = Of(Status.SyncWriteInProgress);

    public static RefusedItem ReCommitInProgress { get; } = Of(Status.SyncWriteReCommitInProgress);

    public Status Status { get; }

    private static RefusedItem Of(Status status) => new(status) { Seqno = 0, Cas = 0, Rev = 0 };
}
