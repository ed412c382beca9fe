using ActorDcp.Client;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Topology;
using Akka.Actor;
using Akka.Event;
using static ActorDcp.Mitigation.MitigationProtocol;

namespace ActorDcp.Mitigation;

/// <summary>
/// Lets changes go to their handlers only once the active copy and every replica of the cluster map have them on disk, all on the same
/// branch (dcp-reference.md 4.7). Asks only for vbuckets that hold something, each node by one poller. All that was heard counts no
/// more when the map changes.
/// </summary>
internal sealed class RollbackMitigationActor : UntypedActor, IWithTimers
{
    private readonly MitigationSettings _settings;
    private readonly PersistedFrontiers _frontiers;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<VBucketId, HeldVBucket> _held = [];
    private readonly Dictionary<KvEndpoint, IActorRef> _pollers = [];
    private TopologyProtocol.MapChanged? _map;
    private long _number;

    public RollbackMitigationActor(MitigationSettings settings, PersistedFrontiers frontiers)
    {
        _settings = settings;
        _frontiers = frontiers;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _settings.Topology.Tell(new TopologyProtocol.WatchMap());
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, _settings.LongWait);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Hold hold: OnHold(hold); break;
            case Forget forget: OnForget(forget); break;
            case Observed observed: OnObserved(observed); break;
            case TopologyProtocol.MapChanged changed: OnMap(changed); break;
            case TopologyProtocol.BootstrapFailed: break;
            case Look: OnLook(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnHold(Hold hold)
    {
        if (_held.Remove(hold.VBucket, out var before))
            Unwatch(before);
        var held = new HeldVBucket(hold, _settings.Time.GetTimestamp());
        _held[hold.VBucket] = held;
        Watch(held);
    }

    private void OnForget(Forget forget)
    {
        if (!_held.TryGetValue(forget.VBucket, out var held) || !ReferenceEquals(held.Hold.Holder, forget.Holder))
            return;
        _held.Remove(forget.VBucket);
        Unwatch(held);
    }

    private void OnObserved(Observed observed)
    {
        if (!_held.TryGetValue(observed.VBucket, out var held) || held.Learn(observed) is not var (verdict, frontier))
            return;
        if (verdict == HoldVerdict.Persisted)
            _frontiers.Set(observed.VBucket, held.Hold.Uuid, frontier);
        _held.Remove(observed.VBucket);
        Unwatch(held);
        held.Hold.Verdict(verdict);
    }

    private void OnMap(TopologyProtocol.MapChanged changed)
    {
        _map = changed;
        _frontiers.Clear();
        foreach (var held in _held.Values)
        {
            Unwatch(held);
            Watch(held);
        }
        var nodes = changed.Nodes.ToHashSet();
        foreach (var (node, poller) in _pollers.Where(pair => !nodes.Contains(pair.Key)).ToList())
        {
            _pollers.Remove(node);
            Context.Stop(poller);
        }
    }

    private void Watch(HeldVBucket held)
    {
        var copies = _map is null ? [] : _map.Reach.CopiesOf(_map.Map, held.Hold.VBucket);
        held.Ask(copies, ++_number);
        foreach (var copy in copies)
            PollerOf(copy).Tell(new Watch(held.Hold.VBucket, held.Hold.Uuid, held.Number));
    }

    private void Unwatch(HeldVBucket held)
    {
        foreach (var copy in held.Copies)
            if (_pollers.TryGetValue(copy, out var poller))
                poller.Tell(new Unwatch(held.Hold.VBucket, held.Number));
    }

    private IActorRef PollerOf(KvEndpoint node)
    {
        if (!_pollers.TryGetValue(node, out var poller))
            _pollers[node] = poller = Context.ActorOf(Props.Create<PersistencePollerActor>(node, _settings));
        return poller;
    }

    /// <summary>A replica that never catches up stops delivery: somebody has to hear of it.</summary>
    private void OnLook()
    {
        var late = _held.Values.Where(held => _settings.Time.GetElapsedTime(held.Since) >= _settings.LongWait).ToList();
        if (late.Count == 0)
            return;
        var nodes = late.SelectMany(held => held.Lagging).Distinct().Select(node => node.ToString()).Order(StringComparer.Ordinal);
        _log.Warning("{0} vbuckets hold changes back that are not on the disk of every copy for {1:0} s now (rollback mitigation); waiting for {2}",
            late.Count, late.Max(held => _settings.Time.GetElapsedTime(held.Since).TotalSeconds),
            late.Any(held => held.Copies.Count == 0) ? "a cluster map that names every copy" : string.Join(", ", nodes));
    }

    private sealed class Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
