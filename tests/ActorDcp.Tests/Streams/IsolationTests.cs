using System.Diagnostics;
using ActorDcp.Handlers;
using ActorDcp.Streams;
using Akka.Actor;
using Xunit.Abstractions;

namespace ActorDcp.Tests.Streams;

public sealed class IsolationTests(ITestOutputHelper output) : StreamTestBase(output)
{
    private readonly ITestOutputHelper _output = output;
    private readonly HandlerCounts _counts = new();

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
    [InlineData(1, 1, 3_000)]
    [InlineData(1, 64, 3_000)]
    [InlineData(64, 16, 300)]
    public async Task What_a_hand_over_costs_is_printed(int vbuckets, int eventsABatch, int batches)
    {
        var last = (ulong)(eventsABatch * batches);
        var running = Enumerable.Range(0, vbuckets).Select(number =>
        {
            var id = VBucketId.From(number);
            var source = new EndlessBatchSource(id, eventsABatch, last);
            var progress = new VBucketProgress(id, Epoch, StreamOffset.Beginning, TimeProvider.System);
            var handler = Sys.ActorOf(DcpHandlerProps
                .FromHandler(_ => new CountHandler(_counts)).For(Sys, new HandlerAssignment(id, "group", "member")));
            return (source, progress, parts: Parts(handler) with { Source = source, Progress = progress });
        }).ToList();
        var watch = Stopwatch.StartNew();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;

        foreach (var (_, _, parts) in running)
            VBucketGraph.Run(Materializer, parts);
        await Until(() => running.TrueForAll(vbucket => vbucket.progress.Sample().Handled.Seqno.Value == last));

        var spent = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        var all = (double)(batches * vbuckets);
        _output.WriteLine(
            $"{vbuckets} vbuckets, {eventsABatch} events a batch: {all * eventsABatch / watch.Elapsed.TotalSeconds:N0} events/s, " +
            $"{spent.TotalMicroseconds / all:N2} us CPU a batch, {spent.TotalMicroseconds / all / eventsABatch:N3} us an event");
        await Until(() => running.TrueForAll(vbucket => vbucket.source.Released == batches));
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
