using ActorDcp.Group;
using ActorDcp.VBuckets;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Cluster;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Group;

/// <summary>What a member says of the group when it is the only one, with the rows that the test gives it.</summary>
public sealed class GroupStatusCollectorTests(ITestOutputHelper output) : TestKit(
    $$"""
    akka.loglevel = ERROR
    akka.actor.provider = cluster
    akka.cluster.roles = [{{Role}}]
    akka.remote.dot-netty.tcp.hostname = "127.0.0.1"
    akka.remote.dot-netty.tcp.port = 0
    """, output: output)
{
    private const string Group = "audit";
    private const string Role = "actordcp-audit";
    private const int VBuckets = 2;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_group_is_complete_when_each_vbucket_streams_or_stands_for_a_reason_and_not_while_one_is_on_its_way()
    {
        var complete = new List<VBucketPhase>();
        foreach (var phase in Enum.GetValues<VBucketPhase>())
            if ((await CollectAsync(Row(0), Row(1, phase))).Complete)
                complete.Add(phase);

        Assert.Equal([VBucketPhase.Streaming, VBucketPhase.RollingBack, VBucketPhase.Parked, VBucketPhase.Paused, VBucketPhase.Failed], complete);
    }

    [Fact]
    public async Task A_vbucket_that_nobody_reports_leaves_the_group_incomplete()
    {
        var status = await CollectAsync(Row(0));

        Assert.False(status.Complete);
        Assert.Equal(1, Assert.Single(status.Members).VBuckets);
    }

    [Fact]
    public async Task A_vbucket_that_is_reported_twice_leaves_the_group_incomplete_and_its_newer_owner_is_told()
    {
        var status = await CollectAsync(Row(0), Row(1, epoch: 2), Row(1));

        Assert.False(status.Complete);
        Assert.Equal([1L, 2L], status.VBuckets.Select(row => row.Epoch.Value));
    }

    private async Task<CollectedStatus> CollectAsync(params VBucketStatus[] rows)
    {
        Assert.Equal(Role, GroupMemberActor.NameOf(Group));
        await Cluster.Get(Sys).JoinAsync(Cluster.Get(Sys).SelfAddress).WaitAsync(Deadline);
        var reporter = Sys.ActorOf(Props.Create(() => new Reporter(rows)), Role);
        var answer = new TaskCompletionSource<CollectedStatus>();
        Sys.ActorOf(Props.Create<GroupStatusCollector>(Group, VBuckets, Deadline, answer));
        var status = await answer.Task.WaitAsync(Deadline);
        await reporter.GracefulStop(Deadline);
        return status;
    }

    private static VBucketStatus Row(int vbucket, VBucketPhase phase = VBucketPhase.Streaming, long epoch = 1) => new(
        VBucketId.From(vbucket), "m", phase.ToString(), null, new OwnershipEpoch(epoch), default, default, default, default, default, null, null);

    private sealed class Reporter(VBucketStatus[] rows) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            foreach (var piece in GroupMessages.StatusPiece.Split((GroupMessages.StatusRequest)message, "m", "a", "Up", rows, []))
                Sender.Tell(piece);
        }
    }
}
