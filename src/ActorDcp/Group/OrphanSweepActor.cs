using ActorDcp.VBuckets;
using Akka.Actor;
using Akka.Cluster;

namespace ActorDcp.Group;

/// <summary>
/// When a member is removed, sees to it that the vbuckets it may have run are started elsewhere, without waiting for the coordinator's
/// next round: by every member, for it is not known who noticed first. Asked several times, for a region may still send to the one
/// that is gone.
/// </summary>
internal sealed class OrphanSweepActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan[] Waits = [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    private readonly GroupContext _group;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly string _role;

    public OrphanSweepActor(GroupContext group)
    {
        _group = group;
        _role = GroupMemberActor.NameOf(group.Settings.Group);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberRemoved removed when removed.Member.HasRole(_role):
                for (var i = 0; i < Waits.Length; i++)
                    Timers.StartSingleTimer(i, Sweep.Instance, Waits[i]);
                break;
            case ClusterEvent.MemberRemoved:
                break;
            case Sweep:
                EnsureRunning();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void EnsureRunning()
    {
        var here = _group.Board.Rows.Select(row => row.VBucket).ToHashSet();
        for (var vbucket = 0; vbucket < _group.VBuckets; vbucket++)
            if (!here.Contains(VBucketId.From(vbucket)))
                _group.Region.Tell(new VBucketMessages.EnsureRunning(VBucketId.From(vbucket)));
    }

    private sealed class Sweep : INoSerializationVerificationNeeded
    {
        public static readonly Sweep Instance = new();
    }
}
