namespace ActorDcp.Producer.Buckets;

/// <summary>How many durable writes a vbucket has begun and ended as active, and how many are under way.</summary>
internal readonly record struct SyncWriteCounts(int Pending, long Accepted, long Committed, long Aborted);
