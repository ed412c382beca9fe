using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Telemetry;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Topology;

/// <summary>How a member finds the bucket's nodes.</summary>
internal sealed record TopologySettings
{
    public required string Bucket { get; init; }

    /// <summary>Finds the places to ask first, from the connection text; at least one. Asked again for each try.</summary>
    public required Func<CancellationToken, Task<IReadOnlyList<BootstrapSeed>>> Bootstrap { get; init; }

    public required ConnectClusterMapSource Connect { get; init; }

    public required RetrySchedule Retries { get; init; }

    public required TimeProvider Time { get; init; }

    public required ActorDcpMetrics Metrics { get; init; }

    /// <summary>Time between two reads of the map, for what no push told.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the TLS ports of the map are used.</summary>
    public bool Tls { get; init; }

    /// <summary>Which of the nodes' addresses are used (dcp-reference.md 2.5): a network by name, or automatic.</summary>
    public string Network { get; init; } = ClusterMap.AutoNetwork;
}
