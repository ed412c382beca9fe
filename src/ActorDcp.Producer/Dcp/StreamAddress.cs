namespace ActorDcp.Producer.Dcp;

/// <summary>What every message of a stream carries: vbucket, opaque of its request, and its stream id where those are on.</summary>
internal readonly record struct StreamAddress(VBucketId VBucket, uint Opaque, ushort StreamId)
{
    /// <summary>Stream ids begin at 1 (dcp-reference.md 3.3).</summary>
    public bool HasStreamId => StreamId != 0;

    public StreamKey Key => new(VBucket, StreamId);
}
