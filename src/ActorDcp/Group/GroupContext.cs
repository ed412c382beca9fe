using ActorDcp.Client;
using ActorDcp.Connections;
using ActorDcp.Handlers;
using ActorDcp.Mitigation;
using ActorDcp.Persistence;
using ActorDcp.Streams;
using ActorDcp.Telemetry;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.Journal;
using Akka.Actor;
using Akka.Streams;

namespace ActorDcp.Group;

/// <summary>What the vbucket actors of a group share on this member.</summary>
internal sealed class GroupContext
{
    public required GroupSettings Settings { get; init; }

    public required GroupKey Key { get; init; }

    public required int VBuckets { get; init; }

    public required IActorRef Topology { get; init; }

    public required IActorRef Connections { get; init; }

    /// <summary>Keeps <see cref="Filter"/> in step with the bucket's collections.</summary>
    public IActorRef Collections { get; init; } = ActorRefs.Nobody;

    /// <summary>What streams are asked for.</summary>
    public GroupFilter Filter { get; init; } = GroupFilter.Everything();

    public required IActorRef OffsetWriter { get; init; }

    /// <summary>What becomes of the member's vbuckets when it ends.</summary>
    public MemberLeaving Leaving { get; init; } = new();

    /// <summary>The table of positions; null in tests that need none.</summary>
    public IOffsetStore? Offsets { get; init; }

    /// <summary>What holds changes back until they are on every disk; null where that was not asked for.</summary>
    public RollbackMitigation? Mitigation { get; init; }

    /// <summary>The group's shard region on this member; set once sharding has started.</summary>
    public IActorRef Region { get; set; } = ActorRefs.Nobody;

    public required HandOverGate Gate { get; init; }

    public required HighSeqnos HighSeqnos { get; init; }

    public required VBucketBoard Board { get; init; }

    public required ConnectionBoard ConnectionBoard { get; init; }

    public required DcpHandlerProps Handler { get; init; }

    public required IMaterializer Materializer { get; init; }

    public required ActorDcpMetrics Metrics { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The persistent half of a vbucket, which restarts with backoff whenever a write of it failed.</summary>
    public Props JournalProps(VBucketId vbucket, IActorRef owner) => VBucketJournalActor.SupervisedProps(Key, vbucket, owner);

    /// <summary>Whether any other member of the cluster can run the group's vbuckets.</summary>
    public bool HasOtherMembers(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var role = GroupMemberActor.NameOf(Settings.Group);
        return cluster.State.Members.Any(member =>
            member.HasRole(role) && member.UniqueAddress != cluster.SelfUniqueAddress
            && member.Status is (Akka.Cluster.MemberStatus.Up or Akka.Cluster.MemberStatus.WeaklyUp or Akka.Cluster.MemberStatus.Joining));
    }

    /// <summary>Whether the node has no room to send anything, so that its silence means nothing.</summary>
    public bool IsWindowFull(KvEndpoint node) =>
        ConnectionBoard.Find(node)?.Ledger is { Window: > 0 } ledger && ledger.Unacknowledged >= ledger.Window;
}
