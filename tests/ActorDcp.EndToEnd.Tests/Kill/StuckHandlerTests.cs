using System.Collections.Concurrent;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Producer;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.EndToEnd.Tests.Kill;

/// <summary>A member that leaves does not wait for ever for a handler that never comes back, and only what that one had comes again.</summary>
public sealed class StuckHandlerTests
{
    private const int VBuckets = 8;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly VBucketId Slow = new(3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_member_with_a_stuck_handler_ends_and_only_its_batch_comes_again(bool blocksItsThread)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = VBuckets, KeepHistory = true });
        using var hole = new Hole(Slow, blocksItsThread);
        Write(producer, "before");
        var member = await StartAsync(producer, folder, hole);
        await member.CaughtUpAsync(producer);
        hole.Open();
        Write(producer, "stuck");
        await Eventually.TrueAsync(() => hole.HasSomebody && hole.Handled.Count == 2 * VBuckets - 1, () => $"{hole.Handled.Count} handled");

        await member.DisposeAsync().AsTask().WaitAsync(Limit);
        hole.Close();

        await using (var next = await StartAsync(producer, folder, hole))
            await next.CaughtUpAsync(producer);
        // the batch that the first never finished, and nothing else, was handed over a second time
        Assert.Equal([(Slow, 2UL)], hole.Handed.GroupBy(change => change).Where(same => same.Count() > 1).Select(same => same.Key));
        Assert.Equal(2 * VBuckets, hole.Handed.Distinct().Count());
    }

    private static void Write(EmbeddedProducer producer, string name)
    {
        for (var vbucket = 0; vbucket < VBuckets; vbucket++)
            producer.Bucket.Set(VBucketId.From(vbucket), $"{name}-{vbucket}", "{}"u8);
    }

    private static Task<TestMember> StartAsync(EmbeddedProducer producer, TestFolder folder, Hole hole) => TestMember.StartAsync(
        producer, folder.Path,
        builder =>
        {
            builder.Services.AddSingleton(hole);
            builder.AddHandler<StuckHandler>();
        },
        // only what is saved on the way out is not repeated
        ("ActorDcp:Checkpoint:Interval", "50s"), ("ActorDcp:DrainTimeout", "1s"));

    /// <summary>Where the handler of one vbucket stays while it is open, whatever it is told.</summary>
    internal sealed class Hole(VBucketId vbucket, bool blocks) : IDisposable
    {
        private readonly ManualResetEventSlim _closed = new(true);
        private volatile bool _hasSomebody;

        public bool HasSomebody => _hasSomebody;

        public ConcurrentQueue<(VBucketId, ulong)> Handed { get; } = [];

        public ConcurrentQueue<(VBucketId, ulong)> Handled { get; } = [];

        public void Open() => _closed.Reset();

        public void Close() => _closed.Set();

        public async Task PassAsync(VBucketId from)
        {
            if (from != vbucket || _closed.IsSet)
                return;
            _hasSomebody = true;
            if (blocks)
                _closed.Wait(Limit);
            else
                await Task.Run(() => _closed.Wait(Limit), CancellationToken.None);
        }

        public void Dispose() => _closed.Set();
    }

    internal sealed class StuckHandler(Hole hole) : IDcpHandler
    {
        public async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            var changes = new List<(VBucketId, ulong)>();
            foreach (var change in batch)
                changes.Add((change.VBucket, change.Seqno.Value));
            changes.ForEach(hole.Handed.Enqueue);
            await hole.PassAsync(changes[0].Item1);
            changes.ForEach(hole.Handled.Enqueue);
        }

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
    }
}
