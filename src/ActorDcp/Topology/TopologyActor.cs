using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Telemetry;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using static ActorDcp.Topology.TopologyProtocol;

namespace ActorDcp.Topology;

/// <summary>
/// Knows the bucket's cluster map: keeps one connection open to some node for it, takes what others are pushed or told, asks when
/// somebody finds it old, and tells each vbucket where its active copy is. Ordered by (epoch, revision), so an older map never wins.
/// <code>
///   Connecting ──► Connected ──► (connection ended) ──► Connecting, next node, with backoff
/// </code>
/// </summary>
internal sealed class TopologyActor : UntypedActor, IWithTimers
{
    private readonly TopologySettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<VBucketId, HashSet<IActorRef>> _vbucketWatchers = [];
    private readonly HashSet<IActorRef> _mapWatchers = [];
    private IClusterMapSource? _source;
    private ClusterMap? _map;
    private NodeReach? _reach;
    private RetrySchedule _retries;
    private Task<object>? _connecting;
    private string? _replacedBy;
    private bool _fetching;
    private bool _fetchAgain;
    private int _nextNode;

    public TopologyActor(TopologySettings settings)
    {
        _settings = settings;
        _retries = settings.Retries;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Connect();

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        if (_source is { } source)
            _ = source.DisposeAsync().AsTask();
        // one that is just being made meets nobody
        _connecting?.ContinueWith(
            done => done.Result is Connected late ? late.Source.DisposeAsync().AsTask() : Task.CompletedTask, TaskScheduler.Default);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case WatchVBucket watch: OnWatchVBucket(watch.VBucket); break;
            case UnwatchVBucket unwatch: OnUnwatchVBucket(unwatch.VBucket); break;
            case WatchMap: OnWatchMap(); break;
            case Observed observed: Take(observed.Map); break;
            case Refresh: OnRefresh(); break;
            case Connected connected: OnConnected(connected); break;
            case ConnectFailed failed: OnConnectFailed(failed); break;
            case Ended ended: OnEnded(ended.Source); break;
            case Fetched fetched: OnFetched(fetched); break;
            case Reconnect: Connect(); break;
            case Poll: Fetch(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnWatchVBucket(VBucketId vbucket)
    {
        if (!_vbucketWatchers.TryGetValue(vbucket, out var watchers))
            _vbucketWatchers[vbucket] = watchers = [];
        watchers.Add(Sender);
        if (_map is not null)
            Sender.Tell(new ActiveNode(vbucket, _reach!.ActiveNodeOf(_map, vbucket)));
    }

    private void OnUnwatchVBucket(VBucketId vbucket)
    {
        if (_vbucketWatchers.TryGetValue(vbucket, out var watchers) && watchers.Remove(Sender) && watchers.Count == 0)
            _vbucketWatchers.Remove(vbucket);
    }

    private void OnWatchMap()
    {
        _mapWatchers.Add(Sender);
        if (_map is not null)
            Sender.Tell(new MapChanged(_map, _reach!));
    }

    private void OnRefresh()
    {
        // many vbuckets find out at once; a fetch under way may have begun too early for the newest asker
        if (_fetching)
            _fetchAgain = true;
        else
            Fetch();
    }

    private void Take(ClusterMap map)
    {
        // which network the nodes are reached on shows with the first map that we fetched ourselves
        if (_reach is null || !map.HasVBuckets || (_map is not null && !map.Supersedes(_map)))
            return;
        if (_map is not null && _map.BucketUuid != map.BucketUuid)
        {
            // the connections to it are refused for the same reason, where they are made
            if (_replacedBy != map.BucketUuid)
            {
                _log.Error("bucket {0} was made anew (uuid {1}, was {2}); its map is not followed: restart the group under another name, or restore the bucket",
                    _settings.Bucket, map.BucketUuid, _map.BucketUuid);
            }
            _replacedBy = map.BucketUuid;
            return;
        }
        var before = _map;
        _map = map;
        _log.Info("cluster map {0} of bucket {1}: {2} nodes, {3} vbuckets", map.Revision, _settings.Bucket, map.Nodes.Length, map.VBucketCount);
        var changed = new MapChanged(map, _reach);
        foreach (var watcher in _mapWatchers)
            watcher.Tell(changed);
        foreach (var (vbucket, watchers) in _vbucketWatchers)
        {
            var node = _reach.ActiveNodeOf(map, vbucket);
            if (before is not null && _reach.ActiveNodeOf(before, vbucket) == node)
                continue;
            foreach (var watcher in watchers)
                watcher.Tell(new ActiveNode(vbucket, node));
        }
    }

    private void Connect()
    {
        if (_connecting is not null || _source is not null)
            return;
        var known = _map is null ? [] : _reach!.NodesOf(_map).Select(node => new BootstrapSeed(node, CouchbaseService.Data)).ToList();
        var turn = _nextNode++;
        var self = Self;
        var cancel = _stopping.Token;
        _connecting = Open();
        _connecting.PipeTo(Self);

        async Task<object> Open()
        {
            BootstrapSeed? seed = null;
            var isOnlyWay = true;
            try
            {
                IReadOnlyList<BootstrapSeed> candidates = [.. known, .. await _settings.Bootstrap(cancel).ConfigureAwait(false)];
                seed = candidates[turn % candidates.Count];
                isOnlyWay = seed.Service == CouchbaseService.Data || candidates.All(candidate => candidate.Service == seed.Service);
                return await OpenAtAsync(seed, map => self.Tell(new Observed(map)), cancel).ConfigureAwait(false);
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new ConnectFailed(seed, cause, cause is KvConfigurationException && isOnlyWay);
            }
        }
    }

    private async Task<object> OpenAtAsync(BootstrapSeed seed, Action<ClusterMap> pushed, CancellationToken cancellationToken)
    {
        var source = await _settings.Connect(seed, pushed, cancellationToken).ConfigureAwait(false);
        try
        {
            var map = await source.GetAsync(known: null, cancellationToken).ConfigureAwait(false);
            return map is { HasVBuckets: true }
                ? new Connected(seed, source, map)
                : throw new KvConnectionException($"{seed} has no cluster map with vbuckets for bucket '{_settings.Bucket}' yet");
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private void OnConnected(Connected connected)
    {
        _connecting = null;
        _source = connected.Source;
        var source = connected.Source;
        var asked = connected.Seed.Endpoint;
        _reach ??= new NodeReach(
            connected.Map.ChooseNetwork(_settings.Network, new NodeAddress(asked.Host, asked.Port), _settings.Tls), _settings.Tls);
        source.Completion.ContinueWith(_ => new Ended(source), TaskScheduler.Default).PipeTo(Self);
        Take(connected.Map);
        SchedulePoll();
    }

    private void OnConnectFailed(ConnectFailed failed)
    {
        var (seed, cause, fatal) = failed;
        _connecting = null;
        var delay = NextRetry();
        // a refusal before the first map ends the member, which says so itself
        if (!fatal || _map is not null)
            _log.Warning("no cluster map from {0} (next try in {1:0.0} s): {2}", seed?.ToString() ?? "anywhere", delay.TotalSeconds, cause.Message);
        if (_map is null)
            foreach (var watcher in _mapWatchers)
                watcher.Tell(new BootstrapFailed(cause, !fatal));
        Timers.StartSingleTimer(nameof(Reconnect), Reconnect.Instance, delay);
    }

    private void OnEnded(IClusterMapSource source)
    {
        if (!ReferenceEquals(source, _source))
            return;
        _source = null;
        _fetching = false;
        _ = source.DisposeAsync().AsTask();
        Timers.Cancel(nameof(Poll));
        Timers.StartSingleTimer(nameof(Reconnect), Reconnect.Instance, NextRetry());
    }

    private void Fetch()
    {
        if (_source is not { } source || _fetching)
            return;
        _fetching = true;
        _fetchAgain = false;
        var cancel = _stopping.Token;
        var known = _map?.Revision;
        Get().PipeTo(Self);

        async Task<object> Get()
        {
            try
            {
                return new Fetched(source, await source.GetAsync(known, cancel).ConfigureAwait(false));
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new Fetched(source, null);
            }
        }
    }

    private void OnFetched(Fetched fetched)
    {
        if (!ReferenceEquals(fetched.Source, _source))
            return;
        _fetching = false;
        if (fetched.Map is not null)
            Take(fetched.Map);
        if (_fetchAgain)
            Fetch();
        SchedulePoll();
    }

    private TimeSpan NextRetry()
    {
        _settings.Metrics.Retried(RetriedWork.Map);
        return RetrySchedule.Fail(ref _retries, _settings.Time.GetUtcNow());
    }

    private void SchedulePoll() =>
        Timers.StartSingleTimer(nameof(Poll), Poll.Instance, _settings.PollInterval * (0.9 + 0.2 * Random.Shared.NextDouble()));

    private sealed record Connected(BootstrapSeed Seed, IClusterMapSource Source, ClusterMap Map) : INoSerializationVerificationNeeded;

    private sealed record ConnectFailed(BootstrapSeed? Seed, Exception Cause, bool IsFatal) : INoSerializationVerificationNeeded;

    private sealed record Ended(IClusterMapSource Source) : INoSerializationVerificationNeeded;

    private sealed record Fetched(IClusterMapSource Source, ClusterMap? Map) : INoSerializationVerificationNeeded;

    private sealed class Reconnect : INoSerializationVerificationNeeded
    {
        public static readonly Reconnect Instance = new();
    }

    private sealed class Poll : INoSerializationVerificationNeeded
    {
        public static readonly Poll Instance = new();
    }
}
