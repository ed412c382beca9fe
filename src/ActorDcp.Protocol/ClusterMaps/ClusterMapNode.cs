using System.Collections.Frozen;

namespace ActorDcp.Protocol.ClusterMaps;

/// <summary>A node that serves a bucket's vbuckets.</summary>
public sealed class ClusterMapNode
{
    private readonly FrozenDictionary<string, (string Host, NodePorts Ports)> _networks;

    internal ClusterMapNode(string host, NodePorts ports, string? uuid, bool isSource, IEnumerable<KeyValuePair<string, (string Host, NodePorts Ports)>> alternates)
    {
        Host = host;
        Ports = ports;
        Uuid = uuid;
        IsSource = isSource;
        _networks = alternates.ToFrozenDictionary();
    }

    /// <summary>Host on the default network, without brackets.</summary>
    public string Host { get; }

    /// <summary>Ports on the default network.</summary>
    public NodePorts Ports { get; }

    /// <summary>The node's own id, where the map tells it.</summary>
    public string? Uuid { get; }

    /// <summary>Whether the map came from this node.</summary>
    public bool IsSource { get; }

    /// <summary>Names of the other networks that the node can be reached on.</summary>
    public IEnumerable<string> AlternateNetworks => _networks.Keys;

    /// <summary>The node's key-value address on a network.</summary>
    /// <param name="network"><see cref="ClusterMap.DefaultNetwork"/> or the name of another.</param>
    /// <param name="tls">Whether TLS is wanted.</param>
    /// <returns>Null when the node cannot be reached so, and has to be skipped.</returns>
    public NodeAddress? KvAddress(string network, bool tls)
    {
        var (host, ports) = network == ClusterMap.DefaultNetwork
            ? (Host, Ports)
            : _networks.TryGetValue(network, out var alternate) ? alternate : default;
        var port = tls ? ports.KvTls : ports.Kv;
        return host is null || port is null ? null : new NodeAddress(host, port.Value);
    }

    /// <summary>The key-value address on the default network.</summary>
    public override string ToString() => KvAddress(ClusterMap.DefaultNetwork, tls: false)?.ToString() ?? Host;
}
