using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>A purge takes tombstones from the disk; whoever streams must not lose a deletion by it (dcp-reference.md 4.3, 4.8).</summary>
public sealed class PurgeTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task A_purged_tombstone_still_reaches_a_stream_that_reads_memory()
    {
        await using var producer = await StartAsync();
        await using var client = await FollowAsync(producer);
        producer.StallDelivery();
        producer.Bucket.Delete(Zero, "a");
        producer.Bucket.Set(Zero, "b", "v"u8);
        producer.PurgeTombstones(Zero, new Seqno(2));
        producer.ResumeDelivery();
        Assert.Equal(["marker [2,3] 0x01", "deletion 2 \0a", "mutation 3 \0b"], await client.ReadTextsAsync(3));
    }

    [Fact]
    public async Task A_key_that_comes_back_takes_the_place_of_its_purged_tombstone_in_the_open_checkpoint()
    {
        await using var producer = await StartAsync();
        await using var client = await FollowAsync(producer);
        producer.StallDelivery();
        producer.Bucket.Delete(Zero, "a");
        producer.Bucket.Set(Zero, "b", "v"u8);
        producer.PurgeTombstones(Zero, new Seqno(2));
        producer.Bucket.Set(Zero, "a", "v"u8);
        producer.ResumeDelivery();
        Assert.Equal(["marker [3,4] 0x01", "mutation 3 \0b", "mutation 4 \0a"], await client.ReadTextsAsync(3));
    }

    [Fact]
    public async Task A_stream_sent_back_to_disk_behind_a_purge_ends_though_it_has_streamed_before()
    {
        await using var producer = await StartAsync();
        await using var client = await FollowAsync(producer);
        producer.StallDelivery();
        producer.Bucket.Delete(Zero, "a");
        producer.Bucket.Set(Zero, "b", "v"u8);
        producer.ExpelCheckpoints(Zero);
        producer.PurgeTombstones(Zero, new Seqno(2));
        producer.ResumeDelivery();
        Assert.Equal("end 2", (await client.ReadAsync()).ToString());
        var uuid = producer.Bucket.FailoverLog(Zero).NewestUuid.Value;
        Assert.Equal(Status.Rollback, (await client.StreamAsync(0, start: 1, uuid: uuid)).Status);
    }

    [Fact]
    public async Task A_high_seqno_without_a_change_is_told_as_a_seqno_advanced()
    {
        var folder = Directory.CreateTempSubdirectory("actordcp");
        try
        {
            var options = new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder.FullName };
            await using (var producer = await EmbeddedProducer.StartAsync(options))
            {
                producer.Bucket.Set(Zero, "a", "v"u8);
                producer.Bucket.Delete(Zero, "a");
                producer.Bucket.Set(Zero, "b", "v"u8);
                producer.PurgeTombstones(Zero, new Seqno(2));
                producer.LoseNewest(Zero, 1);
            }
            await using var again = await EmbeddedProducer.StartAsync(options);
            await using var client = await RawClient.OpenDcpAsync(again);
            await client.StreamAsync(0);
            Assert.Equal(["marker [0,2] 0x06", "advanced 2"], await client.ReadTextsAsync(2));
            again.Bucket.Set(Zero, "c", "v"u8);
            Assert.Equal(["marker [3,3] 0x05", "mutation 3 \0c"], await client.ReadTextsAsync(2));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<EmbeddedProducer> StartAsync() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });

    /// <summary>A client whose stream has brought document a under seqno 1.</summary>
    private static async Task<RawClient> FollowAsync(EmbeddedProducer producer)
    {
        producer.Bucket.Set(Zero, "a", "v"u8);
        var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(["marker [0,1] 0x05", "mutation 1 \0a"], await client.ReadTextsAsync(2));
        return client;
    }
}
