using ActorDcp.VBuckets;
using Akka.Actor;
using Akka.Event;

namespace ActorDcp.Group;

/// <summary>
/// One in the cluster for a group: sees to it, for ever, that every vbucket has a running entity. Entities that move start
/// themselves again (their last act is <see cref="VBucketMessages.EnsureRunning"/>); this is for all the ways in which that can fail.
/// </summary>
internal sealed class GroupCoordinatorActor : UntypedActor, IWithTimers
{
    private readonly IActorRef _region;
    private readonly int _vbuckets;
    private readonly TimeSpan _interval;

    public GroupCoordinatorActor(IActorRef region, int vbuckets, TimeSpan interval)
    {
        _region = region;
        _vbuckets = vbuckets;
        _interval = interval;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Reconcile();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick: Reconcile(); break;
            case Stop: Context.Stop(Self); break;
            default: Unhandled(message); break;
        }
    }

    private void Reconcile()
    {
        for (var vbucket = 0; vbucket < _vbuckets; vbucket++)
            _region.Tell(new VBucketMessages.EnsureRunning(VBucketId.From(vbucket)));
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, _interval * (0.9 + 0.2 * Random.Shared.NextDouble()));
    }

    /// <summary>Hand-over of the singleton.</summary>
    internal sealed class Stop : INoSerializationVerificationNeeded
    {
        public static readonly Stop Instance = new();
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
