using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Host.CommandLine;

/// <summary>Where Couchbase is, and as whom and for which bucket to enter.</summary>
/// <param name="Address">The connection text.</param>
/// <param name="Kv">Options of a connection; the endpoint in them is replaced by each node's own.</param>
internal sealed record ConnectionChoice(CouchbaseAddress Address, KvConnectionOptions Kv)
{
    public string Bucket => Kv.Bucket!;

    public bool IsTls => Kv.Tls is not null;

    /// <summary>Finds the places to ask first.</summary>
    public BootstrapSeeds Seeds(TimeProvider time, ILogger log) => new(Address, IsTls, time, log);

    /// <summary>The bucket's map from a management service.</summary>
    /// <exception cref="KvConnectionException">It cannot be reached or does not answer.</exception>
    /// <exception cref="KvConfigurationException">It refuses the bucket or the user.</exception>
    public async Task<ClusterMap> MapOverHttpAsync(KvEndpoint service, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        var management = await ManagementConnection.OpenAsync(
            Kv with { Endpoint = service }, pushed: null, time, log, cancellationToken).ConfigureAwait(false);
        await using (management.ConfigureAwait(false))
            return await management.GetClusterMapAsync(cancellationToken).ConfigureAwait(false);
    }
}
