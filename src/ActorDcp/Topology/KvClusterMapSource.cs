using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Topology;

/// <summary>The cluster map from a data node's own connection (dcp-reference.md 2.5, 2.6).</summary>
internal sealed class KvClusterMapSource(KvConnection connection) : IClusterMapSource
{
    public Task Completion => connection.Completion;

    public static async Task<IClusterMapSource> OpenAsync(
        KvConnectionOptions options, Action<ClusterMap> pushed, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var connection = await KvConnection.OpenAsync(options, time, logger, cancellationToken).ConfigureAwait(false);
        connection.ClusterMapPushed += push =>
        {
            if (push.Map is { } map)
                pushed(map);
        };
        return new KvClusterMapSource(connection);
    }

    public async Task<ClusterMap?> GetAsync(ClusterMapRevision? known, CancellationToken cancellationToken) =>
        await connection.GetClusterMapAsync(known, cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
