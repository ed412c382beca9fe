using ActorDcp.Persistence;
using ActorDcp.Streams;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace ActorDcp.Group;

/// <summary>
/// Renews the member's hand-over gate by a timely tick while the member belongs to the cluster and is not on the losing side of a
/// partition. After a gap (a hang, a pause of the machine) it has every epoch compared with the offset table before anything is
/// delivered again; one that others raised meanwhile shows that the member was taken for dead, and it leaves to join anew.
/// </summary>
internal sealed class GateKeeperActor : UntypedActor, IWithTimers
{
    private readonly HandOverGate _gate;
    private readonly DeliveryHold _hold;
    private readonly IActorRef _offsetWriter;
    private readonly TimeProvider _time;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private long? _revalidating;
    private bool _cutOff;

    public GateKeeperActor(HandOverGate gate, DeliveryHold hold, IActorRef offsetWriter, TimeProvider time)
    {
        _time = time;
        _gate = gate;
        _hold = hold;
        _offsetWriter = offsetWriter;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, _gate.Allowance / 8);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick: OnTick(); break;
            case OffsetWriterProtocol.Revalidated revalidated when revalidated.Begun == _revalidating: OnRevalidated(revalidated); break;
            case OffsetWriterProtocol.Revalidated: break;
            default: Unhandled(message); break;
        }
    }

    private void OnTick()
    {
        if (_cluster.IsTerminated || _cluster.SelfMember.Status is MemberStatus.Down or MemberStatus.Removed)
        {
            _gate.Shut();
            return;
        }
        if (IsCutOff())
            return;
        // it may have been engaged while an answer opened the gate
        if (_hold.IsEngaged)
            _gate.Shut();
        if (_revalidating is { } begun)
        {
            // the answer may be lost, or so late that it counts no more
            if (_time.GetElapsedTime(begun) > _gate.Allowance * 5)
                Revalidate();
            return;
        }
        if (_gate.Tick() || _hold.IsEngaged)
            return;
        _log.Warning("delivery stopped: this member was not heard of for {0:0.0} s, or its progress could not be saved; comparing its epochs with the offset table",
            _gate.Allowance.TotalSeconds);
        Revalidate();
    }

    /// <summary>The other side goes on without us soon, so we stop before it does.</summary>
    private bool IsCutOff()
    {
        var cutOff = ClusterSide.IsLosing(_cluster.State);
        if (cutOff && !_cutOff)
            _log.Warning("delivery stopped: most members cannot be reached, so that others may take over");
        _cutOff = cutOff;
        if (cutOff)
        {
            _revalidating = null;
            _gate.Shut();
        }
        return cutOff;
    }

    private void Revalidate()
    {
        _revalidating = _gate.BeginRevalidation();
        _offsetWriter.Tell(new OffsetWriterProtocol.Revalidate(_revalidating.Value));
    }

    private void OnRevalidated(OffsetWriterProtocol.Revalidated revalidated)
    {
        _revalidating = null;
        if (revalidated.Lost > 0)
        {
            _log.Error("this member is fenced: others took over {0} of its vbuckets while it was not heard of; it leaves the cluster", revalidated.Lost);
            _gate.Shut();
            _cluster.Down(_cluster.SelfAddress);
            return;
        }
        if (_hold.IsEngaged)
            return;
        if (!_gate.Revalidated(revalidated.Begun))
        {
            Revalidate();
            return;
        }
        _log.Info("delivery goes on: the epochs are still ours");
        _offsetWriter.Tell(OffsetWriterProtocol.Proceed.Instance);
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
