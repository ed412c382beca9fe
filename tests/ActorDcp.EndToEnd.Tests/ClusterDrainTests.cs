using ActorDcp.EndToEnd.Tests.BackPressure;
using ActorDcp.Host.Drain;
using ActorDcp.Producer;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>A drain follows vbuckets from node to node.</summary>
public sealed class ClusterDrainTests
{
    private const int Batch = 600;

    [Fact]
    public async Task Every_event_arrives_once_through_moves_a_new_node_and_a_failover()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(12).Nodes(3).Replicas(1).KeepHistory());
        using var stream = new MemoryStream();
        using var output = new JsonLinesOutput(stream, values: false, systemEvents: true);
        using var deadline = new CancellationTokenSource(DrainFixture.Deadline);
        var options = DrainFixture.Options(producer) with { Until = new DrainEnd.Count(4 * Batch) };
        await using var session = new DrainSession(options, output, TimeProvider.System, NullLogger.Instance);
        Write(producer, "first");
        var running = session.RunAsync(deadline.Token);
        await WaitAsync(() => session.Counters.Items >= Batch / 2, running, deadline.Token);

        var writing = Task.Run(() => Write(producer, "moving"), deadline.Token);
        for (var i = 0; i < 12; i++)
            await producer.MoveVBucketAsync(VBucketId.From(i), (i + 1) % 3, deadline.Token);
        await writing;
        await producer.AddNodeAsync(deadline.Token);
        await producer.RebalanceAsync(deadline.Token);
        Write(producer, "four nodes");
        await producer.WaitForReplicasAsync(deadline.Token);
        await producer.FailOverNodeAsync(1, deadline.Token);
        Write(producer, "after the failover");
        await running;

        var lines = DrainFixture.Lines(stream);
        DrainFixture.AssertSame(DrainFixture.Facts(producer.Bucket), DrainFixture.Facts(lines));
        Assert.DoesNotContain(lines, line => line.GetProperty("type").GetString() == "rolled_back");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_the_old_node_keeps_open_after_a_move_is_left(bool pushesMaps)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2));
        await using var relay = new FrameRelay(
            producer.Endpoint.Port,
            toClient: (_, frame) => FrameRelay.Opcode(frame) == (byte)Opcode.DcpStreamEnd || (!pushesMaps && FrameRelay.Magic(frame) == (byte)Magic.ServerRequest) ? [] : [frame]);
        await using var drain = new RunningDrain(relay, items: 2);
        producer.Bucket.Set("before", "{}");
        await drain.WroteAsync(1);

        await producer.MoveVBucketAsync(VBucketId.From(0), 1, drain.Deadline);
        producer.Bucket.Set("after", "{}");

        Assert.Equal(["before", "after"], await drain.KeysAsync());
    }

    [Fact]
    public async Task A_drain_whose_only_node_is_lost_asks_the_others_of_the_map()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Replicas(1));
        var relay = new FrameRelay(producer.Endpoint.Port);
        await using var drain = new RunningDrain(relay, items: 2);
        producer.Bucket.Set("before", "{}");
        await drain.WroteAsync(1);
        await producer.WaitForReplicasAsync(drain.Deadline);

        await relay.DisposeAsync();
        await producer.FailOverNodeAsync(0, drain.Deadline);
        producer.Bucket.Set("after", "{}");

        Assert.Equal(["before", "after"], await drain.KeysAsync());
    }

    private static void Write(EmbeddedProducer producer, string name)
    {
        for (var i = 0; i < Batch; i++)
            producer.Bucket.Set($"{name} {i}", $"{{\"n\":{i}}}");
    }

    private static async Task WaitAsync(Func<bool> condition, Task running, CancellationToken deadline)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition() && !running.IsCompleted)
            await pause.WaitForNextTickAsync(deadline);
    }

    /// <summary>A drain of one vbucket in the background, from the beginning until so many items were written.</summary>
    private sealed class RunningDrain : IAsyncDisposable
    {
        private readonly MemoryStream _stream = new();
        private readonly JsonLinesOutput _output;
        private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(30));
        private readonly DrainSession _session;
        private readonly Task _running;

        public RunningDrain(FrameRelay relay, int items)
        {
            _output = new JsonLinesOutput(_stream, values: false, systemEvents: true);
            var options = DrainFixture.Options($"couchbase://127.0.0.1:{relay.Port}") with { Until = new DrainEnd.Count(items) };
            _session = new DrainSession(options, _output, TimeProvider.System, NullLogger.Instance);
            _running = _session.RunAsync(_deadline.Token);
        }

        public CancellationToken Deadline => _deadline.Token;

        public Task WroteAsync(int items) => WaitAsync(() => _session.Counters.Items >= items, _running, Deadline);

        public async Task<IEnumerable<string?>> KeysAsync()
        {
            await _running;
            return DrainFixture.Lines(_stream).Where(line => line.TryGetProperty("key", out _)).Select(line => line.GetProperty("key").GetString());
        }

        public async ValueTask DisposeAsync()
        {
            await _deadline.CancelAsync();
            await _running.ContinueWith(_ => { }, TaskScheduler.Default);
            await _session.DisposeAsync();
            _output.Dispose();
            _stream.Dispose();
            _deadline.Dispose();
        }
    }
}
