using ActorDcp.Producer.Nodes;

namespace ActorDcp.Producer;

/// <summary>The nodes, and what can be done with them.</summary>
public sealed partial class EmbeddedProducer
{
    /// <summary>The nodes of the cluster, whether they run or not, in the order of the cluster map.</summary>
    public IReadOnlyList<ProducerNode> Nodes => _cluster.Topology.Members;
}
