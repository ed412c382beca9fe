using ActorDcp.Streams;
using Akka;
using Akka.Streams.Dsl;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

public sealed class DrainTests(ITestOutputHelper output) : StreamTestBase(output)
{
    [Fact]
    public async Task Draining_awaits_the_batch_in_work_and_hands_over_nothing_more()
    {
        var release = new TaskCompletionSource();
        var graph = Run(Handler((_, _, _) => new ValueTask(release.Task)));
        Stream.Offer(1, 2);
        await Until(() => Journal.Calls.Count == 1);
        Stream.Offer(3, 4);

        var drained = graph.Drain(Deadline);
        Assert.False(drained.IsCompleted);
        release.SetResult();

        Assert.Equal(new StreamOutcome.GateShut(LeftInWork: false), await drained.WaitAsync(Deadline));
        Assert.Equal([1, 2], Journal.Seqnos);
        Assert.Equal(new Seqno(2), Progress.Sample().Handled.Seqno);
        await Until(() => Stream.Leases[0].Released == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task Draining_an_idle_graph_ends_it()
    {
        var graph = Run(Handler());

        Assert.Equal(new StreamOutcome.GateShut(LeftInWork: false), await graph.Drain(Deadline).WaitAsync(Deadline));
    }

    [Fact]
    public async Task At_the_drain_deadline_the_handler_is_cancelled_and_what_it_said_counts()
    {
        var graph = Run(Handler(async (_, batch, stopping) =>
        {
            batch.HandledThrough(new Seqno(1));
            await new TaskCompletionSource().Task.WaitAsync(stopping);
        }), Quick with { StoppingGrace = Deadline });
        Stream.Offer(1, 2);
        await Until(() => Journal.Calls.Count == 1);

        var outcome = await graph.Drain(TimeSpan.FromMilliseconds(20)).WaitAsync(Deadline);

        Assert.Equal(new StreamOutcome.GateShut(LeftInWork: false), outcome);
        Assert.Equal(new Seqno(1), Progress.Sample().Handled.Seqno);
        await Until(() => Stream.Leases[0].Released == 1);
    }

    [Fact]
    public async Task A_handler_that_heeds_no_cancellation_is_left_with_its_batch()
    {
        var never = new TaskCompletionSource();
        var graph = Run(Handler((_, _, _) => new ValueTask(never.Task)));
        Stream.Offer(1);
        await Until(() => Journal.Calls.Count == 1);

        var outcome = await graph.Drain(TimeSpan.FromMilliseconds(20)).WaitAsync(Deadline);

        Assert.Equal(new StreamOutcome.GateShut(LeftInWork: true), outcome);
        await Until(() => Stream.Leases[0].Abandoned == 1);
        AssertEveryLeaseEndedOnce();
        never.SetResult();
    }

    [Fact]
    public async Task Draining_during_a_backoff_ends_at_once()
    {
        using var sums = new MeterSums(Meters);
        var graph = Run(
            Handler((_, _, _) => throw new InvalidOperationException("no")),
            Quick with { MinBackoff = TimeSpan.FromHours(1), MaxBackoff = TimeSpan.FromHours(1) });
        Stream.Offer(1);
        await Until(() => sums["actordcp.handler.retries"] > 0);

        Assert.Equal(new StreamOutcome.GateShut(LeftInWork: false), await graph.Drain(Deadline).WaitAsync(Deadline));
        await Until(() => Stream.Leases[0].Released == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_batch_held_before_the_hand_over_is_released_when_the_graph_is_drained()
    {
        var held = new TaskCompletionSource();
        var hold = Flow.Create<DcpBatch>().SelectAsync(1, async batch =>
        {
            await held.Task;
            return batch;
        });
        var graph = VBucketGraph.Run(Materializer, Parts(Handler()) with { BeforeHandOver = hold });
        Stream.Offer(1);
        await Until(() => Stream.Leases.Count == 1);

        Assert.IsType<StreamOutcome.GateShut>(await graph.Drain(Deadline).WaitAsync(Deadline));

        await Until(() => Stream.Leases[0].Released == 1);
        Assert.Empty(Journal.Calls);
        AssertEveryLeaseEndedOnce();
        held.SetResult();
    }

    [Fact]
    public async Task Abort_ends_at_once_and_cancels_the_handler()
    {
        var cancelled = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        var graph = Run(Handler((_, _, stopping) =>
        {
            stopping.Register(cancelled.SetResult);
            return new ValueTask(never.Task);
        }));
        Stream.Offer(1);
        await Until(() => Journal.Calls.Count == 1);

        graph.Abort();

        Assert.IsType<StreamOutcome.Aborted>(await graph.Completion.WaitAsync(Deadline));
        await cancelled.Task.WaitAsync(Deadline);
        await Until(() => Stream.Leases[0].Abandoned == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_graph_can_be_drained_before_it_has_begun()
    {
        for (var i = 0; i < 200; i++)
        {
            var graph = VBucketGraph.Run(Materializer, Parts(Handler()) with { Source = new FakeBatchSource(VBucket) });

            var outcome = await graph.Drain(TimeSpan.FromSeconds(5)).WaitAsync(Deadline);

            Assert.Equal(new StreamOutcome.GateShut(LeftInWork: false), outcome);
        }
    }
}
