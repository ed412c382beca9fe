using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>Stands for a change that was not made, where an operation expects the change.</summary>
internal sealed class RefusedItem : StoredItem
{
    private RefusedItem(Status status)
        : base([], 0, default) => Status = status;

    public static RefusedItem InProgress { get; } = new(Status.SyncWriteInProgress);

    public static RefusedItem ReCommitInProgress { get; } = new(Status.SyncWriteReCommitInProgress);

    public Status Status { get; }
}
