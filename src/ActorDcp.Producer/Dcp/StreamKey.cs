namespace ActorDcp.Producer.Dcp;

/// <summary>What there can be only one stream of on a connection.</summary>
internal readonly record struct StreamKey(VBucketId VBucket, ushort StreamId);
