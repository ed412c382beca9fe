using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Group;
using ActorDcp.Protocol.Responses;
using ActorDcp.Telemetry;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using static ActorDcp.Topology.CollectionsProtocol;

namespace ActorDcp.Topology;

/// <summary>
/// Keeps the group's filter in step with the bucket's collections manifest: reads it when a cluster map tells of a new one or a vbucket
/// met a collection that is gone, over whatever connection is open, and tells vbuckets that wait when there is something to stream again.
/// No map tells that the user may see more again, so while vbuckets wait for a collection it is looked at again and again.
/// </summary>
internal sealed class CollectionsActor : UntypedActor, IWithTimers
{
    private readonly GroupFilter _filter;
    private readonly ConnectionBoard _connections;
    private readonly IActorRef _topology;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<IActorRef> _waiting = [];
    private readonly ActorDcpMetrics _metrics;
    private RetrySchedule _retries;
    private RetrySchedule _looks;
    private bool _reading;
    private bool _readAgain;

    /// <param name="filter">What is kept in step.</param>
    /// <param name="connections">Whom to ask.</param>
    /// <param name="topology">Tells of new manifests.</param>
    /// <param name="retries">Waits after a read that failed.</param>
    /// <param name="looks">Waits between looks for a collection that is left out.</param>
    /// <param name="metrics">Counts retries.</param>
    /// <param name="time">Clock.</param>
    public CollectionsActor(
        GroupFilter filter, ConnectionBoard connections, IActorRef topology, RetrySchedule retries, RetrySchedule looks,
        ActorDcpMetrics metrics, TimeProvider time)
    {
        _filter = filter;
        _connections = connections;
        _topology = topology;
        _retries = retries;
        _looks = looks;
        _metrics = metrics;
        _time = time;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _topology.Tell(new TopologyProtocol.WatchMap());

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TopologyProtocol.MapChanged { Map.CollectionsManifestUid: { } uid }:
                if (uid > _filter.Current.ManifestUid)
                    Read();
                break;
            case TopologyProtocol.MapChanged or TopologyProtocol.BootstrapFailed:
                break;
            case Refresh:
                if (_waiting.Add(Sender))
                    Context.Watch(Sender);
                Read();
                break;
            case AwaitChange { Known: var known }:
                OnAwaitChange(known);
                break;
            case Terminated terminated:
                _waiting.Remove(terminated.ActorRef);
                break;
            case ManifestRead read:
                OnRead(read.Manifest);
                break;
            case ReadFailed failed:
                OnFailed(failed.Cause);
                break;
            case Retry or Look:
                Read();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnAwaitChange(ResolvedFilter known)
    {
        if (!_filter.Current.AsksForTheSameAs(known))
        {
            Sender.Tell(new FilterChanged());
            return;
        }
        if (_waiting.Add(Sender))
            Context.Watch(Sender);
        LookAgain();
    }

    private void LookAgain()
    {
        if (_waiting.Count > 0 && _filter.Current.Missing.Count > 0 && !Timers.IsTimerActive(nameof(Look)))
            Timers.StartSingleTimer(nameof(Look), Look.Instance, RetrySchedule.Fail(ref _looks, _time.GetUtcNow()));
    }

    private void Read()
    {
        // a read under way may have begun too early for the newest asker
        _readAgain = _reading;
        if (_reading || _filter.Wish.IsEverything)
            return;
        _reading = true;
        var connection = _connections.Entries.Select(entry => entry.Value.Connection).FirstOrDefault(open => open is { Completion.IsCompleted: false });
        var cancel = _stopping.Token;
        ReadAsync().PipeTo(Self);

        async Task<object> ReadAsync()
        {
            if (connection is null)
                return new ReadFailed(new KvConnectionException("no data node is connected"));
            try
            {
                return new ManifestRead(await connection.GetCollectionsManifestAsync(cancel).ConfigureAwait(false));
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new ReadFailed(cause);
            }
        }
    }

    private void OnRead(CollectionsManifest manifest)
    {
        _reading = false;
        _retries = _retries.Reset();
        var (trouble, hidden) = (_filter.Current.Trouble, _filter.Hidden);
        var changed = _filter.Learn(manifest);
        if (_filter.Current.Trouble is { } now && now != trouble)
            _log.Warning("the group's filter, by manifest {0:x}: {1}", manifest.Uid, now);
        if (_filter.Hidden is { } gone && gone != hidden)
            _log.Error("by manifest {0:x}, {1}; give the user a role on it, or start a group without it", manifest.Uid, gone);
        if (changed)
        {
            _log.Info("the group's filter changed with manifest {0:x}", manifest.Uid);
            foreach (var waiting in _waiting)
            {
                Context.Unwatch(waiting);
                waiting.Tell(new FilterChanged());
            }
            _waiting.Clear();
            _looks = _looks.Reset();
        }
        LookAgain();
        if (_readAgain)
            Read();
    }

    private void OnFailed(Exception cause)
    {
        _reading = false;
        _metrics.Retried(RetriedWork.Manifest);
        var delay = RetrySchedule.Fail(ref _retries, _time.GetUtcNow());
        _log.Warning("the collections manifest cannot be read (next try in {0:0.0} s): {1}", delay.TotalSeconds, cause.Message);
        Timers.StartSingleTimer(nameof(Retry), Retry.Instance, delay);
    }

    private sealed record ManifestRead(CollectionsManifest Manifest) : INoSerializationVerificationNeeded;

    private sealed record ReadFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed class Retry : INoSerializationVerificationNeeded
    {
        public static readonly Retry Instance = new();
    }

    private sealed class Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
