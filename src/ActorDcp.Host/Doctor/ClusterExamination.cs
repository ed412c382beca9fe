using ActorDcp.Client;
using ActorDcp.Host.CommandLine;
using ActorDcp.Host.Drain;
using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Host.Doctor;

/// <summary>Finds the bucket's nodes as a member would, says what the cluster map tells, and looks at each node.</summary>
internal sealed class ClusterExamination(ConnectionChoice where, TimeProvider time, ILogger log)
{
    private const int NodesAtATime = 16;

    public async Task<Diagnosis> RunAsync(CancellationToken cancellationToken)
    {
        var diagnosis = new Diagnosis(Diagnosis.Cluster);
        var seeds = await where.Seeds(time, log).FindAsync(cancellationToken).ConfigureAwait(false);
        if (where.Address.ServiceName(where.IsTls) is { } service)
            diagnosis.Ok("service record", $"{service}: {string.Join(", ", seeds)}");
        var map = await FindMapAsync(seeds, diagnosis, cancellationToken).ConfigureAwait(false);
        if (map is { HasVBuckets: true })
            await LookAtMapAsync(map.Value.Map, map.Value.Network, diagnosis, cancellationToken).ConfigureAwait(false);
        else
            await LookAtSeedsAsync(seeds, diagnosis, cancellationToken).ConfigureAwait(false);
        return diagnosis;
    }

    private async Task<Found?> FindMapAsync(IReadOnlyList<BootstrapSeed> seeds, Diagnosis diagnosis, CancellationToken cancellationToken)
    {
        var failures = new List<(BootstrapSeed Seed, Exception Fault)>();
        foreach (var seed in seeds)
        {
            try
            {
                var map = await FetchAsync(seed, cancellationToken).ConfigureAwait(false);
                foreach (var (failed, fault) in failures)
                    diagnosis.Warn("bootstrap", $"{failed}: {fault.Message}", "start it, or take it out of --connection");
                diagnosis.Ok("bootstrap", $"cluster map {map.Revision} from {seed}");
                if (!map.HasVBuckets)
                    diagnosis.Broken("bucket", $"{where.Bucket} has no vbuckets", "name a Couchbase or ephemeral bucket: others cannot be streamed");
                var network = map.ChooseNetwork(where.Address.Network, new NodeAddress(seed.Endpoint.Host, seed.Endpoint.Port), where.IsTls);
                return new Found(map, network);
            }
            catch (Exception e) when (e is KvConfigurationException or KvConnectionException or ProtocolException)
            {
                failures.Add((seed, e));
            }
        }
        foreach (var (failed, fault) in failures)
            diagnosis.Broken("bootstrap", $"{failed}: {fault.Message}", Remedies.Of(fault, where.IsTls));
        return null;
    }

    private async Task<ClusterMap> FetchAsync(BootstrapSeed seed, CancellationToken cancellationToken)
    {
        if (seed.Service == CouchbaseService.Management)
            return await where.MapOverHttpAsync(seed.Endpoint, time, log, cancellationToken).ConfigureAwait(false);
        var connection = await KvConnection.OpenAsync(where.Kv with { Endpoint = seed.Endpoint }, time, log, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
            return await connection.GetClusterMapAsync(known: null, cancellationToken).ConfigureAwait(false)
                ?? throw new KvConnectionException($"{seed} has no cluster map yet");
    }

    private async Task LookAtMapAsync(ClusterMap map, string network, Diagnosis diagnosis, CancellationToken cancellationToken)
    {
        diagnosis.Ok("network", $"{network}, {map.Nodes.Length} data nodes");
        diagnosis.Ok("vbuckets", $"{map.VBucketCount} with {map.ReplicaCount} replicas, bucket {map.BucketUuid}");
        LookAtOwners(map, diagnosis);
        var work = new List<(KvEndpoint Node, VBucketId? Active, List<(string, KvEndpoint)> Others)>();
        foreach (var node in map.Nodes)
        {
            if (node.KvAddress(network, where.IsTls) is not { } address)
                diagnosis.Broken("node", $"{node} announces no {(where.IsTls ? "TLS port" : "port")} on network {network}",
                    where.IsTls ? "switch TLS on at the node, or connect without it" : "leave network= out of --connection, or give the node an alternate address");
            else
                work.Add((new KvEndpoint(address.Host, address.Port), FirstActive(map, node), OtherPorts(node, network)));
        }
        await LookAtNodesAsync(work, diagnosis, cancellationToken).ConfigureAwait(false);
    }

    private static void LookAtOwners(ClusterMap map, Diagnosis diagnosis)
    {
        var all = Enumerable.Range(0, map.VBucketCount).Select(VBucketId.From).ToList();
        var lost = all.Where(vbucket => map.ActiveOf(vbucket) is null).ToList();
        if (lost.Count == 0)
            diagnosis.Ok("owners", "every vbucket has an active copy");
        else
            diagnosis.Broken("owners", $"nobody has vbuckets {VBucketSet.Format(lost)} ({lost.Count} of {all.Count})",
                "nobody can read or write them: bring the lost node back, or fail it over and rebalance");
        var thin = all.Where(vbucket => map.ReplicasOf(vbucket).Count() < map.ReplicaCount).ToList();
        if (thin.Count > 0)
            diagnosis.Warn("replicas", $"vbuckets {VBucketSet.Format(thin)} lack replicas", "rebalance; with fewer nodes than copies, add a node");
    }

    private static VBucketId? FirstActive(ClusterMap map, ClusterMapNode node)
    {
        for (var i = 0; i < map.VBucketCount; i++)
            if (ReferenceEquals(map.ActiveOf(VBucketId.From(i)), node))
                return VBucketId.From(i);
        return null;
    }

    private List<(string, KvEndpoint)> OtherPorts(ClusterMapNode node, string network)
    {
        var ports = new List<(string, KvEndpoint)>();
        if (node.KvAddress(network, !where.IsTls) is { } other)
            ports.Add((where.IsTls ? "data port without TLS" : "data port with TLS", new KvEndpoint(other.Host, other.Port)));
        if (network == ClusterMap.DefaultNetwork && node.Ports.Management is { } management)
            ports.Add(("management port", new KvEndpoint(node.Host, management)));
        if (network == ClusterMap.DefaultNetwork && node.Ports.ManagementTls is { } secure)
            ports.Add(("management port with TLS", new KvEndpoint(node.Host, secure)));
        return ports;
    }

    /// <summary>Without a map the places of the text are all there is: they show where it ends.</summary>
    private Task LookAtSeedsAsync(IReadOnlyList<BootstrapSeed> seeds, Diagnosis diagnosis, CancellationToken cancellationToken) => LookAtNodesAsync(
        [.. seeds.Where(seed => seed.Service == CouchbaseService.Data).Select(seed => (seed.Endpoint, (VBucketId?)null, new List<(string, KvEndpoint)>()))],
        diagnosis, cancellationToken);

    private async Task LookAtNodesAsync(
        List<(KvEndpoint Node, VBucketId? Active, List<(string, KvEndpoint)> Others)> work, Diagnosis diagnosis, CancellationToken cancellationToken)
    {
        var found = new Diagnosis[work.Count];
        var bounded = new ParallelOptions { MaxDegreeOfParallelism = NodesAtATime, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, work.Count, bounded, async (i, cancellation) =>
        {
            var (node, active, others) = work[i];
            found[i] = await new NodeExamination(node, where, active, time, log).RunAsync(others, cancellation).ConfigureAwait(false);
        }).ConfigureAwait(false);
        foreach (var node in found)
            diagnosis.Add(node);
    }

    private readonly record struct Found(ClusterMap Map, string Network)
    {
        public bool HasVBuckets => Map.HasVBuckets;
    }
}
