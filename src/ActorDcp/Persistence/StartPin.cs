namespace ActorDcp.Persistence;

/// <summary>Where a new group begins to read a vbucket.</summary>
public sealed record StartPin(VBucketId VBucket, StreamOffset Offset);
