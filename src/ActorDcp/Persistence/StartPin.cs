namespace ActorDcp.Persistence;

/// <summary>Where a new group begins to read a vbucket.</summary>
internal sealed record StartPin(VBucketId VBucket, StreamOffset Offset);
