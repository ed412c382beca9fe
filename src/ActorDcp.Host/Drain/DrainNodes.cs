using ActorDcp.Client;
using ActorDcp.Host.CommandLine;
using ActorDcp.Protocol.ClusterMaps;

namespace ActorDcp.Host.Drain;

/// <summary>
/// The bucket's cluster map and one connection to each of its data nodes, opened when first needed and again, after a pause, when
/// lost. Safe to use from any thread.
/// </summary>
internal sealed class DrainNodes(DrainOptions options, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>How long no node at all may be reachable before a drain gives up.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromMinutes(10);

    /// <summary>As members ask: a node need not push its maps.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<NodeAddress, DrainNode> _nodes = [];
    private TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterMap? _map;
    private string _network = ClusterMap.DefaultNetwork;
    private long _lastReached = time.GetTimestamp();

    /// <summary>The newest map.</summary>
    public ClusterMap Map
    {
        get
        {
            lock (_gate)
                return _map ?? throw new InvalidOperationException("there is no cluster map yet");
        }
    }

    /// <summary>Fetches the first map from the first node that answers.</summary>
    /// <exception cref="FailureException">None can be reached, or one refuses what is configured.</exception>
    public async Task BootstrapAsync(CancellationToken cancellationToken)
    {
        var backoff = new DrainBackoff(time);
        while (await TryBootstrapAsync(cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            DrainLog.NotYet(log, refusal.Message);
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Null when there is a map; else a refusal that passes by itself.</returns>
    private async Task<KvConnectionException?> TryBootstrapAsync(CancellationToken cancellationToken)
    {
        KvConnectionException? last = null;
        var seeds = await options.Where.Seeds(time, log).FindAsync(cancellationToken).ConfigureAwait(false);
        foreach (var seed in seeds)
        {
            try
            {
                var map = await FetchAsync(seed, cancellationToken).ConfigureAwait(false);
                if (map is not { HasVBuckets: true })
                    throw new FailureException($"{seed} has no vbuckets for bucket \"{options.Bucket}\": name a Couchbase or ephemeral bucket");
                lock (_gate)
                    _network = map.ChooseNetwork(options.Where.Address.Network, AddressOf(seed), options.Where.IsTls);
                Learn(map);
                return null;
            }
            catch (KvConfigurationException e)
            {
                throw new FailureException(e.Message, e);
            }
            catch (KvConnectionException e)
            {
                // what a node said tells more than that another is away
                last = last is { Status: not null } ? last : e;
            }
        }
        if (last is { Status: not null, IsRetryable: true } && !IsLongOut)
            return last;
        if (last is { Status: not null })
            throw new FailureException(last.Message, last);
        throw new FailureException($"no data node can be reached at {string.Join(", ", seeds)} ({last?.Message}): is it running, and is --connection right?", last!);
    }

    /// <summary>Takes a map if it is newer than the one in use.</summary>
    public void Learn(ClusterMap? map)
    {
        if (map is not { HasVBuckets: true })
            return;
        lock (_gate)
        {
            if (!map.Supersedes(_map))
                return;
            _map = map;
            _replaced.SetResult();
            _replaced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>
    /// Ends when the map names another node for a vbucket than the one it is streamed from, which may keep the stream open, silently
    /// (dcp-reference.md 10, quirk 3).
    /// </summary>
    public async Task MovedAsync(VBucketId vbucket, KvEndpoint from, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task replaced;
            lock (_gate)
            {
                if (OwnerOf(vbucket) is { } owner && owner != new NodeAddress(from.Host, from.Port))
                    return;
                replaced = _replaced.Task;
            }
            await replaced.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A connection to the node that has the vbucket now.</summary>
    /// <exception cref="KvConnectionException">It cannot be reached now: wait and ask again.</exception>
    /// <exception cref="FailureException">It is of no use to ask again.</exception>
    public async Task<DcpConnection> ConnectAsync(VBucketId vbucket, CancellationToken cancellationToken)
    {
        NodeAddress? owner;
        lock (_gate)
            owner = OwnerOf(vbucket);
        try
        {
            if (owner is not { } address)
                throw new KvConnectionException($"no node has vbucket {vbucket} at the moment");
            var connection = await NodeAt(address).ConnectAsync(cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _lastReached, time.GetTimestamp());
            return connection;
        }
        catch (KvConfigurationException e)
        {
            throw new FailureException(e.Message, e);
        }
        catch (KvConnectionException e)
        {
            if (IsLongOut)
                throw new FailureException($"no data node could be reached for {LongestOutage.TotalMinutes:0} minutes ({e.Message}): start the drain again from --save-offsets when it is back", e);
            throw;
        }
    }

    /// <summary>Asks any node that answers for a newer map: those that are connected, or where none is, the others of the map.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        List<DrainNode> connected, others;
        lock (_gate)
        {
            connected = [.. _nodes.Values.Where(node => node.Current is not null)];
            // those first that did not fail yet
            others = [.. AddressesInMap().OrderBy(_nodes.ContainsKey).Select(NodeAt).Except(connected)];
        }
        foreach (var node in connected.Concat(others))
            if (await TryRefreshAsync(node, cancellationToken).ConfigureAwait(false))
                return;
    }

    /// <summary>Asks for a newer map every few seconds, until it is told to stop.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(PollInterval, time);
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                await RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // told to stop
        }
    }

    private async Task<bool> TryRefreshAsync(DrainNode node, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await node.ConnectAsync(cancellationToken).ConfigureAwait(false);
            Learn(await connection.GetClusterMapAsync(_map?.Revision, cancellationToken).ConfigureAwait(false));
            return true;
        }
        catch (Exception e) when (e is KvConnectionException or KvConfigurationException)
        {
            DrainLog.MapNotFetched(log, node.Address, e.Message);
            return false;
        }
    }

    /// <summary>Connections to all nodes of the map.</summary>
    public async Task<IReadOnlyList<DcpConnection>> ConnectAllAsync(CancellationToken cancellationToken)
    {
        List<NodeAddress> addresses;
        lock (_gate)
            addresses = [.. AddressesInMap()];
        try
        {
            return await Task.WhenAll(addresses.Select(address => NodeAt(address).ConnectAsync(cancellationToken))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is KvConfigurationException or KvConnectionException)
        {
            throw new FailureException($"{e.Message}: every data node of the bucket is needed to begin", e);
        }
    }

    private NodeAddress? OwnerOf(VBucketId vbucket) => _map?.ActiveOf(vbucket)?.KvAddress(_network, options.Where.IsTls);

    private IEnumerable<NodeAddress> AddressesInMap() =>
        (_map?.Nodes ?? []).Select(node => node.KvAddress(_network, options.Where.IsTls)).OfType<NodeAddress>();

    private bool IsLongOut => time.GetElapsedTime(Volatile.Read(ref _lastReached)) > LongestOutage;

    public async ValueTask DisposeAsync()
    {
        List<DrainNode> nodes;
        lock (_gate)
            nodes = [.. _nodes.Values];
        foreach (var node in nodes)
            await node.DisposeAsync().ConfigureAwait(false);
    }

    private static NodeAddress AddressOf(BootstrapSeed seed) => new(seed.Endpoint.Host, seed.Endpoint.Port);

    private async Task<ClusterMap?> FetchAsync(BootstrapSeed seed, CancellationToken cancellationToken)
    {
        if (seed.Service == CouchbaseService.Management)
            return await options.Where.MapOverHttpAsync(seed.Endpoint, time, log, cancellationToken).ConfigureAwait(false);
        var connection = await NodeAt(AddressOf(seed)).ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await connection.GetClusterMapAsync(null, cancellationToken).ConfigureAwait(false);
    }

    private DrainNode NodeAt(NodeAddress address)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(address, out var node))
            {
                node = new DrainNode(address, options.Connection, push => Learn(push.Map), time, log);
                _nodes.Add(address, node);
            }
            return node;
        }
    }
}
