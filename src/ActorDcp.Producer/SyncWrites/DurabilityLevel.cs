namespace ActorDcp.Producer.SyncWrites;

/// <summary>What must have happened to a durable write before it is answered (dcp-reference.md 1.4).</summary>
internal enum DurabilityLevel : byte
{
    /// <summary>In the memory of a majority of the vbucket's nodes.</summary>
    Majority = 1,
    /// <summary>That, and persisted on the active.</summary>
    MajorityAndPersistActive = 2,
    /// <summary>Persisted by a majority.</summary>
    PersistMajority = 3,
}
