using ActorDcp.Client;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.Mitigation;

/// <summary>What the mitigation actor and its pollers are asked and tell. Never leaves the member.</summary>
internal static class MitigationProtocol
{
    public interface ICommand : INoSerializationVerificationNeeded;

    public interface IEvent : INoSerializationVerificationNeeded;

    /// <summary>
    /// A graph holds changes up to a seqno of a branch. The verdict is called once, from any thread, unless the graph forgets it first.
    /// </summary>
    public sealed record Hold(VBucketId VBucket, VBucketUuid Uuid, Seqno Seqno, object Holder, Action<HoldVerdict> Verdict) : ICommand;

    /// <summary>The graph is gone, and what it held with it.</summary>
    public sealed record Forget(VBucketId VBucket, object Holder) : ICommand;

    /// <summary>To a node's poller: observe a vbucket from now on. The number comes back with each answer.</summary>
    public sealed record Watch(VBucketId VBucket, VBucketUuid Uuid, long Number) : ICommand;

    /// <summary>To a node's poller: no more.</summary>
    public sealed record Unwatch(VBucketId VBucket, long Number) : ICommand;

    /// <summary>What a node has on disk, and its newest branch.</summary>
    public sealed record Observed(KvEndpoint Node, VBucketId VBucket, long Number, VBucketUuid Uuid, Seqno Persisted) : IEvent;
}

/// <summary>What becomes of changes that were held.</summary>
internal enum HoldVerdict
{
    /// <summary>Every copy has them.</summary>
    Persisted,

    /// <summary>All copies agree on another branch: the stream must be asked for again.</summary>
    OtherBranch,
}
