using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using Akka.Actor;

namespace ActorDcp.Topology;

/// <summary>What <see cref="TopologyActor"/> is asked and tells. Never leaves the member.</summary>
internal static class TopologyProtocol
{
    public interface ICommand : INoSerializationVerificationNeeded;

    public interface IEvent : INoSerializationVerificationNeeded;

    /// <summary>Tell me where the vbucket's active copy is, now and whenever it moves.</summary>
    public sealed record WatchVBucket(VBucketId VBucket) : ICommand;

    /// <summary>Tell me no more.</summary>
    public sealed record UnwatchVBucket(VBucketId VBucket) : ICommand;

    /// <summary>Tell me each map that replaces another, and the present one.</summary>
    public sealed record WatchMap : ICommand;

    /// <summary>A map that somebody was given; used when it is newer than ours.</summary>
    public sealed record Observed(ClusterMap Map) : ICommand;

    /// <summary>Our map seems to be old: fetch it. Many askers at once cost one fetch.</summary>
    public sealed record Refresh : ICommand;

    /// <summary>Where a vbucket's active copy is; null while nobody has it.</summary>
    public sealed record ActiveNode(VBucketId VBucket, KvEndpoint? Node) : IEvent;

    /// <summary>A map that replaces another, and how this member reaches its nodes.</summary>
    public sealed record MapChanged(ClusterMap Map, NodeReach Reach) : IEvent
    {
        public IReadOnlyList<KvEndpoint> Nodes => Reach.NodesOf(Map);
    }

    /// <summary>There is no map yet: why the last try failed, and whether trying again can help.</summary>
    public sealed record BootstrapFailed(Exception Cause, bool CanRecover) : IEvent;
}
