using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Topology;

/// <summary>An open connection that tells the bucket's cluster map. Owned by the topology actor.</summary>
internal interface IClusterMapSource : IAsyncDisposable
{
    /// <summary>Ends when the connection does; never faults.</summary>
    Task Completion { get; }

    /// <summary>The node's present map.</summary>
    Task<ClusterMap> GetAsync(CancellationToken cancellationToken);
}

/// <summary>Connects to a node for its map; pushed maps go to the callback.</summary>
internal delegate Task<IClusterMapSource> ConnectClusterMapSource(
    KvEndpoint node, Action<ClusterMap> pushed, CancellationToken cancellationToken);
