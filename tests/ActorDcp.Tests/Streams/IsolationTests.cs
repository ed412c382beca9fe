using System.Diagnostics;
using ActorDcp.Streams;
using Akka.Actor;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

public sealed class IsolationTests(ITestOutputHelper output) : StreamTestBase(output)
{
    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task Handlers_that_block_their_threads_do_not_stop_other_vbuckets()
    {
        // four threads, three of them blocked
        using var unblock = new ManualResetEventSlim();
        var blocked = new CountdownEvent(3);
        var stuck = Enumerable.Range(100, 3).Select(vbucket => RunOne(vbucket, Handler((_, _, _) =>
        {
            blocked.Signal();
            unblock.Wait(Deadline, CancellationToken.None);
            return ValueTask.CompletedTask;
        }, new HandlerJournal()))).ToList();
        stuck.ForEach(vbucket => vbucket.Source.Offer(1));
        await Until(() => blocked.IsSet);

        var free = RunOne(200, Handler());
        for (ulong seqno = 1; seqno <= 20; seqno++)
        {
            free.Source.Offer(seqno);
            await Until(() => free.Progress.Sample().Handled.Seqno.Value == seqno);
        }

        Assert.All(stuck, vbucket => Assert.NotEqual(0, vbucket.Progress.InHandlerSince));
        unblock.Set();
        await Until(() => stuck.All(vbucket => vbucket.Progress.Sample().Handled.Seqno.Value == 1));
    }

    [Fact]
    public async Task Samples_taken_while_batches_are_handled_are_never_torn()
    {
        using var done = new CancellationTokenSource();
        var progress = new VBucketProgress(VBucket, Epoch, StreamOffset.Beginning, TimeProvider.System);
        var sampler = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                var sample = progress.Sample();
                // offset, events and bytes of one batch belong together
                Assert.Equal((long)sample.Handled.Seqno.Value, sample.Events);
                Assert.Equal(sample.Events * TestBatches.WireBytesAnEvent, sample.Bytes);
                Assert.True(sample.Handled.IsBoundary);
            }
        });
        for (ulong seqno = 1; seqno <= 50_000; seqno++)
            progress.Handled(TestBatches.Of(VBucket, Epoch, FakeBatchSource.Uuid, null, seqno), 0, 1);

        await done.CancelAsync();
        await sampler.WaitAsync(Deadline);
        Assert.Equal(50_000, progress.Sample().Events);
    }

    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(64, 20_000)]
    public async Task What_a_hand_over_costs_is_printed(int eventsABatch, int batches)
    {
        var last = (ulong)(eventsABatch * batches);
        var source = new EndlessBatchSource(VBucket, eventsABatch, last);
        var progress = new VBucketProgress(VBucket, Epoch, StreamOffset.Beginning, TimeProvider.System);
        var handler = Handler((_, _, _) => ValueTask.CompletedTask, new HandlerJournal());
        var watch = Stopwatch.StartNew();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;

        VBucketGraph.Run(Materializer, Parts(handler) with { Source = source, Progress = progress });
        await Until(() => progress.Sample().Handled.Seqno.Value == last);

        var spent = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        _output.WriteLine(
            $"{eventsABatch} events a batch: {last / watch.Elapsed.TotalSeconds:N0} events/s, " +
            $"{spent.TotalMicroseconds / batches:N2} us CPU a batch, {spent.TotalMicroseconds / last:N3} us an event");
        Assert.Equal(batches, source.Released);
    }

    private (FakeBatchSource Source, VBucketProgress Progress) RunOne(int vbucket, IActorRef handler)
    {
        var id = VBucketId.From(vbucket);
        var source = new FakeBatchSource(id);
        var progress = new VBucketProgress(id, Epoch, StreamOffset.Beginning, TimeProvider.System);
        VBucketGraph.Run(Materializer, Parts(handler) with { Source = source, Progress = progress });
        return (source, progress);
    }
}
