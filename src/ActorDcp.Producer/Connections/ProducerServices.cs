using ActorDcp.Producer.Access;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Faults;
using ActorDcp.Producer.Nodes;
using ActorDcp.Producer.Topology;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Connections;

/// <summary>What every connection of a node works with.</summary>
internal sealed record ProducerServices
{
    public required EmbeddedProducerOptions Options { get; init; }

    /// <summary>The node.</summary>
    public required ProducerNode Node { get; init; }

    /// <summary>All nodes together: for what concerns the whole bucket, as its manifest or a move.</summary>
    public required ProducerCluster Cluster { get; init; }

    /// <summary>The node's copies of vbuckets.</summary>
    public required Bucket Bucket { get; init; }

    public required UserAccounts Accounts { get; init; }

    public required ClusterMap ClusterMap { get; init; }

    public required FaultPlan Faults { get; init; }

    public required ConnectionRegistry Connections { get; init; }

    public required ILogger Log { get; init; }

    public TimeProvider Time => Options.TimeProvider;
}
