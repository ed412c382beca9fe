using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.Nodes;

public sealed class ClusterFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("actordcp-cluster-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_cluster_comes_back_as_it_was_left_with_a_newer_map()
    {
        long revision;
        List<int[]> layout;
        List<FailoverLog> logs;
        await using (var producer = await StartAsync(nodes: 2))
        {
            Write(producer, "k", 60);
            await producer.AddNodeAsync();
            await producer.RebalanceAsync();
            await producer.RemoveNodeAsync(1);
            Write(producer, "more", 60);
            await Copies.AssertSameAsync(producer);
            (revision, layout, logs) = (producer.MapRevision, Layout(producer), Logs(producer));
        }
        await using (var producer = await StartAsync(nodes: 2))
        {
            Assert.Equal([0, 2], producer.Nodes.Select(node => node.Id));
            Assert.True(producer.MapRevision > revision);
            Assert.Equal(layout, Layout(producer));
            Assert.Equal(logs, Logs(producer));
            Assert.Equal(120, producer.Bucket.DocumentCount);
            Write(producer, "last", 60);
            await Copies.AssertSameAsync(producer);
            Assert.Equal(3, (await producer.AddNodeAsync()).Id);
        }
    }

    [Fact]
    public async Task After_a_crash_each_active_begins_a_branch_and_replicas_follow_it()
    {
        var producer = await StartAsync(nodes: 3);
        Write(producer, "k", 60);
        await producer.Bucket.FlushAsync();
        await producer.MoveVBucketAsync(new VBucketId(0), 1);
        Write(producer, "unsure", 60);
        await producer.CrashAsync();

        await using var again = await StartAsync(nodes: 3);
        Assert.Equal(1, again.ActiveNodeOf(new VBucketId(0))!.Id);
        Assert.InRange(again.Bucket.DocumentCount, 60, 120);
        Assert.All(Logs(again), log => Assert.Equal(2, log.Entries.Length));
        Write(again, "after", 60);
        await Copies.AssertSameAsync(again);
    }

    [Fact]
    public async Task A_flush_does_not_wait_for_a_node_that_is_stopped()
    {
        await using var producer = await StartAsync(nodes: 2);
        Write(producer, "k", 60);
        await producer.StopNodeAsync(1, clean: false);
        await producer.Bucket.FlushAsync().WaitAsync(Copies.Deadline);
    }

    [Fact]
    public async Task A_crashed_node_that_is_started_again_reads_its_folder()
    {
        await using var producer = await StartAsync(nodes: 2);
        Write(producer, "k", 60);
        await producer.Bucket.FlushAsync();
        await Copies.AssertSameAsync(producer);
        await producer.StopNodeAsync(0, clean: false);
        await producer.StartNodeAsync(0);
        Assert.Equal(60, producer.Bucket.DocumentCount);
        Write(producer, "more", 60);
        await Copies.AssertSameAsync(producer);
    }

    [Fact]
    public async Task A_folder_of_one_node_goes_on_as_a_cluster()
    {
        await using (var one = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { DataDirectory = _folder, VBuckets = 8 }))
            Write(one, "k", 40);
        File.Delete(Path.Combine(_folder, "cluster.json"));
        await using var producer = await StartAsync(nodes: 3);
        Assert.Equal([0], producer.Nodes.Select(node => node.Id));
        await producer.AddNodeAsync();
        await producer.RebalanceAsync();
        Assert.Equal(40, producer.Bucket.DocumentCount);
        Assert.All(producer.Nodes, node => Assert.Equal(4, node.Bucket.VBuckets.Count(copy => copy.State == VBucketState.Active)));
        await Copies.AssertSameAsync(producer);
    }

    private static void Write(EmbeddedProducer producer, string name, int count)
    {
        for (var i = 0; i < count; i++)
            producer.Bucket.Set($"{name}-{i}", $"{i}");
    }

    private static List<int[]> Layout(EmbeddedProducer producer) =>
        [.. Ids(producer).Select(vbucket => producer.NodesOf(vbucket).Select(node => node?.Id ?? -1).ToArray())];

    private static List<FailoverLog> Logs(EmbeddedProducer producer) => [.. Ids(producer).Select(producer.Bucket.FailoverLog)];

    private static IEnumerable<VBucketId> Ids(EmbeddedProducer producer) => Enumerable.Range(0, producer.Bucket.VBucketCount).Select(VBucketId.From);

    private Task<EmbeddedProducer> StartAsync(int nodes) =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { DataDirectory = _folder, VBuckets = 8, Nodes = nodes, Replicas = 1 });
}
