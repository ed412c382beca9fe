using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Topology;

/// <summary>The cluster map from a node's management service (dcp-reference.md 2.7).</summary>
internal sealed class HttpClusterMapSource(ManagementConnection connection) : IClusterMapSource
{
    public Task Completion => connection.Completion;

    public static async Task<IClusterMapSource> OpenAsync(
        KvConnectionOptions options, Action<ClusterMap> pushed, TimeProvider time, ILogger logger, CancellationToken cancellationToken) =>
        new HttpClusterMapSource(await ManagementConnection.OpenAsync(options, pushed, time, logger, cancellationToken).ConfigureAwait(false));

    // HTTP has no question for what is newer; an older map is dropped where it arrives
    public async Task<ClusterMap?> GetAsync(ClusterMapRevision? known, CancellationToken cancellationToken) =>
        await connection.GetClusterMapAsync(cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
