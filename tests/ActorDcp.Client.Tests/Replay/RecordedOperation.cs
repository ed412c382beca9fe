using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>What a recorded client asked, as our client can ask it.</summary>
internal abstract record RecordedOperation(RecordedFrame Frame)
{
    internal Opcode Opcode => (Opcode)Frame.Bytes[1];

    /// <summary>A stream request.</summary>
    /// <param name="Frame">As it was recorded.</param>
    /// <param name="Request">As our client asks.</param>
    /// <param name="IsStandIn">Whether ours is only the nearest that a legal client can ask, to meet the recorded refusal.</param>
    /// <param name="Value">The filter as it was recorded.</param>
    internal sealed record Stream(RecordedFrame Frame, StreamRequest Request, bool IsStandIn, RecordedFilter Value) : RecordedOperation(Frame);

    /// <summary>The end of a stream that was opened before.</summary>
    internal sealed record Close(RecordedFrame Frame, Stream Opened, int EventsBefore) : RecordedOperation(Frame);

    internal sealed record FailoverLogOf(RecordedFrame Frame, VBucketId VBucket) : RecordedOperation(Frame);

    internal sealed record Observe(RecordedFrame Frame, VBucketId VBucket, VBucketUuid Uuid) : RecordedOperation(Frame);

    internal sealed record AllSeqnos(RecordedFrame Frame, VBucketStateFilter State, uint? CollectionId) : RecordedOperation(Frame);

    internal sealed record Map(RecordedFrame Frame, ClusterMapRevision? Known) : RecordedOperation(Frame);

    internal sealed record Manifest(RecordedFrame Frame) : RecordedOperation(Frame);
}
