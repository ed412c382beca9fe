using ActorDcp.Producer.Tests.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Nodes;

public sealed class DurableClusterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_durable_write_is_answered_when_a_majority_has_it(byte level)
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(3).Replicas(2).KeepHistory());
        await using var client = await SyncWriteClient.LoginAsync(producer.Nodes[0]);
        for (var i = 0; i < 5; i++)
            Assert.Equal(Status.Success, (await client.SetDurablyAsync(0, $"k{i}", "v", level)).Status);
        Assert.Equal(Status.Success, (await client.DeleteDurablyAsync(0, "k0", level)).Status);
        Assert.Equal(4, producer.Bucket.DocumentCount);
        await Copies.AssertSameAsync(producer);
    }

    [Fact]
    public async Task Without_its_replica_a_durable_write_is_impossible_and_one_that_stalls_becomes_ambiguous()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Replicas(1));
        producer.Bucket.Set("before", "v");
        await Copies.AssertSameAsync(producer);
        await using var client = await SyncWriteClient.LoginAsync(producer.Nodes[0]);
        producer.Nodes[0].StallDelivery();
        Assert.Equal(Status.SyncWriteAmbiguous, (await client.SetDurablyAsync(0, "late", "v", timeout: 200)).Status);
        producer.ResumeDelivery();
        Assert.Equal(Status.Success, (await client.SetDurablyAsync(0, "fine", "v")).Status);
        await producer.FailOverNodeAsync(1);
        Assert.Equal(Status.DurabilityImpossible, (await client.SetDurablyAsync(0, "no", "v")).Status);
    }

    [Fact]
    public async Task A_durable_write_whose_copy_goes_away_is_answered_at_once()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Replicas(1));
        await using var client = await SyncWriteClient.LoginAsync(producer.Nodes[0]);
        producer.Nodes[0].StallDelivery();
        var write = await client.SendAsync(Opcode.Set, 0, "k", "v");
        await Copies.UntilAsync(() => producer.Bucket.Find(default).HasPendingSyncWrites, "the prepare");
        producer.Nodes[0].Bucket.Remove(default);
        Assert.Equal(Status.SyncWriteAmbiguous, (await client.AnswerAsync(write)).Status);
    }

    [Fact]
    public async Task Aborts_are_purged_as_tombstones_are()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(2).Replicas(1));
        await using var client = await SyncWriteClient.LoginAsync(producer.Nodes[0]);
        producer.Nodes[0].StallDelivery();
        Assert.Equal(Status.SyncWriteAmbiguous, (await client.SetDurablyAsync(0, "late", "v", timeout: 100)).Status);
        producer.Bucket.Set("after", "v");
        producer.ExpelCheckpoints(default);
        producer.ResumeDelivery();

        Assert.Equal(0, producer.PurgeTombstones(default, new Seqno(1)));
        Assert.Equal(1, producer.PurgeTombstones(default, new Seqno(3)));

        Assert.Equal(new Seqno(2), producer.Bucket.PurgeSeqno(default));
        await using var reader = await SyncWriteClient.StreamAsync(producer, 0, syncWrites: true);
        Assert.Equal(["marker [0,3] 0x06", "mutation 3 after rev 1"], await reader.ReadStepsAsync(2));
    }

    [Fact]
    public async Task Durable_writes_go_on_after_a_move_and_survive_a_failover()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(1).Nodes(3).Replicas(2).KeepHistory());
        for (var round = 0; round < 3; round++)
        {
            await using var client = await SyncWriteClient.LoginAsync(producer.ActiveNodeOf(default)!);
            for (var i = 0; i < 5; i++)
                Assert.Equal(Status.Success, (await client.SetDurablyAsync(0, $"{round}-{i}", "v")).Status);
            if (round == 0)
                await producer.MoveVBucketAsync(default, 1);
            else if (round == 1)
                await producer.FailOverNodeAsync(1);
        }
        Assert.Equal(15, producer.Bucket.DocumentCount);
        await Copies.AssertSameAsync(producer);
    }
}
