using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Topology;

/// <summary>An open connection that tells the bucket's cluster map. Owned by the topology actor.</summary>
internal interface IClusterMapSource : IAsyncDisposable
{
    /// <summary>Ends when the connection does; never faults.</summary>
    Task Completion { get; }

    /// <summary>The node's present map; null when it has none newer than the one known.</summary>
    Task<ClusterMap?> GetAsync(ClusterMapRevision? known, CancellationToken cancellationToken);
}

/// <summary>Connects to a place for its map; pushed maps go to the callback.</summary>
internal delegate Task<IClusterMapSource> ConnectClusterMapSource(
    BootstrapSeed seed, Action<ClusterMap> pushed, CancellationToken cancellationToken);
