using System.Net;
using ActorDcp.Client;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Producer.Tests;
using ActorDcp.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace ActorDcp.EndToEnd.Tests.BackPressure;

/// <summary>
/// What a member of 1,024 vbuckets holds while handlers stand still, however much the node has for it: the window, the parked budget
/// and a constant. The node is a process of its own, so that its documents do not count.
/// </summary>
[Collection(MeasuresTheHeap.Name)]
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const int VBuckets = 1024;
    private const int Window = 8 * 1024 * 1024;
    private const int ParkedBytes = 16 * 1024 * 1024;

    /// <summary>What else may come to what a member holds when all is well: garbage that was not collected yet, buffers that are kept.</summary>
    private const long Constant = 150 * 1024 * 1024;

    private static readonly VBucketId Stalled = VBucketId.From(0);

    [Fact]
    public async Task Standing_still_costs_the_window_the_parked_budget_and_a_constant()
    {
        // five times what may be held, for one vbucket alone
        const int large = 64 * 1024, larges = 2048, loaded = 50_000;
        using var folder = new TestFolder();
        await using var producer = HostProcess.Start(
            ["producer", "--port", "0", "--vbuckets", $"{VBuckets}", "--load", $"{loaded}", "--rate", "20000", "--value-size", "1024"]);
        var port = await ServeProcess.PortAsync(producer, "kv");
        var handled = new Handled();
        await using var member = await TestMember.StartAsync(
            $"couchbase://127.0.0.1:{port}", folder.Path,
            builder =>
            {
                builder.Services.AddSingleton(handled);
                builder.AddHandler<StallingHandler>();
            },
            ("ActorDcp:Window", $"{Window}B"), ("ActorDcp:ParkedBytes", $"{ParkedBytes}B"),
            // nobody waits for handlers that never come back
            ("ActorDcp:DrainTimeout", "1s"));
        var state = member.Service<MemberState>();
        await using var watch = new LedgerWatch(member);
        // all streams are open and what they need once is there
        await Eventually.TrueAsync(() => handled.Count > loaded, () => $"{handled.Count} events handled");
        var floor = LeastResident();
        var most = new Most();
        void Look() => most.Note(Environment.WorkingSet - floor, state);

        handled.IsStalled = vbucket => vbucket == Stalled;
        var before = handled.Count;
        var writing = WriteAsync(port, larges, new byte[large]);
        await Eventually.TrueAsync(
            () =>
            {
                Look();
                return writing.IsCompleted && handled.Count >= before + loaded && most.Parked > 0;
            },
            () => $"{handled.Count - before} events of others handled; {most}");
        await writing;
        output.WriteLine($"one stands still: {most}; {handled.Count - before:n0} events of others handled");

        handled.IsStalled = _ => true;
        await ReceivedNoMoreAsync(state, Look);
        output.WriteLine($"all stand still: {most}");

        Assert.InRange(LedgerWatch.Ledgers(state).Sum(ledger => ledger.Unacknowledged), Window - large, Window + large);
        Assert.InRange(most.Parked, 0, ParkedBytes);
        // chunks hold at most twice their frames, and each stream one that it is filling
        Assert.InRange(most.Pinned, 0, 2L * (Window + ParkedBytes) + VBuckets * 4096L);
        Assert.InRange(most.Resident, 0, Window + ParkedBytes + Constant);
        Assert.Empty(await watch.EndAsync());
    }

    private static async Task WriteAsync(int port, int count, byte[] value)
    {
        await using var client = await RawClient.LoginAsync(new IPEndPoint(IPAddress.Loopback, port), "default");
        for (var i = 0; i < count; i++)
            await client.SendAsync(Opcode.Set, Stalled.Value, (uint)i, new byte[8], [0, .. BitConverter.GetBytes(i)], value);
        for (var i = 0; i < count; i++)
            Assert.Equal(Status.Success, (await client.ReadAsync()).Status);
    }

    private static async Task ReceivedNoMoreAsync(MemberState state, Action look)
    {
        var (received, same) = (0L, 0);
        await Eventually.TrueAsync(
            () =>
            {
                look();
                var now = LedgerWatch.Ledgers(state).Sum(ledger => ledger.TotalReceived);
                (received, same) = (now, now == received ? same + 1 : 0);
                return same >= 20;
            },
            () => $"{received} bytes received, and more");
    }

    // garbage must not hide what is taken from now on
    private static long LeastResident()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Environment.WorkingSet;
    }

    /// <summary>The most that was seen of each figure.</summary>
    private sealed class Most
    {
        public long Resident { get; private set; }

        public long Unacknowledged { get; private set; }

        public long Parked { get; private set; }

        public long Pinned { get; private set; }

        public void Note(long resident, MemberState state)
        {
            var connections = state.Group!.ConnectionBoard.Entries.Select(entry => entry.Value.Connection).OfType<DcpConnection>().ToList();
            Resident = Math.Max(Resident, resident);
            Unacknowledged = Math.Max(Unacknowledged, connections.Sum(connection => connection.Ledger.Unacknowledged));
            Parked = Math.Max(Parked, connections.Sum(connection => connection.Ledger.Parked));
            Pinned = Math.Max(Pinned, connections.Sum(connection => connection.Statistics.PinnedBytes));
        }

        public override string ToString() =>
            $"at most {Resident:n0} bytes more resident, {Unacknowledged:n0} unacknowledged, {Parked:n0} parked, {Pinned:n0} pinned";
    }

    private sealed class Handled
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public Func<VBucketId, bool> IsStalled { get; set; } = static _ => false;

        public void Add(DcpBatch batch) => Interlocked.Add(ref _count, batch.Count);
    }

    private sealed class StallingHandler(Handled handled) : IDcpHandler
    {
        private static readonly Task Never = new TaskCompletionSource().Task;

        public async ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping)
        {
            if (handled.IsStalled(batch.VBucket))
                await Never.WaitAsync(stopping);
            handled.Add(batch);
        }

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => ValueTask.CompletedTask;
    }
}
