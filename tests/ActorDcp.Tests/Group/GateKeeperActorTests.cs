using ActorDcp.Group;
using ActorDcp.Persistence;
using ActorDcp.Streams;
using ActorDcp.Tests.Streams;
using Akka.Actor;
using Akka.Cluster;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Group;

public sealed class GateKeeperActorTests : TestKit
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Allowance = TimeSpan.FromMilliseconds(400);

    private readonly ManualTime _time = new();
    private readonly HandOverGate _gate;
    private readonly DeliveryHold _hold;
    private readonly TestProbe _writer;

    public GateKeeperActorTests(ITestOutputHelper output)
        : base("""
            akka.loglevel = ERROR
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp.hostname = "127.0.0.1"
            akka.remote.dot-netty.tcp.port = 0
            """, output: output)
    {
        _gate = new HandOverGate(Allowance, TimeSpan.FromSeconds(1), _time);
        _hold = new DeliveryHold(_gate);
        _writer = CreateTestProbe();
    }

    [Fact]
    public async Task A_late_tick_stops_delivery_until_the_epochs_were_compared()
    {
        await StartAsync();

        _time.Advance(Allowance * 2);
        var asked = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);
        Assert.False(_gate.IsOpen);
        _writer.Reply(new OffsetWriterProtocol.Revalidated(asked.Begun));

        await AwaitConditionAsync(() => Task.FromResult(_gate.IsOpen), Deadline);
    }

    [Fact]
    public async Task A_member_whose_vbuckets_others_took_over_leaves_the_cluster_with_its_gate_shut()
    {
        await StartAsync();

        _time.Advance(Allowance * 2);
        var asked = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);
        _writer.Reply(new OffsetWriterProtocol.Revalidated(asked.Begun, Lost: 3));

        await AwaitConditionAsync(() => Task.FromResult(Cluster.Get(Sys).IsTerminated), Deadline);
        Assert.False(_gate.IsOpen);
    }

    [Fact]
    public async Task When_delivery_goes_on_take_overs_that_waited_do_too()
    {
        await StartAsync();

        _time.Advance(Allowance * 2);
        var asked = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);
        _writer.Reply(new OffsetWriterProtocol.Revalidated(asked.Begun));

        await _writer.ExpectMsgAsync<OffsetWriterProtocol.Proceed>(Deadline);
        Assert.True(_gate.IsOpen);
    }

    [Fact]
    public async Task A_comparison_that_took_too_long_itself_is_made_again()
    {
        await StartAsync();
        _time.Advance(Allowance * 2);
        var first = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);

        _time.Advance(Allowance * 2);
        _writer.Reply(new OffsetWriterProtocol.Revalidated(first.Begun));

        var second = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);
        Assert.NotEqual(first.Begun, second.Begun);
        Assert.False(_gate.IsOpen);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_and_a_stale_one_opens_nothing()
    {
        var keeper = await StartAsync();
        _time.Advance(Allowance * 2);
        var lost = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);

        _time.Advance(Allowance * 6);
        var again = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);
        keeper.Tell(new OffsetWriterProtocol.Revalidated(lost.Begun));
        await _writer.ExpectNoMsgAsync(Allowance / 4);
        Assert.False(_gate.IsOpen);
        keeper.Tell(new OffsetWriterProtocol.Revalidated(again.Begun));

        await AwaitConditionAsync(() => Task.FromResult(_gate.IsOpen), Deadline);
    }

    [Fact]
    public async Task A_hold_keeps_the_gate_shut_and_its_release_opens_it_by_a_comparison()
    {
        await StartAsync();

        _hold.Engage();
        await _writer.ExpectNoMsgAsync(Allowance / 2);
        Assert.False(_gate.IsOpen);
        _hold.Release();

        var asked = await _writer.ExpectMsgAsync<OffsetWriterProtocol.Revalidate>(Deadline);
        _writer.Reply(new OffsetWriterProtocol.Revalidated(asked.Begun));
        await AwaitConditionAsync(() => Task.FromResult(_gate.IsOpen), Deadline);
    }

    private async Task<IActorRef> StartAsync()
    {
        var cluster = Cluster.Get(Sys);
        cluster.Join(cluster.SelfAddress);
        await AwaitConditionAsync(() => Task.FromResult(cluster.SelfMember.Status == MemberStatus.Up), Deadline);
        return Sys.ActorOf(Props.Create(() => new GateKeeperActor(_gate, _hold, _writer, _time)));
    }
}
