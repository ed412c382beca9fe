using System.Text;
using ActorDcp.Producer;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Client.Tests.Stress;

/// <summary>
/// Many writers, and many consumers that connect, break off in the middle of snapshots and resume, at random: each must end with
/// exactly what the producer has, and hold at each whole snapshot what the vbucket held there (dcp-reference.md 4.5).
/// </summary>
public sealed class RandomConsumersTests
{
    private const int VBuckets = 3;
    private const int Keys = 80;

    [Theory]
    [InlineData(1, true, Trouble.None)]
    [InlineData(2, false, Trouble.None)]
    [InlineData(3, true, Trouble.OnDisk)]
    [InlineData(4, false, Trouble.Purge)]
    [InlineData(5, false, Trouble.OnDisk | Trouble.Purge)]
    [InlineData(6, true, Trouble.Failover)]
    [InlineData(7, true, Trouble.OnDisk | Trouble.Failover)]
    [InlineData(8, true, Trouble.Purge | Trouble.Failover)]
    public async Task Every_consumer_ends_with_what_the_producer_has(int seed, bool keepHistory, Trouble trouble)
    {
        var folder = trouble.HasFlag(Trouble.OnDisk) ? Directory.CreateTempSubdirectory("actordcp") : null;
        try
        {
            await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
            {
                VBuckets = VBuckets,
                CheckpointMaxItems = 12,
                KeepHistory = keepHistory,
                DataDirectory = folder?.FullName,
            });
            var run = new Run(producer, seed, trouble);
            using var writersDone = new CancellationTokenSource();
            var consumers = Enumerable.Range(0, 6).Select(number => Task.Run(() => run.ConsumeAsync(number, writersDone.Token))).ToArray();
            await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Run(() => run.Write(number))));
            await producer.Bucket.FlushAsync();
            await writersDone.CancelAsync();
            foreach (var models in await Task.WhenAll(consumers).WaitAsync(TimeSpan.FromSeconds(90)))
                foreach (var model in models)
                    AssertEqual(producer.Bucket, model, keepHistory && !trouble.HasFlag(Trouble.Failover));
        }
        finally
        {
            folder?.Delete(recursive: true);
        }
    }

    private static void AssertEqual(Bucket bucket, ConsumerModel model, bool withHistory)
    {
        var expected = new Dictionary<string, HeldChange>();
        var history = bucket.Documents(model.VBucket);
        var boundaries = new Queue<(StreamOffset At, Dictionary<string, HeldChange> Held)>(model.Boundaries);
        foreach (var change in history)
        {
            while (withHistory && boundaries.TryPeek(out var boundary) && boundary.At.Seqno < change.Seqno)
                AssertSame(expected, boundaries.Dequeue().Held, $"vbucket {model.VBucket} at {boundary.At}");
            expected[Encoding.UTF8.GetString(change.Key.Span)] =
                new HeldChange(change.Seqno, change.Cas, change.Type != RecordedChangeType.Mutation);
        }
        AssertSame(expected, model.Live, $"vbucket {model.VBucket} at the end, {model.Offset}");
    }

    private static void AssertSame(Dictionary<string, HeldChange> expected, Dictionary<string, HeldChange> held, string where)
    {
        var live = ConsumerModel.LiveOf(expected).OrderBy(pair => pair.Value.Seqno.Value).ToArray();
        var has = ConsumerModel.LiveOf(held).OrderBy(pair => pair.Value.Seqno.Value).ToArray();
        Assert.True(live.SequenceEqual(has), $"{where}: expected and not there {string.Join(", ", live.Except(has))}; there and not expected {string.Join(", ", has.Except(live))}");
    }

    /// <summary>What else happens meanwhile.</summary>
    [Flags]
    public enum Trouble
    {
        None,
        /// <summary>The bucket is on disk, so that backfills end before memory does.</summary>
        OnDisk = 1,
        /// <summary>Tombstones are purged.</summary>
        Purge = 2,
        /// <summary>The newest changes are lost.</summary>
        Failover = 4,
    }

    private sealed class Run(EmbeddedProducer producer, int seed, Trouble trouble)
    {
        private const int WritesEach = 4000;

        public void Write(int number)
        {
            var random = new Random(seed * 100 + number);
            for (var i = 0; i < WritesEach; i++)
            {
                var vbucket = VBucketId.From(random.Next(VBuckets));
                var key = $"k{random.Next(Keys)}";
                var what = random.Next(1000);
                if (what < 250)
                    producer.Bucket.Delete(vbucket, key);
                else
                    producer.Bucket.Set(vbucket, key, new byte[random.Next(300)]);
                if (what is > 995 and < 998)
                    producer.ExpelCheckpoints(vbucket);
                if (what is > 970 and < 990 && trouble.HasFlag(Trouble.Purge))
                    producer.PurgeTombstones(vbucket, producer.Bucket.HighSeqno(vbucket));
                if (what == 999 && trouble.HasFlag(Trouble.Failover))
                    producer.LoseNewest(vbucket, random.Next(1, 30));
                if (what < 5)
                    Thread.Yield();
            }
        }

        public async Task<ConsumerModel[]> ConsumeAsync(int number, CancellationToken writersDone)
        {
            var random = new Random(seed * 1000 + number);
            var models = Enumerable.Range(0, VBuckets).Select(vbucket => new ConsumerModel(VBucketId.From(vbucket))).ToArray();
            while (!writersDone.IsCancellationRequested || models.Any(model => model.Offset.Seqno < producer.Bucket.HighSeqno(model.VBucket)
                || model.Offset.Uuid != producer.Bucket.FailoverLog(model.VBucket).NewestUuid))
            {
                var options = Options.For(producer) with
                {
                    Name = $"{seed}-{number}",
                    Window = random.Next(3) == 0 ? random.Next(1, 300) : random.Next(1, 100_000),
                    MaxMarker22 = random.Next(2) == 0,
                    Collections = number % 3 != 2,
                };
                await using var connection = await options.OpenAsync();
                for (var round = random.Next(1, 4); round > 0; round--)
                {
                    var seeds = models.Select(_ => random.Next()).ToArray();
                    await Task.WhenAll(models.Select((model, i) => FollowAsync(connection, model, new Random(seeds[i]), writersDone)));
                }
                if (random.Next(2) == 0)
                    await Eventually.HoldsAsync(() => connection.Ledger.Unacknowledged == 0, "everything is acknowledged");
            }
            return models;
        }

        /// <summary>Streams one vbucket for a while and breaks off anywhere, perhaps in the middle of a batch.</summary>
        private async Task FollowAsync(DcpConnection connection, ConsumerModel model, Random random, CancellationToken writersDone)
        {
            var atEnd = writersDone.IsCancellationRequested;
            var result = await connection.RequestStreamAsync(
                new StreamRequest(model.VBucket, model.Offset, atEnd ? producer.Bucket.HighSeqno(model.VBucket) : Seqno.Max), CancellationToken.None).InTimeAsync();
            if (result is StreamRequestResult.Rollback rollback)
            {
                model.GoBack(rollback.Seqno);
                return;
            }
            if (result is StreamRequestResult.Refused { Status: Protocol.Status.OutOfRange })
                return;
            var opened = Assert.IsType<StreamRequestResult.Opened>(result);
            model.Opened();
            var left = atEnd ? int.MaxValue : random.Next(1, 900);
            while (left > 0)
            {
                if (!opened.Source.TryTake(Taker.Epoch, out var batch))
                {
                    if (opened.Source.Ending is not null || (!atEnd && writersDone.IsCancellationRequested))
                        break;
                    var available = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    opened.Source.WhenAvailable(() => available.TrySetResult());
                    using var writersStop = atEnd ? default : writersDone.Register(() => available.TrySetResult());
                    await available.Task.InTimeAsync();
                    continue;
                }
                var count = Math.Min(batch.Count, left);
                model.Take(batch, count);
                batch.Release();
                left -= count;
            }
            if (opened.Source.Ending is null)
                await connection.CloseStreamAsync(opened.Source, CancellationToken.None).InTimeAsync();
        }
    }
}
