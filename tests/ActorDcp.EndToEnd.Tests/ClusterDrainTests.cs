using ActorDcp.Host.Drain;
using ActorDcp.Producer;
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
}
