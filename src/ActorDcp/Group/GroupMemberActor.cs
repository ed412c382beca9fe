using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Dispatching;
using ActorDcp.Mitigation;
using ActorDcp.Persistence;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using ActorDcp.Topology;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Event;
using Akka.Streams;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Group;

/// <summary>
/// One member's part in a group, from nothing to running, in the order in which things can be known: the cluster map (which bucket
/// this is), the group's durable identity (whether these positions mean the same), the cluster, then shards, coordinator and gate.
/// <code>
///   AwaitingMap ──► Registering ──► Joining ──► StartingShards ──► Running
///       │ wrong password    │ conflict
///       └────► refused ◄────┘
/// </code>
/// </summary>
internal sealed class GroupMemberActor : UntypedActor, IWithTimers
{
    private readonly GroupMemberParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();
    private readonly IActorRef _topology;
    private ClusterMap? _map;
    private IReadOnlyList<KvEndpoint> _nodes = [];
    private RetrySchedule _retries;
    private GroupFilter _filter = GroupFilter.Everything();
    private GroupContext? _group;
    private DeliveryHold? _hold;

    public GroupMemberActor(GroupMemberParts parts)
    {
        _parts = parts;
        _retries = Settings.Retries;
        var seeds = new BootstrapSeeds(Settings.Address, Settings.Tls, parts.Time, parts.Logging.CreateLogger<BootstrapSeeds>());
        var topologySettings = new TopologySettings
        {
            Bucket = Settings.Bucket,
            Bootstrap = seeds.FindAsync,
            Network = Settings.Address.Network,
            Connect = parts.ConnectMap,
            Retries = Settings.Retries,
            Time = parts.Time,
            Metrics = parts.Metrics,
            Tls = Settings.Tls,
        };
        _topology = Context.ActorOf(Props.Create(() => new TopologyActor(topologySettings)), "topology");
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private GroupSettings Settings => _parts.Settings;

    /// <summary>Path of this actor on every member, below the user guardian.</summary>
    public static string NameOf(string group) => $"actordcp-{group}";

    protected override void PreStart()
    {
        _topology.Tell(new TopologyProtocol.WatchMap());
        _parts.Waiting("waiting for the cluster map");
        Become(AwaitingMap);
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _parts.Started.TrySetException(new OperationCanceledException("the member was stopped"));
        LeaveUnlessLeft();
    }

    protected override void OnReceive(object message) => Unhandled(message);

    private void AwaitingMap(object message)
    {
        switch (message)
        {
            case TopologyProtocol.MapChanged changed:
                (_map, _nodes) = (changed.Map, changed.Nodes);
                Become(Registering);
                Register();
                break;
            case TopologyProtocol.BootstrapFailed failed when !failed.CanRecover:
                _parts.Started.TrySetException(failed.Cause);
                break;
            case TopologyProtocol.BootstrapFailed failed:
                _parts.Waiting(failed.Cause.Message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Register()
    {
        _parts.Waiting("registering the group");
        var (map, nodes) = (_map!, _nodes);
        var cancel = _stopping.Token;
        RegisterAsync().PipeTo(Self);

        async Task<object> RegisterAsync()
        {
            try
            {
                var stored = await _parts.Groups.FindAsync(Settings.Group, cancel).ConfigureAwait(false);
                if (Settings.RollbackMitigation > TimeSpan.Zero)
                    await BucketPersistence.RequireAsync(Settings.Bucket, nodes, ConnectAsync, cancel).ConfigureAwait(false);
                var filter = await GroupFilterReader.ReadAsync(
                    Settings.Filter, stored, nodes, ConnectAsync, cancel).ConfigureAwait(false);
                var identity = new GroupIdentity(
                    Settings.Group, map.BucketUuid!, map.VBucketCount, Settings.Shards,
                    Settings.Start.ToString(), filter.Wish.Fingerprint(filter.Current.Bindings));
                var pins = stored is null ? await PinsAsync(map, nodes, cancel).ConfigureAwait(false) : [];
                return new Registration(
                    await _parts.Groups.RegisterAsync(identity, Settings.Member, pins, cancel).ConfigureAwait(false), filter);
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new Failed(cause);
            }
        }
    }

    private async Task<IReadOnlyList<StartPin>> PinsAsync(
        ClusterMap map, IReadOnlyList<KvEndpoint> nodes, CancellationToken cancellationToken) => Settings.Start switch
    {
        GroupStart.Now => await StartPinReader.ReadAsync(map, nodes, ConnectAsync, cancellationToken).ConfigureAwait(false),
        GroupStart.Offsets => Settings.StartOffsets!.PinsFor(map),
        _ => [],
    };

    private Task<KvConnection> ConnectAsync(KvEndpoint node, CancellationToken cancellationToken) => KvConnection.OpenAsync(
        Settings.Connection(node).Kv, _parts.Time, _parts.Logging.CreateLogger<KvConnection>(), cancellationToken);

    private void Registering(object message)
    {
        switch (message)
        {
            case Registration registration:
                _filter = registration.Filter;
                OnRegistration(registration.Outcome);
                break;
            case Failed { Cause: GroupConflictException } refused:
                _parts.Started.TrySetException(refused.Cause);
                break;
            case Failed failed:
                RetryRegistering(failed.Cause);
                break;
            case Retry:
                Register();
                break;
            case TopologyProtocol.MapChanged changed:
                (_map, _nodes) = (changed.Map, changed.Nodes);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnRegistration(GroupRegistration registration)
    {
        switch (registration)
        {
            case GroupRegistration.Registered registered:
                _log.Info("group {0} is new on bucket {1} ({2}); it starts from {3}",
                    Settings.Group, Settings.Bucket, registered.Group.Identity.BucketUuid, registered.Group.Identity.StartPolicy);
                Join();
                break;
            case GroupRegistration.Same same:
                _log.Info("group {0} resumes; it was first started {1:u}", Settings.Group, same.Group.CreatedAt);
                if (_filter.Current.Trouble is { } trouble)
                    _log.Warning("group {0}: {1}", Settings.Group, trouble);
                Join();
                break;
            case GroupRegistration.Conflict conflict:
                _parts.Started.TrySetException(new GroupConflictException(
                    $"group {Settings.Group} cannot start as configured: {string.Join("; ", conflict.Differences)}"));
                break;
        }
    }

    private void RetryRegistering(Exception cause)
    {
        _parts.Metrics.Retried(RetriedWork.Registration);
        var delay = RetrySchedule.Fail(ref _retries, _parts.Time.GetUtcNow());
        _log.Warning("group {0} cannot be registered yet (next try in {1:0.0} s): {2}", Settings.Group, delay.TotalSeconds, cause.Message);
        _parts.Waiting(cause.Message);
        Timers.StartSingleTimer(nameof(Retry), Retry.Instance, delay);
    }

    private void Join()
    {
        _parts.Waiting("joining the cluster");
        Become(Joining);
        _parts.Join().PipeTo(Self, success: () => Joined.Instance, failure: cause => new Failed(cause));
    }

    private void Joining(object message)
    {
        switch (message)
        {
            case Joined: StartShards(); break;
            case Failed failed: _parts.Started.TrySetException(failed.Cause); break;
            case TopologyProtocol.MapChanged changed: (_map, _nodes) = (changed.Map, changed.Nodes); break;
            default: Unhandled(message); break;
        }
    }

    private void StartShards()
    {
        _parts.Waiting("starting shards");
        var group = _group = BuildContext(_map!);
        Become(StartingShards);
        var sharding = ClusterSharding.Get(Context.System);
        var settings = ClusterShardingSettings.Create(Context.System).WithRole(NameOf(Settings.Group));
        sharding.StartAsync(
            typeName: NameOf(Settings.Group),
            // by type: an expression is compiled anew for each of 1,024 vbuckets, milliseconds a time
            entityPropsFactory: entity => Props.Create<VBucketActor>(
                VBucketId.From(int.Parse(entity, System.Globalization.CultureInfo.InvariantCulture)), group),
            settings: settings,
            messageExtractor: new VBucketMessageExtractor(Settings.Shards, group.VBuckets),
            allocationStrategy: Allocation(settings, Math.Min(Settings.Shards, group.VBuckets)),
            handOffStopMessage: VBucketMessages.Drain.Instance)
            .PipeTo(Self, success: region => new RegionStarted(region), failure: cause => new Failed(cause));
    }

    private static EvenAllocation Allocation(ClusterShardingSettings settings, int shards) => new(
        (IActorSystemDependentAllocationStrategy)ShardAllocationStrategy.LeastShardAllocationStrategy(shards, relativeLimit: 1.0),
        shards, settings.TuningParameters.LeastShardAllocationAbsoluteLimit);

    private GroupContext BuildContext(ClusterMap map)
    {
        var key = new GroupKey(Settings.Group, map.BucketUuid!);
        var gate = new HandOverGate(Settings.GateAllowance, Settings.TakeOverTime, _parts.Time);
        var hold = _hold = new DeliveryHold(gate);
        var leaving = new MemberLeaving();
        var writerSettings = new OffsetWriterSettings(key, Settings.Member, Settings.CheckpointInterval, Settings.MaxUncheckpointed, hold)
        {
            MayTakeOver = () => gate.IsOpen && !leaving.IsDraining,
        };
        var writer = Context.ActorOf(
            Props.Create(() => new OffsetWriterActor(_parts.Offsets, writerSettings, _parts.Metrics, _parts.Time)), "offset-writer");
        Context.ActorOf(Props.Create(() => new GateKeeperActor(gate, hold, writer, _parts.Time)), "gate-keeper");
        var highSeqnos = new HighSeqnos(map.VBucketCount);
        var connectionBoard = new ConnectionBoard();
        var connectionSettings = new ConnectionSettings
        {
            OptionsFor = Settings.Connection,
            Topology = _topology,
            BucketUuid = map.BucketUuid!,
            HighSeqnos = highSeqnos,
            Filter = _filter,
            Board = connectionBoard,
            Logger = _parts.Logging.CreateLogger<DcpConnection>(),
            Time = _parts.Time,
            Retries = Settings.Retries,
        };
        var metrics = _parts.Metrics;
        var connections = Context.ActorOf(
            Props.Create(() => new KvConnectionsActor(node => Props.Create(() => new KvConnectionActor(node, connectionSettings, metrics)))),
            "connections");
        connections.Tell(new ConnectionProtocol.Connect(_nodes));
        var (filter, topology, retries, looks, time) = (_filter, _topology, Settings.Retries, Settings.FailedRetries, _parts.Time);
        return new GroupContext
        {
            Settings = Settings,
            Key = key,
            VBuckets = map.VBucketCount,
            Topology = _topology,
            Connections = connections,
            Collections = Context.ActorOf(
                Props.Create(() => new CollectionsActor(filter, connectionBoard, topology, retries, looks, metrics, time)), "collections"),
            Filter = filter,
            Mitigation = RollbackMitigation.Start(Context, _parts, _topology, map.VBucketCount),
            Offsets = _parts.Offsets,
            OffsetWriter = writer,
            Leaving = leaving,
            Gate = gate,
            HighSeqnos = highSeqnos,
            Board = new VBucketBoard(),
            ConnectionBoard = connectionBoard,
            Handler = _parts.Handler,
            Materializer = StreamDispatcher.Materializer(Context),
            Metrics = metrics,
            Time = _parts.Time,
        };
    }

    private void StartingShards(object message)
    {
        switch (message)
        {
            case RegionStarted started:
                OnRegionStarted(started.Region);
                break;
            case Failed failed:
                _parts.Started.TrySetException(failed.Cause);
                break;
            default:
                Running(message);
                break;
        }
    }

    private void OnRegionStarted(IActorRef region)
    {
        var group = _group!;
        group.Region = region;
        var coordinator = Props.Create(() => new GroupCoordinatorActor(region, group.VBuckets, Settings.Reconcile));
        var singleton = ClusterSingletonManagerSettings.Create(Context.System).WithRole(NameOf(Settings.Group));
        Context.ActorOf(ClusterSingletonManager.Props(coordinator, GroupCoordinatorActor.Stop.Instance, singleton), "coordinator");
        Context.ActorOf(Props.Create(() => new OrphanSweepActor(group)), "orphan-sweep");
        Context.ActorOf(Props.Create(() => new SaveProbeActor(group, _hold!)), SaveProbeActor.Name);
        _parts.Waiting(null);
        _parts.Started.TrySetResult(group);
        Become(Running);
    }

    private void Running(object message)
    {
        switch (message)
        {
            case TopologyProtocol.MapChanged changed:
                (_map, _nodes) = (changed.Map, changed.Nodes);
                _group!.Connections.Tell(new ConnectionProtocol.NodesChanged(changed.Nodes.ToHashSet()));
                break;
            case TopologyProtocol.BootstrapFailed:
                break;
            case GroupMessages.StatusRequest request when request.Group == Settings.Group:
                Report(request);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>The shards would go on with a group that is gone: after a fault of ours the member begins anew, as one that was removed.</summary>
    private void LeaveUnlessLeft()
    {
        var cluster = Akka.Cluster.Cluster.Get(Context.System);
        if (_group is null || cluster.IsTerminated)
            return;
        _log.Error("the group's actor ended; this member leaves the cluster");
        cluster.Down(cluster.SelfAddress);
    }

    private void Report(GroupMessages.StatusRequest request)
    {
        var cluster = Akka.Cluster.Cluster.Get(Context.System);
        foreach (var piece in GroupMessages.StatusPiece.Split(
            request, Settings.Member, cluster.SelfAddress.ToString(), cluster.SelfMember.Status.ToString(),
            GroupStatusReport.VBuckets(_group!), GroupStatusReport.Nodes(_group!)))
            Sender.Tell(piece);
    }

    private sealed record Registration(GroupRegistration Outcome, GroupFilter Filter) : INoSerializationVerificationNeeded;

    private sealed record Failed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record RegionStarted(IActorRef Region) : INoSerializationVerificationNeeded;

    private sealed class Joined : INoSerializationVerificationNeeded
    {
        public static readonly Joined Instance = new();
    }

    private sealed class Retry : INoSerializationVerificationNeeded
    {
        public static readonly Retry Instance = new();
    }
}
