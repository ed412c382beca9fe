using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ActorDcp.Protocol.ClusterMaps;

/// <summary>Which node holds which vbucket of a bucket (dcp-reference.md 2.5). Immutable.</summary>
public sealed class ClusterMap
{
    /// <summary>The network that a map's plain addresses belong to.</summary>
    public const string DefaultNetwork = "default";

    /// <summary>The network that the usual alternate addresses belong to.</summary>
    public const string ExternalNetwork = "external";

    /// <summary>As a wish: find out by the address that the map was fetched from.</summary>
    public const string AutoNetwork = "auto";

    private const int Nobody = -1;

    private readonly short[] _map;
    private readonly short[] _forward;
    private readonly int _columns;

    internal ClusterMap(
        ClusterMapRevision revision, string? bucket, string? bucketUuid, bool hasVBuckets, FrozenSet<string> capabilities,
        ulong? manifestUid, ImmutableArray<ClusterMapNode> nodes, int replicaCount, short[] map, short[] forward)
    {
        Revision = revision;
        Bucket = bucket;
        BucketUuid = bucketUuid;
        HasVBuckets = hasVBuckets;
        BucketCapabilities = capabilities;
        CollectionsManifestUid = manifestUid;
        Nodes = nodes;
        ReplicaCount = replicaCount;
        _columns = replicaCount + 1;
        _map = map;
        _forward = forward;
    }

    /// <summary>Its age.</summary>
    public ClusterMapRevision Revision { get; }

    /// <summary>The bucket; null in a global map.</summary>
    public string? Bucket { get; }

    /// <summary>The bucket's id, which changes when it is recreated; null in a global map.</summary>
    public string? BucketUuid { get; }

    /// <summary>Whether it can be used for routing. False for a global map and for memcached buckets.</summary>
    public bool HasVBuckets { get; }

    /// <summary>What the bucket can do.</summary>
    public FrozenSet<string> BucketCapabilities { get; }

    /// <summary>Current collections manifest, where the map tells it.</summary>
    public ulong? CollectionsManifestUid { get; }

    /// <summary>The nodes; their places are the numbers of the vbucket map. In a global map, all nodes with a key-value service.</summary>
    public ImmutableArray<ClusterMapNode> Nodes { get; }

    /// <summary>Number of vbuckets; 0 without any.</summary>
    public int VBucketCount => _map.Length / _columns;

    /// <summary>Replicas that each vbucket should have.</summary>
    public int ReplicaCount { get; }

    /// <summary>Reads a map.</summary>
    /// <param name="json">The config as it came; <c>$HOST</c> need not be replaced.</param>
    /// <param name="sourceHost">Host that it was fetched from, which stands for <c>$HOST</c> and for nodes without a name.</param>
    /// <exception cref="ProtocolException">It is no config.</exception>
    public static ClusterMap Parse(ReadOnlySpan<byte> json, string sourceHost) => ClusterMapJson.Parse(json, sourceHost);

    /// <summary>Whether this map should take the place of the one in use. A map without a version always does.</summary>
    public bool Supersedes(ClusterMap? current) =>
        current is null || Revision.Revision == 0 || Revision > current.Revision;

    /// <summary>The node that holds the vbucket's active copy; null when nobody does.</summary>
    public ClusterMapNode? ActiveOf(VBucketId vbucket) => NodeAt(_map, vbucket, 0);

    /// <summary>The nodes that hold replicas; those of missing replicas are left out.</summary>
    public IEnumerable<ClusterMapNode> ReplicasOf(VBucketId vbucket)
    {
        for (var column = 1; column < _columns; column++)
            if (NodeAt(_map, vbucket, column) is { } node)
                yield return node;
    }

    /// <summary>The node that will hold the active copy after the running rebalance, as a hint; null when the map does not tell.</summary>
    public ClusterMapNode? ForwardOf(VBucketId vbucket) => NodeAt(_forward, vbucket, 0);

    /// <summary>The vbucket of a key.</summary>
    /// <param name="key">The key without its collection prefix.</param>
    /// <exception cref="InvalidOperationException">The map has no vbuckets.</exception>
    public VBucketId VBucketOf(ReadOnlySpan<byte> key) =>
        VBucketCount > 0 ? KeyHash.VBucketOf(key, VBucketCount) : throw new InvalidOperationException("this cluster map has no vbuckets");

    /// <summary>Decides which network to use, once for a connection's life (dcp-reference.md 2.5 rule 7).</summary>
    /// <param name="wanted"><see cref="AutoNetwork"/>, or a network by name, which is then returned as it is.</param>
    /// <param name="bootstrap">Address that the map was fetched from.</param>
    /// <param name="tls">Whether that was over TLS.</param>
    public string ChooseNetwork(string wanted, NodeAddress bootstrap, bool tls)
    {
        if (wanted != AutoNetwork)
            return wanted;
        foreach (var node in Nodes)
        {
            if (node.KvAddress(DefaultNetwork, tls) == bootstrap
                || (PortOfManagement(node, tls) is { } port && new NodeAddress(node.Host, port) == bootstrap))
                return DefaultNetwork;
        }
        return Nodes.Any(node => node.AlternateNetworks.Contains(ExternalNetwork)) ? ExternalNetwork : DefaultNetwork;
    }

    private static int? PortOfManagement(ClusterMapNode node, bool tls) =>
        tls ? node.Ports.ManagementTls : node.Ports.Management;

    private ClusterMapNode? NodeAt(short[] map, VBucketId vbucket, int column)
    {
        var index = vbucket.Value * _columns + column;
        var node = index < map.Length ? map[index] : Nobody;
        return node >= 0 && node < Nodes.Length ? Nodes[node] : null;
    }
}
