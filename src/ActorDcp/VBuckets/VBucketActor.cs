using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Group;
using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.Protocol;
using ActorDcp.Streams;
using ActorDcp.Topology;
using ActorDcp.VBuckets.Journal;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.VBuckets;

/// <summary>
/// Owns one vbucket for the group, wherever in the cluster it runs: its ownership epoch, its stream, its handler and, through the
/// journal, its failover log and history. States are methods; each transition is shown on the member's board.
/// <code>
///  TakingOwnership ──► PreparingHandler ──► AwaitingTopology ──► Opening ──► Streaming
///                            │                    ▲                │ ▲           │ stream ended, node moved
///                            │ pending rollback   │                │ └───────────┤
///                            ▼                    │   rollback     │             │ handler gave up, or operator
///                       RollingBack ◄─────────────┼────────────────┘             ▼
///                            └────────────────────┘◄──────────── resume ────── Paused
///  a slow handler's stream may be parked: it ends for good reason, what arrived is handed on, and then it is opened again
///  a stream opens from the row while the journal recovers behind it, unless the row or the node's answer says that it must be read
///  any ──► Draining ──► stopped (hand-off)        any ──► stopped at once (fenced)
/// </code>
/// </summary>
internal sealed partial class VBucketActor : UntypedActor, IWithTimers
{
    private readonly VBucketId _vbucket;
    private readonly GroupContext _group;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _journal;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IDisposable> _watching = [];
    private IActorRef _handler;
    private OwnedOffset? _owned;
    private VBucketHistory? _history;
    private bool _historyKnown;
    private CheckpointSource? _progress;
    private KvEndpoint? _node;
    private KvEndpoint? _streamNode;
    private DcpStream? _stream;
    private VBucketGraph? _graph;
    private long _attempt;
    private RetrySchedule _retries;
    private long _openedAt;
    private bool _handingOff;
    private bool _toldRollback;

    public VBucketActor(VBucketId vbucket, GroupContext group)
    {
        _vbucket = vbucket;
        _group = group;
        _retries = group.Settings.Retries;
        _failures = group.Settings.FailedRetries;
        _journal = Context.ActorOf(group.JournalProps(vbucket, Self), "journal");
        _handler = StartHandler();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _group.Time.GetUtcNow();

    private OwnershipEpoch Epoch => _owned?.Epoch ?? OwnershipEpoch.None;

    protected override void PreStart()
    {
        BecomeTakingOwnership();
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.TakeOver(_vbucket));
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _graph?.Abort();
        ReleaseStream();
        ForgetRequest();
        RejectWaitingOperators();
        _watching.ForEach(watch => watch.Dispose());
        if (_progress is { } progress && progress.Handled.Seqno != progress.Checkpointed)
            _group.Leaving.EndsUnfinished(_vbucket);
        if (_owned is not null)
            _group.OffsetWriter.Tell(new OffsetWriterProtocol.Unregister(_vbucket, Epoch));
        else
            _group.OffsetWriter.Tell(new OffsetWriterProtocol.WithdrawTakeOver(_vbucket), Self);
        _group.Topology.Tell(new TopologyProtocol.UnwatchVBucket(_vbucket), Self);
        _group.Board.Remove(_vbucket, Epoch);
    }

    protected override void OnReceive(object message) => Unhandled(message);
}
