namespace ActorDcp.Producer.Buckets;

/// <summary>What a change did to its document.</summary>
internal enum ItemKind : byte
{
    Mutation = 0,
    Deletion = 1,
    Expiration = 2,
    /// <summary>A scope or collection began, changed or ended (dcp-reference.md 3.12); no document.</summary>
    SystemEvent = 3,
    /// <summary>Nothing yet: a durable write that waits for its nodes. Always a <see cref="SyncWriteItem"/>.</summary>
    Prepare = 4,
    /// <summary>Nothing: ended a prepare. Always a <see cref="SyncWriteItem"/>.</summary>
    Abort = 5,
}
