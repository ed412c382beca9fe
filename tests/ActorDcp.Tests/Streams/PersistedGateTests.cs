using ActorDcp.Mitigation;
using ActorDcp.Streams;
using Akka.TestKit;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

/// <summary>A graph that holds batches until every copy has them.</summary>
public sealed class PersistedGateTests : StreamTestBase
{
    private const string Held = "actordcp.mitigation.held";

    private readonly PersistedFrontiers _frontiers = new(8);
    private readonly TestProbe _mitigation;

    public PersistedGateTests(ITestOutputHelper output)
        : base(output) => _mitigation = CreateTestProbe();

    [Fact]
    public async Task A_batch_waits_for_its_verdict_and_what_a_frontier_covers_does_not()
    {
        RunGated();
        Stream.Offer(1, 2, 3);

        var hold = await _mitigation.ExpectMsgAsync<MitigationProtocol.Hold>(Deadline);
        Assert.Equal((VBucket, new Seqno(3)), (hold.VBucket, hold.Seqno));
        Assert.Empty(Journal.Calls);
        _frontiers.Set(VBucket, hold.Uuid, new Seqno(5));
        hold.Verdict(HoldVerdict.Persisted);
        await UntilHandled(3);
        Stream.Offer(4, 5);
        await UntilHandled(5);
        Stream.Offer(6);

        Assert.Equal(new Seqno(6), (await _mitigation.ExpectMsgAsync<MitigationProtocol.Hold>(Deadline)).Seqno);
        Assert.Equal([1, 2, 3, 4, 5], Journal.Seqnos);
    }

    [Fact]
    public async Task A_drain_drops_what_is_held_and_forgets_it()
    {
        var graph = RunGated();
        Stream.Offer(1, 2);
        var hold = await _mitigation.ExpectMsgAsync<MitigationProtocol.Hold>(Deadline);

        var outcome = await graph.Drain(Deadline).WaitAsync(Deadline);

        Assert.Equal(new StreamOutcome.GateShut(LeftInWork: false), outcome);
        Assert.Same(hold.Holder, (await _mitigation.ExpectMsgAsync<MitigationProtocol.Forget>(Deadline)).Holder);
        Assert.Empty(Journal.Calls);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_branch_that_is_dead_ends_the_graph_and_none_of_it_is_delivered()
    {
        var graph = RunGated();
        Stream.Offer(1, 2);

        (await _mitigation.ExpectMsgAsync<MitigationProtocol.Hold>(Deadline)).Verdict(HoldVerdict.OtherBranch);

        var aborted = Assert.IsType<StreamOutcome.Aborted>(await graph.Completion.WaitAsync(Deadline));
        Assert.IsType<HeldBranchEndedException>(aborted.Cause);
        Assert.Empty(Journal.Calls);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_stream_that_begins_anew_forgets_the_frontier()
    {
        _frontiers.Set(VBucket, FakeBatchSource.Uuid, new Seqno(100));
        RunGated();
        Stream.Offer(1);

        Assert.Equal(new Seqno(1), (await _mitigation.ExpectMsgAsync<MitigationProtocol.Hold>(Deadline)).Seqno);
    }

    [Fact]
    public async Task Held_bytes_are_counted_and_their_lease_is_kept_until_they_are_delivered_or_dropped()
    {
        using var sums = new MeterSums(Meters);
        var graph = RunGated();
        Stream.Offer(1, 2, 3);
        var hold = await _mitigation.ExpectMsgAsync<MitigationProtocol.Hold>(Deadline);

        Assert.Equal(3 * TestBatches.WireBytesAnEvent, sums[Held]);
        Assert.Equal(0, Assert.Single(Stream.Leases).Ended);
        hold.Verdict(HoldVerdict.Persisted);
        await UntilHandled(3);
        Assert.Equal(0, sums[Held]);
        Assert.Equal(1, Assert.Single(Stream.Leases).Released);

        Stream.Offer(4, 5);
        await _mitigation.ExpectMsgAsync<MitigationProtocol.Hold>(Deadline);
        Assert.Equal(2 * TestBatches.WireBytesAnEvent, sums[Held]);
        await graph.Drain(Deadline).WaitAsync(Deadline);
        await Until(() => sums[Held] == 0);
        AssertEveryLeaseEndedOnce();
    }

    private VBucketGraph RunGated() => VBucketGraph.Run(Materializer, Parts(Handler()) with
    {
        BeforeHandOver = new PersistedGateStage(VBucket, new RollbackMitigation(_mitigation, _frontiers), Metrics),
    });
}
