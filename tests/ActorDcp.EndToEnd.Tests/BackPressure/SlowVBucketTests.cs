using System.Collections.Concurrent;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Producer;
using ActorDcp.VBuckets;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.EndToEnd.Tests.BackPressure;

/// <summary>A slow vbucket hurts only itself (design invariant 7), on a window that it alone could fill many times over.</summary>
public sealed class SlowVBucketTests
{
    private const int VBuckets = 8;

    private static readonly VBucketId Slow = VBucketId.From(0);

    [Fact]
    public async Task While_a_handler_takes_its_time_all_others_go_on_and_it_still_gets_everything_once_and_in_order()
    {
        const int slowChanges = 1500;
        using var folder = new TestFolder();
        await using var producer = await StartProducerAsync();
        var turns = new Turns();
        await using var member = await StartMemberAsync(producer, folder, turns);
        await using var watch = new LedgerWatch(member);
        var state = member.Service<MemberState>();
        Write(producer, Slow, slowChanges);

        var parked = 0;
        while (turns.Handled(Slow).Count < slowChanges)
        {
            await AllOthersGetAsync(producer, turns, 100);
            await Eventually.TrueAsync(() => turns.Waiting > 0 || turns.Handled(Slow).Count == slowChanges, () => "the slow handler has no batch");
            if (Row(state).Phase == VBucketPhase.Parked)
                parked++;
            turns.LetOneBatchPass();
        }

        Assert.True(parked > 1, $"it was seen parked {parked} times");
        Assert.Equal(Enumerable.Range(1, slowChanges).Select(seqno => (ulong)seqno), turns.Handled(Slow));
        await member.CaughtUpAsync(producer);
        var received = LedgerWatch.Ledgers(state).Sum(ledger => ledger.TotalReceived);
        var handled = state.Group!.Board.Rows.Sum(row => row.Progress!.Progress.Sample().Bytes);
        Assert.True(received < handled * 1.2, $"{received} bytes were read to deliver {handled}");
        Assert.Equal(0, LedgerWatch.Ledgers(state).Sum(ledger => ledger.Parked));
        Assert.Empty(await watch.EndAsync());
    }

    [Fact]
    public async Task With_the_parked_budget_spent_as_well_what_is_queued_is_read_again_and_nobody_waits()
    {
        using var folder = new TestFolder();
        await using var producer = await StartProducerAsync();
        var turns = new Turns();
        await using var member = await StartMemberAsync(producer, folder, turns, ("ActorDcp:ParkedBytes", "4KiB"));
        var state = member.Service<MemberState>();
        Write(producer, Slow, 1000);

        for (var round = 0; round < 5; round++)
            await AllOthersGetAsync(producer, turns, 100);

        turns.LetAllPass();
        await member.CaughtUpAsync(producer);
        Assert.Equal(Enumerable.Range(1, 1000).Select(seqno => (ulong)seqno), turns.Handled(Slow));
        Assert.Equal(0, LedgerWatch.Ledgers(state).Sum(ledger => ledger.Parked));
    }

    [Fact]
    public async Task A_handler_that_fails_for_ever_hurts_only_its_vbucket()
    {
        using var folder = new TestFolder();
        await using var producer = await StartProducerAsync();
        var turns = new Turns { Fails = true };
        await using var member = await StartMemberAsync(producer, folder, turns, ("ActorDcp:Handler:Retries", "1000"));
        Write(producer, Slow, 1000);

        for (var round = 0; round < 5; round++)
            await AllOthersGetAsync(producer, turns, 100);

        Assert.Empty(turns.Handled(Slow));
        turns.Fails = false;
        turns.LetAllPass();
        await member.CaughtUpAsync(producer);
        Assert.Equal(Enumerable.Range(1, 1000).Select(seqno => (ulong)seqno), turns.Handled(Slow));
    }

    private static VBucketRow Row(MemberState state) => state.Group!.Board.Rows.Single(row => row.VBucket == Slow);

    private static Task<EmbeddedProducer> StartProducerAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = VBuckets });

    private static Task<TestMember> StartMemberAsync(
        EmbeddedProducer producer, TestFolder folder, Turns turns, params (string Key, string Value)[] settings) =>
        TestMember.StartAsync(
            producer, folder.Path,
            builder =>
            {
                builder.Services.AddSingleton(turns);
                builder.AddHandler<TurnHandler>();
            },
            [("ActorDcp:Window", "256KiB"), .. settings]);

    /// <summary>Writes twice the window to the other vbuckets and waits until all of it is handled.</summary>
    private static async Task AllOthersGetAsync(EmbeddedProducer producer, Turns turns, int changes)
    {
        for (var vbucket = 1; vbucket < VBuckets; vbucket++)
            Write(producer, VBucketId.From(vbucket), changes);
        for (var vbucket = 1; vbucket < VBuckets; vbucket++)
        {
            var id = VBucketId.From(vbucket);
            var expected = (int)producer.Bucket.HighSeqno(id).Value;
            await Eventually.TrueAsync(() => turns.Handled(id).Count == expected, () => $"vbucket {id} handled {turns.Handled(id).Count} of {expected}");
        }
    }

    private static void Write(EmbeddedProducer producer, VBucketId vbucket, int count)
    {
        var value = new byte[1024];
        for (var i = 0; i < count; i++)
            producer.Bucket.Set(vbucket, Guid.NewGuid().ToString("n"), value);
    }

    /// <summary>What handlers handled, and when the slow one may go on.</summary>
    private sealed class Turns
    {
        private readonly ConcurrentDictionary<VBucketId, ConcurrentQueue<ulong>> _handled = new();
        private readonly SemaphoreSlim _permits = new(0);
        private int _waiting;

        public bool Fails { get; set; }

        public int Waiting => Volatile.Read(ref _waiting);

        public ConcurrentQueue<ulong> Handled(VBucketId vbucket) => _handled.GetOrAdd(vbucket, static _ => new ConcurrentQueue<ulong>());

        public void LetOneBatchPass() => _permits.Release();

        public void LetAllPass() => _permits.Release(1_000_000);

        public async Task WaitAsync(CancellationToken stopping)
        {
            if (Fails)
                throw new InvalidOperationException("planted");
            Interlocked.Increment(ref _waiting);
            try
            {
                await _permits.WaitAsync(stopping);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }

        public void Add(DcpEvent change) => _handled.GetOrAdd(change.VBucket, static _ => new ConcurrentQueue<ulong>()).Enqueue(change.Seqno.Value);
    }

    private sealed class TurnHandler(Turns turns) : IDcpHandler
    {
        public async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            if (batch.VBucket == Slow)
                await turns.WaitAsync(stopping);
            foreach (var change in batch)
                turns.Add(change);
        }

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
    }
}
