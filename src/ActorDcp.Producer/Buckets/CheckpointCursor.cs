namespace ActorDcp.Producer.Buckets;

/// <summary>How far one reader of a vbucket's checkpoints has come. Guarded by the vbucket.</summary>
internal sealed class CheckpointCursor(ulong position, bool droppable)
{
    /// <summary>Last seqno taken.</summary>
    public ulong Position { get; set; } = position;

    /// <summary>End of the snapshot that its reader was promised; above the position while a replica still receives it.</summary>
    public ulong PromisedEnd { get; set; }

    /// <summary>Whether memory pressure may send this reader back to disk.</summary>
    public bool Droppable { get; } = droppable;

    /// <summary>Whether that happened.</summary>
    public bool Dropped { get; set; }
}
