using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Topology;

/// <summary>The cluster map from a data node's own connection (dcp-reference.md 2.5, 2.6).</summary>
internal sealed class KvClusterMapSource(KvConnection connection) : IClusterMapSource
{
    public Task Completion => connection.Completion;

    /// <summary>Connects to whatever node it is asked for.</summary>
    public static ConnectClusterMapSource Connector(Func<KvEndpoint, KvConnectionOptions> options, TimeProvider time, ILogger logger) =>
        async (node, pushed, cancellationToken) =>
        {
            var connection = await KvConnection.OpenAsync(options(node), time, logger, cancellationToken).ConfigureAwait(false);
            connection.ClusterMapPushed += push =>
            {
                if (push.Map is { } map)
                    pushed(map);
            };
            return new KvClusterMapSource(connection);
        };

    public async Task<ClusterMap> GetAsync(CancellationToken cancellationToken) =>
        await connection.GetClusterMapAsync(known: null, cancellationToken).ConfigureAwait(false)
            ?? throw new KvConnectionException($"{connection.Endpoint} has no cluster map yet");

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
