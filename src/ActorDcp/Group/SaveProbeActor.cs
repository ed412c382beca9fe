using ActorDcp.Persistence;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace ActorDcp.Group;

/// <summary>
/// Finds out whether it is the database that is away or only this member's way to it: while delivery is held because positions cannot
/// be saved, asks the other members to save one of theirs. Once they could for a while, longer than this member's own tries are apart,
/// its vbuckets are better off there, and it leaves.
/// </summary>
internal sealed class SaveProbeActor : UntypedActor, IWithTimers
{
    /// <summary>Name below the group's member actor.</summary>
    public const string Name = "save-probe";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How long others must have been able to save: a database that came back answers them first by chance.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly GroupContext _group;
    private readonly DeliveryHold _hold;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<IActorRef, long> _asking = [];
    private long? _othersSave;
    private long _correlation;

    public SaveProbeActor(GroupContext group, DeliveryHold hold)
    {
        _group = group;
        _hold = hold;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Interval);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick: OnTick(); break;
            case GroupMessages.SaveProbe probe: OnProbe(probe); break;
            case GroupMessages.SaveProbeAnswer answer: OnAnswer(answer); break;
            case OffsetWriterProtocol.CheckpointSaved: Answer(); break;
            case OffsetWriterProtocol.Fenced: break;
            default: Unhandled(message); break;
        }
    }

    private void OnTick()
    {
        if (!_hold.IsEngaged)
        {
            _othersSave = null;
            return;
        }
        _correlation++;
        var name = GroupMemberActor.NameOf(_group.Settings.Group);
        var probe = new GroupMessages.SaveProbe(_group.Settings.Group, _correlation);
        foreach (var member in _cluster.State.Members)
            if (member.HasRole(name) && member.UniqueAddress != _cluster.SelfUniqueAddress && member.Status == MemberStatus.Up)
                Context.ActorSelection(new RootActorPath(member.Address) / "user" / name / Name).Tell(probe);
    }

    /// <summary>A member without vbuckets saves nothing, so it cannot tell; one that cannot save is silent.</summary>
    private void OnProbe(GroupMessages.SaveProbe probe)
    {
        if (_hold.IsEngaged || _group.Board.Rows.FirstOrDefault(row => row.Progress is not null) is not { } row)
            return;
        _asking[Sender] = probe.Correlation;
        _group.OffsetWriter.Tell(new OffsetWriterProtocol.SaveNow(row.VBucket, row.Epoch));
    }

    private void Answer()
    {
        foreach (var (asker, correlation) in _asking)
            asker.Tell(new GroupMessages.SaveProbeAnswer(_group.Settings.Group, correlation));
        _asking.Clear();
    }

    private void OnAnswer(GroupMessages.SaveProbeAnswer answer)
    {
        if (!_hold.IsEngaged || answer.Correlation != _correlation)
            return;
        _othersSave ??= _group.Time.GetTimestamp();
        if (_group.Time.GetElapsedTime(_othersSave.Value) < Patience)
            return;
        _log.Error("this member cannot save its positions, and {0} can: it leaves the cluster, so that its vbuckets go on elsewhere", Sender.Path.Address);
        _cluster.Down(_cluster.SelfAddress);
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
