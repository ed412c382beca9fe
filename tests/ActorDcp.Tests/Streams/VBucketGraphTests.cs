using ActorDcp.Client;
using ActorDcp.Handlers;
using ActorDcp.Persistence;
using ActorDcp.Streams;
using Akka.Actor;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

public sealed class VBucketGraphTests(ITestOutputHelper output) : StreamTestBase(output)
{
    [Fact]
    public async Task Events_reach_the_handler_in_order_and_the_cursor_follows()
    {
        var graph = Run(Handler());
        Stream.Offer(1, 2, 3);
        await UntilHandled(3);
        Stream.Offer(4);
        await UntilHandled(4);
        Stream.End(new StreamEnding.ByProducer(StreamEndReason.Ok));

        var outcome = await graph.Completion.WaitAsync(Deadline);

        var ended = Assert.IsType<StreamOutcome.SourceEnded>(outcome);
        Assert.Equal(new StreamEnding.ByProducer(StreamEndReason.Ok), ended.Ending);
        Assert.Equal([1, 2, 3, 4], Journal.Seqnos);
        AssertEveryLeaseEndedOnce();
        Assert.All(Stream.Leases, lease => Assert.Equal(1, lease.Released));
        var sample = Progress.Sample();
        Assert.Equal(4, sample.Events);
        Assert.Equal(4 * TestBatches.WireBytesAnEvent, sample.Bytes);
        Assert.Null(sample.InHandlerFor);
    }

    [Fact]
    public async Task What_arrived_before_the_end_is_handled_first()
    {
        Stream.Offer(1, 2);
        Stream.End(new StreamEnding.ConnectionLost(null));

        var outcome = await Run(Handler()).Completion.WaitAsync(Deadline);

        Assert.IsType<StreamEnding.ConnectionLost>(Assert.IsType<StreamOutcome.SourceEnded>(outcome).Ending);
        Assert.Equal([1, 2], Journal.Seqnos);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task What_arrives_while_the_handler_is_busy_joins_one_batch()
    {
        var release = new TaskCompletionSource();
        Run(Handler((call, _, _) => call == 1 ? new ValueTask(release.Task) : ValueTask.CompletedTask));
        Stream.Offer(1);
        await Until(() => Journal.Calls.Count == 1);
        Assert.NotEqual(0, Progress.InHandlerSince);
        for (ulong seqno = 2; seqno <= 50; seqno++)
            Stream.Offer(seqno);
        Assert.Equal(new Seqno(50), Progress.Sample().Received);

        release.SetResult();
        await UntilHandled(50);

        Assert.Equal(2, Journal.Calls.Count);
        Assert.Equal(49, Journal.Calls[1].Length);
        Assert.Equal(0, Progress.InHandlerSince);
    }

    [Fact]
    public async Task A_failed_batch_is_tried_again_whole()
    {
        Run(Handler((call, _, _) => call <= 2 ? throw new InvalidOperationException("no") : ValueTask.CompletedTask));
        Stream.Offer(1, 2);
        await UntilHandled(2);

        Assert.Equal([[1, 2], [1, 2], [1, 2]], Journal.Calls);
        await Until(() => Stream.Leases[0].Released == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_retry_begins_after_what_was_handled_through()
    {
        Run(Handler(async (call, batch, _) =>
        {
            await Task.Yield();
            if (call > 2)
                return;
            batch.HandledThrough(batch[0].Seqno);
            throw new InvalidOperationException("no");
        }));
        Stream.Offer(1, 2, 3, 4);
        await UntilHandled(4);

        Assert.Equal([[1, 2, 3, 4], [2, 3, 4], [3, 4]], Journal.Calls);
        Assert.Equal(4, Progress.Sample().Events);
    }

    [Fact]
    public async Task Spent_retries_end_the_graph_with_the_first_seqno_that_is_not_handled()
    {
        var graph = Run(Handler((_, batch, _) =>
        {
            batch.HandledThrough(new Seqno(11));
            throw new InvalidOperationException("no");
        }));
        Stream.Offer(10, 11, 12);

        var failed = Assert.IsType<StreamOutcome.HandlerFailed>(await graph.Completion.WaitAsync(Deadline));

        Assert.Equal(new Seqno(12), failed.Seqno);
        Assert.False(failed.HandlerGone);
        Assert.Equal("no", failed.Cause.Message);
        Assert.Equal(1 + Quick.Retries, Journal.Calls.Count);
        Assert.Equal(new Seqno(11), Progress.Sample().Handled.Seqno);
        await Until(() => Stream.Leases[0].Released == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task Skip_leaves_out_only_the_event_that_fails_on_its_own()
    {
        var handled = new List<ulong>();
        Run(
            Handler((_, batch, _) =>
            {
                foreach (var change in batch)
                    if (change.Seqno.Value == 3)
                        throw new InvalidOperationException("poison");
                foreach (var change in batch)
                    handled.Add(change.Seqno.Value);
                return ValueTask.CompletedTask;
            }),
            Quick with { OnError = HandlerErrorAction.Skip });
        Stream.Offer(1, 2, 3, 4);
        await UntilHandled(4);
        Stream.Offer(5);
        await UntilHandled(5);

        Assert.Equal([1, 2, 4, 5], handled);
        await Until(() => Stream.Leases.All(lease => lease.Ended > 0));
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_handler_that_stops_with_a_batch_ends_the_graph_and_its_memory_is_not_used_again()
    {
        var never = new TaskCompletionSource();
        var handler = Handler((_, _, _) => new ValueTask(never.Task));
        var graph = Run(handler);
        Stream.Offer(1, 2);
        await Until(() => Journal.Calls.Count == 1);

        Sys.Stop(handler);
        var failed = Assert.IsType<StreamOutcome.HandlerFailed>(await graph.Completion.WaitAsync(Deadline));

        Assert.True(failed.HandlerGone);
        Assert.Equal(new Seqno(1), failed.Seqno);
        await Until(() => Stream.Leases[0].Abandoned == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_handler_that_stops_while_idle_ends_the_graph()
    {
        var handler = Handler();
        var graph = Run(handler);
        Stream.Offer(1);
        await UntilHandled(1);

        Sys.Stop(handler);

        var failed = Assert.IsType<StreamOutcome.HandlerFailed>(await graph.Completion.WaitAsync(Deadline));
        Assert.True(failed.HandlerGone);
        Assert.Equal(new Seqno(1), failed.Seqno);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task An_ended_materializer_ends_the_graph_without_a_leak()
    {
        var never = new TaskCompletionSource();
        var graph = Run(Handler((_, _, _) => new ValueTask(never.Task)));
        Stream.Offer(1);
        await Until(() => Journal.Calls.Count == 1);

        Materializer.Shutdown();

        Assert.IsType<StreamOutcome.Aborted>(await graph.Completion.WaitAsync(Deadline));
        await Until(() => Stream.Leases[0].Abandoned == 1);
        AssertEveryLeaseEndedOnce();
    }

    [Fact]
    public async Task A_stream_that_throws_ends_the_graph_and_says_why()
    {
        var graph = VBucketGraph.Run(Materializer, Parts(Handler()) with { Source = new ThrowingSource() });

        var aborted = Assert.IsType<StreamOutcome.Aborted>(await graph.Completion.WaitAsync(Deadline));

        Assert.Equal("broken", aborted.Cause?.Message);
    }

    [Fact]
    public async Task Inside_an_out_of_order_snapshot_handled_through_leaves_nothing_out_and_the_position_stands_still()
    {
        var start = new FixedPosition(StreamOffset.Beginning);
        var lease = new CountingLease();
        var source = new SingleBatchSource(epoch => TestBatches.Of(
            VBucket, epoch, FakeBatchSource.Uuid, lease, [new SnapshotRun(0, StreamSnapshot.At(Seqno.Zero), start)], [],
            TestBatches.Mutation(9), TestBatches.Mutation(3), TestBatches.Mutation(6)));
        VBucketGraph.Run(Materializer, Parts(Handler((call, batch, _) =>
        {
            batch.HandledThrough(new Seqno(9));
            return call == 1 ? throw new InvalidOperationException("no") : ValueTask.CompletedTask;
        })) with { Source = source });
        await Until(() => lease.Released == 1);

        Assert.Equal([[9, 3, 6], [9, 3, 6]], Journal.Calls);
        Assert.Equal(StreamOffset.Beginning, Progress.Sample().Handled);
        Assert.Equal(3, Progress.Sample().Events);
    }

    [Fact]
    public async Task Completed_snapshots_become_boundaries()
    {
        Run(Handler());
        Stream.Offer(1, 2, 3);
        await UntilHandled(3);
        Stream.Offer(9);
        await UntilHandled(9);

        var boundaries = new List<RetainedBoundary>();
        Progress.TakeBoundaries(boundaries);

        Assert.Equal([3, 9], boundaries.Select(boundary => (int)boundary.Seqno.Value));
        Assert.All(boundaries, boundary => Assert.Equal(FakeBatchSource.Uuid, boundary.Uuid));
    }

    private sealed class ThrowingSource : IDcpBatchSource
    {
        public VBucketId VBucket => StreamTestBase.VBucket;

        public StreamEnding? Ending => null;

        public Seqno ReceivedSeqno => Seqno.Zero;

        public long QueuedBytes => 0;

        public bool TryTake(OwnershipEpoch epoch, out DcpBatch batch) => throw new InvalidOperationException("broken");

        public void WhenAvailable(Action callback)
        {
            // never reached
        }
    }

    private sealed class SingleBatchSource(Func<OwnershipEpoch, DcpBatch> create) : IDcpBatchSource
    {
        private bool _taken;

        public VBucketId VBucket => StreamTestBase.VBucket;

        public StreamEnding? Ending => null;

        public Seqno ReceivedSeqno => Seqno.Zero;

        public long QueuedBytes => 0;

        public bool TryTake(OwnershipEpoch epoch, out DcpBatch batch)
        {
            batch = _taken ? null! : create(epoch);
            return !_taken && (_taken = true);
        }

        public void WhenAvailable(Action callback)
        {
            // nothing comes after the batch
        }
    }
}
