namespace ActorDcp.Producer.Buckets;

/// <summary>What the second form of a marker tells of a snapshot besides its bounds (dcp-reference.md 3.8).</summary>
internal readonly record struct SnapshotFacts(ulong MaxVisible, ulong HighCompleted, ulong HighPrepared, ulong Purge);
