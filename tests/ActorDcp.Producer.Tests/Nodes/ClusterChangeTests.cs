using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Nodes;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Nodes;

public sealed class ClusterChangeTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task A_move_keeps_everything_and_the_failover_log_ends_streams_and_makes_one_revision()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 0, vbuckets: 1);
        for (var i = 0; i < 20; i++)
            producer.Bucket.Set($"k{i}", $"{i}");
        producer.Failover(Zero, new Seqno(15));
        var (log, before, revision) = (producer.Bucket.FailoverLog(Zero), Copies.Of(producer.Nodes[0], Zero), producer.MapRevision);
        await using var client = await RawClient.OpenDcpAsync(producer.Nodes[0]);
        await client.StreamAsync(0, flags: 0x40);

        await producer.MoveVBucketAsync(Zero, 1);

        Assert.Equal("end 2", (await client.ReadAsync()).ToString());
        Assert.Equal(revision + 1, producer.MapRevision);
        Assert.Same(producer.Nodes[1], producer.ActiveNodeOf(Zero));
        Assert.Null(producer.Nodes[0].StateOf(Zero));
        Assert.Equal(log, producer.Bucket.FailoverLog(Zero));
        Assert.Equal(before, Copies.Of(producer.Nodes[1], Zero));
        var refused = await client.StreamAsync(0);
        Assert.Equal(Status.NotMyVBucket, refused.Status);
        Assert.Contains("\"vBucketMap\":[[1]]", refused.ValueText, StringComparison.Ordinal);

        await using var there = await RawClient.OpenDcpAsync(producer.Nodes[1]);
        Assert.Equal(Status.Success, (await there.StreamAsync(0, start: 15, uuid: log.NewestUuid.Value)).Status);
    }

    [Fact]
    public async Task A_copy_made_without_purged_tombstones_says_so()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 0, vbuckets: 1);
        Write(producer, "k", 5);
        producer.Bucket.Delete("k-1");
        Write(producer, "more", 5);
        producer.PurgeTombstones(Zero, new Seqno(6));
        producer.ExpelCheckpoints(Zero);
        await producer.MoveVBucketAsync(Zero, 1);
        Assert.Equal(new Seqno(6), producer.Bucket.PurgeSeqno(Zero));
        await using var client = await RawClient.OpenDcpAsync(producer.Nodes[1]);
        var answer = await client.StreamAsync(0, start: 5, uuid: producer.Bucket.FailoverLog(Zero).NewestUuid.Value);
        Assert.Equal((Status.Rollback, 0ul), (answer.Status, System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(answer.Value)));
    }

    [Fact]
    public async Task A_move_to_a_replica_makes_the_old_active_one()
    {
        await using var producer = await StartAsync(nodes: 3, replicas: 1, vbuckets: 4);
        Write(producer, "k", 40);
        var replica = producer.NodesOf(Zero)[1]!;
        var active = producer.NodesOf(Zero)[0]!;
        await producer.MoveVBucketAsync(Zero, replica.Id);
        Assert.Equal([replica, active], producer.NodesOf(Zero));
        Write(producer, "more", 40);
        await Copies.AssertSameAsync(producer);
    }

    [Fact]
    public async Task Moves_under_writes_lose_and_invent_nothing()
    {
        await using var producer = await StartAsync(nodes: 3, replicas: 1, vbuckets: 4);
        using var enough = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(number => WriteUntilAsync(producer, number, enough.Token)).ToList();
        for (var round = 0; round < 40 || Written(producer) < 300; round++)
            await producer.MoveVBucketAsync(VBucketId.From(round % 4), (round + round / 4) % 3);
        await enough.CancelAsync();
        var written = await Task.WhenAll(writers);
        foreach (var (key, last) in written.SelectMany(one => one))
            Assert.Equal(last, producer.Bucket.Get(key)!.Seqno);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(producer.Bucket.HighSeqno(VBucketId.From(i)).Value, (ulong)written.SelectMany(one => one).Where(pair => producer.Bucket.VBucketOf(pair.Key).Value == i).Select(pair => (decimal)pair.Value.Value).DefaultIfEmpty().Max());
            Assert.Single(producer.Bucket.FailoverLog(VBucketId.From(i)).Entries);
        }
        await Copies.AssertSameAsync(producer);
    }

    [Fact]
    public async Task Clients_that_write_over_KV_during_a_move_are_told_to_try_again_or_elsewhere()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 0, vbuckets: 1);
        await using var client = await RawClient.LoginAsync(producer.Nodes[0]);
        var moving = producer.MoveVBucketAsync(Zero, 1);
        var (accepted, last) = (0ul, Status.Success);
        while (last is Status.Success or Status.TemporaryFailure)
        {
            last = (await client.SetAsync(0, "k", "v")).Status;
            accepted += last == Status.Success ? 1ul : 0;
        }
        await moving;
        Assert.Equal(Status.NotMyVBucket, last);
        Assert.Equal(accepted, producer.Bucket.HighSeqno(Zero).Value);
    }

    [Fact]
    public async Task A_failover_promotes_replicas_on_a_new_branch_and_leaves_the_rest_to_nobody()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 4);
        Write(producer, "k", 60);
        await Copies.AssertSameAsync(producer);
        var before = Enumerable.Range(0, 4).Select(i => producer.Bucket.FailoverLog(VBucketId.From(i))).ToList();
        var mine = Enumerable.Range(0, 4).Where(i => producer.ActiveNodeOf(VBucketId.From(i))!.Id == 0).ToList();
        await producer.FailOverNodeAsync(0);
        Assert.Equal([1], producer.Nodes.Select(node => node.Id));
        for (var i = 0; i < 4; i++)
        {
            var log = producer.Bucket.FailoverLog(VBucketId.From(i));
            if (!mine.Contains(i))
                Assert.Equal(before[i], log);
            else
                Assert.Equal([producer.Bucket.HighSeqno(VBucketId.From(i)), Seqno.Zero], log.Entries.Select(entry => entry.Seqno));
        }
        Assert.Equal(60, producer.Bucket.DocumentCount);
        Write(producer, "after", 20);
        Assert.Equal(80, producer.Bucket.DocumentCount);
    }

    [Fact]
    public async Task A_failover_loses_what_the_replica_had_not_and_consumers_roll_back()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 1);
        Write(producer, "k", 10);
        await Copies.AssertSameAsync(producer);
        producer.Nodes[0].StallDelivery();
        Write(producer, "lost", 5);
        var uuid = producer.Bucket.FailoverLog(Zero).NewestUuid;
        await producer.FailOverNodeAsync(0);
        Assert.Equal(new Seqno(10), producer.Bucket.HighSeqno(Zero));
        Assert.Null(producer.Bucket.Get("lost-0"));
        await using var client = await RawClient.OpenDcpAsync(producer.Nodes[0]);
        var answer = await client.StreamAsync(0, start: 15, uuid: uuid.Value);
        Assert.Equal((Status.Rollback, Convert.ToHexString(RawClient.U64(10))), (answer.Status, Convert.ToHexString(answer.Value)));
    }

    [Fact]
    public async Task Changes_that_are_lost_below_where_a_copy_was_promoted_leave_no_promise_of_their_snapshot()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 1);
        Write(producer, "k", 10);
        await Copies.AssertSameAsync(producer);
        await producer.MoveVBucketAsync(Zero, 1);
        producer.LoseNewest(Zero, 9);
        Write(producer, "new", 1);
        await using var client = await RawClient.OpenDcpAsync(producer.Nodes[1]);
        await client.StreamAsync(0);
        Assert.StartsWith($"marker [0,{producer.Bucket.HighSeqno(Zero)}] ", (await client.ReadAsync()).ToString(), StringComparison.Ordinal);
        await Copies.AssertSameAsync(producer);
    }

    [Fact]
    public async Task Without_a_replica_a_vbucket_is_nobodys_until_a_rebalance_begins_it_anew()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 0, vbuckets: 2);
        Write(producer, "k", 20);
        await producer.FailOverNodeAsync(0);
        Assert.Null(producer.ActiveNodeOf(Zero));
        Assert.Throws<InvalidOperationException>(() => producer.Bucket.Set(Zero, "x", "v"u8));
        await using (var client = await RawClient.LoginAsync(producer.Nodes[0]))
            Assert.Contains("\"vBucketMap\":[[-1],[0]]", (await client.AskAsync(Opcode.GetClusterConfig)).ValueText, StringComparison.Ordinal);
        await producer.RebalanceAsync();
        Assert.Same(producer.Nodes[0], producer.ActiveNodeOf(Zero));
        Assert.Equal(1ul, producer.Bucket.Set(Zero, "x", "v"u8).Seqno.Value);
    }

    [Fact]
    public async Task A_node_that_is_added_gets_its_share_and_one_that_is_removed_leaves_nothing_behind()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 12);
        Write(producer, "k", 120);
        var added = await producer.AddNodeAsync();
        Assert.Equal(2, added.Id);
        Assert.Empty(Actives(producer, added));
        await producer.RebalanceAsync();
        Assert.All(producer.Nodes, node => Assert.Equal(4, Actives(producer, node).Count));
        Write(producer, "more", 60);
        await Copies.AssertSameAsync(producer);

        await producer.RemoveNodeAsync(0);
        Assert.Equal([1, 2], producer.Nodes.Select(node => node.Id));
        Assert.All(producer.Nodes, node => Assert.Equal(6, Actives(producer, node).Count));
        Assert.Equal(180, producer.Bucket.DocumentCount);
        Write(producer, "last", 60);
        await Copies.AssertSameAsync(producer);
        for (var i = 0; i < 12; i++)
            Assert.Single(producer.Bucket.FailoverLog(VBucketId.From(i)).Entries);
    }

    [Fact]
    public async Task A_node_that_is_removed_leaves_the_chains_of_vbuckets_that_cannot_be_reached()
    {
        await using var producer = await StartAsync(nodes: 3, replicas: 1, vbuckets: 6);
        Write(producer, "k", 60);
        await producer.StopNodeAsync(2);
        await producer.RemoveNodeAsync(1);
        Assert.All(Enumerable.Range(0, 6), i => Assert.DoesNotContain(1, producer.Cluster.Topology.Layout.ChainOf(VBucketId.From(i))));
        await producer.StartNodeAsync(2);
        Assert.Equal(60, producer.Bucket.DocumentCount);
        await producer.StopNodeAsync(2);
        await producer.FailOverNodeAsync(2);
        Assert.All(producer.Cluster.Topology.Layout.Chains, chain => Assert.DoesNotContain(2, chain));
    }

    [Fact]
    public async Task A_node_that_was_stopped_comes_back_on_its_ports_with_what_it_had_and_is_fed_again()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 1, vbuckets: 2);
        Write(producer, "k", 20);
        await Copies.AssertSameAsync(producer);
        var (endpoint, vbucket) = (producer.Nodes[1].Endpoint, Actives(producer, producer.Nodes[1])[0]);
        await producer.StopNodeAsync(1);
        Assert.Throws<InvalidOperationException>(() => producer.Bucket.Set(vbucket, "x", "v"u8));
        producer.Bucket.Set(Actives(producer, producer.Nodes[0])[0], "meanwhile", "v"u8);
        await producer.StartNodeAsync(1);
        Assert.Equal(endpoint, producer.Nodes[1].Endpoint);
        producer.Bucket.Set(vbucket, "x", "v"u8);
        await Copies.AssertSameAsync(producer);
        Assert.Equal(22, producer.Bucket.DocumentCount);
    }

    [Fact]
    public async Task A_move_that_is_not_fed_changes_nothing()
    {
        await using var producer = await StartAsync(nodes: 2, replicas: 0, vbuckets: 1);
        Write(producer, "k", 10);
        producer.Nodes[0].StallDelivery();
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => producer.MoveVBucketAsync(Zero, 1, impatient.Token));
        Assert.Same(producer.Nodes[0], producer.ActiveNodeOf(Zero));
        Assert.Null(producer.Nodes[1].StateOf(Zero));
        Write(producer, "more", 10);
        producer.ResumeDelivery();
        await producer.MoveVBucketAsync(Zero, 1);
        Assert.Equal(20, producer.Nodes[1].Bucket.DocumentCount);
    }

    private static List<VBucketId> Actives(EmbeddedProducer producer, ProducerNode node) =>
        [.. Enumerable.Range(0, producer.Bucket.VBucketCount).Select(VBucketId.From).Where(vbucket => producer.ActiveNodeOf(vbucket) == node)];

    private static void Write(EmbeddedProducer producer, string name, int count)
    {
        for (var i = 0; i < count; i++)
            producer.Bucket.Set($"{name}-{i}", $"{i}");
    }

    private static decimal Written(EmbeddedProducer producer) =>
        Enumerable.Range(0, producer.Bucket.VBucketCount).Sum(i => (decimal)producer.Bucket.HighSeqno(VBucketId.From(i)).Value);

    private static async Task<Dictionary<string, Seqno>> WriteUntilAsync(EmbeddedProducer producer, int number, CancellationToken enough)
    {
        var last = new Dictionary<string, Seqno>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            if (i % 5 == 0)
                await pace.WaitForNextTickAsync(CancellationToken.None);
            var key = $"{number}-{i % 200}";
            last[key] = producer.Bucket.Set(key, $"{i}").Seqno;
        }
        return last;
    }

    private static Task<EmbeddedProducer> StartAsync(int nodes, int replicas, int vbuckets) =>
        EmbeddedProducer.StartAsync(o => o.VBuckets(vbuckets).Nodes(nodes).Replicas(replicas).KeepHistory());
}
