using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Topology;

/// <summary>How this member reaches the nodes of a map (dcp-reference.md 2.5).</summary>
/// <param name="Network">Which of their addresses are used, by the network's name.</param>
/// <param name="Tls">Whether their TLS ports are used.</param>
internal sealed record NodeReach(string Network, bool Tls)
{
    /// <summary>Where the vbucket's active copy is; null while nobody has it or it cannot be reached.</summary>
    public KvEndpoint? ActiveNodeOf(ClusterMap map, VBucketId vbucket) =>
        map.ActiveOf(vbucket) is { } node ? EndpointOf(node) : null;

    /// <summary>The map's nodes.</summary>
    public IReadOnlyList<KvEndpoint> NodesOf(ClusterMap map) => [.. map.Nodes.Select(EndpointOf).OfType<KvEndpoint>()];

    /// <summary>The nodes of a vbucket's active and of each replica that the map names; empty when one of them cannot be reached by it.</summary>
    public IReadOnlyList<KvEndpoint> CopiesOf(ClusterMap map, VBucketId vbucket)
    {
        List<KvEndpoint?> copies = [ActiveNodeOf(map, vbucket), .. map.ReplicasOf(vbucket).Select(EndpointOf)];
        return copies.Contains(null) ? [] : [.. copies.OfType<KvEndpoint>()];
    }

    private KvEndpoint? EndpointOf(ClusterMapNode node) =>
        node.KvAddress(Network, Tls) is { } address ? new KvEndpoint(address.Host, address.Port) : null;
}
