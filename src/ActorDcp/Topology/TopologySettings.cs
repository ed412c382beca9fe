using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Topology;

/// <summary>How a member finds the bucket's nodes.</summary>
internal sealed record TopologySettings
{
    public required string Bucket { get; init; }

    /// <summary>Nodes to ask first, from the connection string; at least one.</summary>
    public required IReadOnlyList<KvEndpoint> Bootstrap { get; init; }

    public required ConnectClusterMapSource Connect { get; init; }

    public required RetrySchedule Retries { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Time between two reads of the map, for what no push told.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the TLS ports of the map are used.</summary>
    public bool Tls { get; init; }

    /// <summary>Where the vbucket's active copy is, as this member reaches it; null while nobody has it or it cannot be reached.</summary>
    public KvEndpoint? ActiveNodeOf(ClusterMap map, VBucketId vbucket) =>
        map.ActiveOf(vbucket) is { } node ? EndpointOf(node) : null;

    /// <summary>The map's nodes, as this member reaches them.</summary>
    public IReadOnlyList<KvEndpoint> NodesOf(ClusterMap map) => [.. map.Nodes.Select(EndpointOf).OfType<KvEndpoint>()];

    /// <summary>The nodes of a vbucket's active and of each replica that the map names; empty when one of them cannot be reached by it.</summary>
    public IReadOnlyList<KvEndpoint> CopiesOf(ClusterMap map, VBucketId vbucket)
    {
        List<KvEndpoint?> copies = [ActiveNodeOf(map, vbucket), .. map.ReplicasOf(vbucket).Select(EndpointOf)];
        return copies.Contains(null) ? [] : [.. copies.OfType<KvEndpoint>()];
    }

    private KvEndpoint? EndpointOf(ClusterMapNode node) =>
        node.KvAddress(ClusterMap.DefaultNetwork, Tls) is { } address ? new KvEndpoint(address.Host, address.Port) : null;
}
