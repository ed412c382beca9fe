using ActorDcp.Client;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Topology;

/// <summary>Asks each place in the way that it understands.</summary>
internal static class ClusterMapSources
{
    /// <param name="options">Options of a connection to an endpoint, made anew for each.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log of the connections.</param>
    public static ConnectClusterMapSource Connector(Func<KvEndpoint, KvConnectionOptions> options, TimeProvider time, ILogger logger) =>
        (seed, pushed, cancellationToken) => seed.Service == CouchbaseService.Management
            ? HttpClusterMapSource.OpenAsync(options(seed.Endpoint), pushed, time, logger, cancellationToken)
            : KvClusterMapSource.OpenAsync(options(seed.Endpoint), pushed, time, logger, cancellationToken);
}
