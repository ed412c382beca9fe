using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Nodes;

public sealed class ReplicationTests
{
    [Fact]
    public async Task Every_kind_of_change_stands_on_the_replicas_as_on_the_active()
    {
        await using var producer = await StartAsync(nodes: 3, replicas: 2);
        for (var i = 0; i < 40; i++)
            producer.Bucket.Set($"before-{i}", $"{{\"n\":{i}}}", flags: (uint)i, expiry: i % 3 == 0 ? 4_000_000_000 : 0);
        await Copies.AssertSameAsync(producer);
        for (var i = 0; i < 40; i += 2)
            producer.Bucket.Delete($"before-{i}");
        for (var i = 0; i < 40; i += 3)
            producer.Bucket.Set($"before-{i}", new byte[5_000]);
        producer.Bucket.Collections.CreateScope("inventory");
        producer.Bucket.Collections.CreateCollection("inventory", "hotels", maxTtl: 60);
        await Copies.AssertSameAsync(producer);
        var counts = producer.Nodes.Select(node => node.Bucket.DocumentCount).ToList();
        Assert.Equal([producer.Bucket.DocumentCount], counts.Distinct());
    }

    [Fact]
    public async Task A_replica_serves_streams_but_no_data()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 1);
        var (active, replica) = (producer.Nodes[0], producer.Nodes[1]);
        producer.Bucket.Set("a", "1");
        producer.Bucket.Set("b", "2");
        await Copies.AssertSameAsync(producer);
        Assert.Equal((VBucketState.Active, VBucketState.Replica), (active.StateOf(default)!.Value, replica.StateOf(default)!.Value));

        await using var client = await RawClient.OpenDcpAsync(replica);
        Assert.Equal(Status.NotMyVBucket, (await client.SetAsync(0, "c", "3")).Status);
        Assert.Equal(Status.NotMyVBucket, (await client.StreamAsync(0, flags: 0x10)).Status);
        Assert.Equal(Status.Success, (await client.StreamAsync(0)).Status);
        var texts = await client.ReadUntilAsync(frame => frame.IsEvent && frame.Seqno == 2);
        Assert.Equal(["mutation 1 \0a", "mutation 2 \0b"], texts.Where(frame => frame.IsEvent).Select(frame => frame.ToString()));
    }

    [Fact]
    public async Task A_replica_follows_a_branch_that_lost_changes()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 1);
        for (var i = 0; i < 10; i++)
            producer.Bucket.Set($"k{i}", "v");
        await Copies.AssertSameAsync(producer);
        producer.LoseNewest(default, 4);
        producer.Bucket.Set("after", "v");
        await Copies.AssertSameAsync(producer);
        Assert.Equal(new Seqno(7), producer.Nodes[1].Bucket.HighSeqno(default));
        Assert.Null(producer.Nodes[1].Bucket.Get("k9"));
    }

    [Fact]
    public async Task Answers_that_are_planned_for_clients_are_not_given_to_nodes()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1);
        producer.AnswerNext(Status.TemporaryFailure, 5);
        producer.DropConnections();
        for (var i = 0; i < 40; i++)
            producer.Bucket.Set($"k{i}", "v");

        await Copies.AssertSameAsync(producer);

        Assert.All(producer.Nodes, node => Assert.Equal(5, node.Faults.Report.AnswersLeft));
    }

    [Fact]
    public async Task Replicas_catch_up_when_connections_are_cut_and_deliveries_stall()
    {
        await using var producer = await StartAsync(nodes: 3, replicas: 1);
        var dropped = 0;
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 50; i++)
                producer.Bucket.Set($"k{i}", $"{round}");
            dropped += producer.DropConnections();
            producer.StallDelivery();
            for (var i = 0; i < 50; i++)
                producer.Bucket.Set($"k{i + 25}", $"again {round}");
            producer.ResumeDelivery();
            await Copies.AssertSameAsync(producer);
        }
        Assert.True(dropped > 0);
    }

    [Fact]
    public async Task More_bytes_than_the_window_reach_the_replica()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 2);
        var value = new byte[1024 * 1024];
        for (var i = 0; i < 24; i++)
            producer.Bucket.Set($"k{i}", value);
        await Copies.AssertSameAsync(producer);
    }

    private static Task<EmbeddedProducer> StartAsync(int nodes, int replicas, int vbuckets = 8) =>
        EmbeddedProducer.StartAsync(o => o.VBuckets(vbuckets).Nodes(nodes).Replicas(replicas).KeepHistory());
}
