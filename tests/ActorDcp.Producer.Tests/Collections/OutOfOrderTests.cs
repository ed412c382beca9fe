using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Collections;

/// <summary>Out-of-order backfills of one collection (dcp-reference.md 3.14), as in the oso captures.</summary>
public sealed class OutOfOrderTests
{
    private const string Filter = """{"collections":["8"]}""";
    private const string Begin = "event 1 0 v0 c8 00000000000000010000000000000008";
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task Documents_come_in_key_order_between_begin_and_end_without_a_marker()
    {
        await using var producer = await StartAsync(OutOfOrderBackfills.Always);
        await using var client = await RawClient.OpenDcpAsync(producer, flags: 0x25, controls: ("enable_out_of_order_snapshots", "true"));
        await client.StreamAsync(0, end: 7, value: Filter);
        Assert.Equal(
            ["oso 1", Begin, "mutation 6 \bk1", "mutation 4 \bk13", "deletion 5 \bk2", "oso 2", "end 0"], await client.ReadTextsAsync(7));
    }

    [Fact]
    public async Task How_far_the_backfill_reaches_is_told_on_request_and_memory_goes_on_behind_it()
    {
        await using var producer = await StartAsync(OutOfOrderBackfills.Always);
        await using var client = await RawClient.OpenDcpAsync(
            producer, flags: 0x25, controls: ("enable_out_of_order_snapshots", "true_with_seqno_advanced"));
        await client.StreamAsync(0, value: Filter);
        Assert.Equal(
            ["oso 1", Begin, "mutation 6 \bk1", "mutation 4 \bk13", "deletion 5 \bk2", "advanced 7", "oso 2"], await client.ReadTextsAsync(7));
        RecordedBucket.Write(producer, 8, "live");
        Assert.Equal(["marker [8,8] 0x05", "mutation 8 \blive"], await client.ReadTextsAsync(2));
    }

    [Theory]
    [InlineData(OutOfOrderBackfills.Always, null, 0u)]
    [InlineData(OutOfOrderBackfills.Always, """{"collections":["0","8"]}""", 0u)]
    [InlineData(OutOfOrderBackfills.Always, """{"collections":["8"]}""", 1u)]
    [InlineData(OutOfOrderBackfills.Auto, """{"collections":["8"]}""", 0u)]
    [InlineData(OutOfOrderBackfills.Never, """{"collections":["8"]}""", 0u)]
    public async Task Everything_else_comes_in_seqno_order(OutOfOrderBackfills when, string? filter, uint start)
    {
        await using var producer = await StartAsync(when);
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("enable_out_of_order_snapshots", "true"));
        var uuid = producer.Bucket.FailoverLog(Zero).NewestUuid.Value;
        await client.StreamAsync(0, start: start, uuid: uuid, value: filter ?? "");
        Assert.Equal($"marker [{start},7] 0x06", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task A_small_part_of_a_vbucket_is_read_by_key_without_being_told_to()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Collections.CreateCollection("", "c8");
        for (var i = 0; i < 1500; i++)
            producer.Bucket.Set(Zero, $"many{i}", "{}"u8);
        foreach (var key in (string[])["few15", "few12", "few5", "few2"])
            RecordedBucket.Write(producer, 8, key);
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(
            producer, controls: ("enable_out_of_order_snapshots", "true_with_seqno_advanced"));
        await client.StreamAsync(0, end: 1505, value: Filter);
        Assert.Equal(
            ["oso 1", Begin, "mutation 1503 \bfew12", "mutation 1502 \bfew15", "mutation 1505 \bfew2", "mutation 1504 \bfew5", "oso 2", "end 0"],
            await client.ReadTextsAsync(8));
    }

    private static async Task<EmbeddedProducer> StartAsync(OutOfOrderBackfills when)
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, OutOfOrderBackfills = when });
        producer.Bucket.Collections.CreateCollection("", "c8");
        producer.Bucket.Collections.CreateCollection("", "c9");
        RecordedBucket.Write(producer, 8, "k2");
        RecordedBucket.Write(producer, 8, "k13");
        producer.Bucket.Delete(8, Zero, "k2");
        RecordedBucket.Write(producer, 8, "k1");
        RecordedBucket.Write(producer, 9, "k1");
        producer.ExpelCheckpoints(Zero);
        return producer;
    }
}
