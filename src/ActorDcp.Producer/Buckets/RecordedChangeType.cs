namespace ActorDcp.Producer.Buckets;

/// <summary>What a change did to its document.</summary>
public enum RecordedChangeType
{
    /// <summary>Created or changed it.</summary>
    Mutation,
    /// <summary>Deleted it.</summary>
    Deletion,
    /// <summary>Deleted it because its time had come.</summary>
    Expiration,
}
