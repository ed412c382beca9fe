using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Collections;

/// <summary>Filtered streams, message by message as recorded in captures collections-filters-cached and collections-filters-memory.</summary>
public sealed class CollectionFilterTests
{
    private const string Fruit = "event 6 0 v0 fruit 00000000000000070000000000000008";
    private const string Items = "event 4 0 v0 items 00000000000000000000000800000009";
    private const string Orders = "event 5 0 v0 orders 0000000000000000000000080000000a";

    [Theory]
    [InlineData("""{"collections":["0"]}""", 0u, "marker [0,28] 0x06", "mutation 7 \0doc2", "mutation 8 \0doc5", "mutation 9 \0doc10", "mutation 28 \0doc32", "end 0")]
    [InlineData("""{"collections":["8"]}""", 0u, "marker [0,28] 0x06", Fruit, "mutation 10 \bdoc2", "mutation 11 \bdoc5", "mutation 12 \bdoc10", "mutation 22 \bdoc19", "advanced 28", "end 0")]
    [InlineData("""{"collections":["8"]}""", 4u, "marker [0,28] 0x06", Fruit, "mutation 10 \bdoc2", "mutation 11 \bdoc5", "mutation 12 \bdoc10", "mutation 22 \bdoc19", "advanced 28", "end 0")]
    [InlineData("""{"collections":["9","a"]}""", 0u, "marker [0,28] 0x06", Items, Orders, "mutation 13 \tdoc2", "mutation 15 \tdoc10", "mutation 16 \ndoc2", "mutation 17 \ndoc5", "mutation 18 \ndoc10", "mutation 23 \tdoc19", "mutation 24 \ndoc19", "deletion 27 \tdoc5", "advanced 28", "end 0")]
    [InlineData("""{"scope":"8"}""", 0u, "marker [0,28] 0x06", "event 2 3 v0 shop 000000000000000000000008", Items, Orders, "mutation 13 \tdoc2", "mutation 15 \tdoc10", "mutation 16 \ndoc2", "mutation 17 \ndoc5", "mutation 18 \ndoc10", "mutation 23 \tdoc19", "mutation 24 \ndoc19", "deletion 27 \tdoc5", "advanced 28", "end 0")]
    [InlineData("""{"scope":"0"}""", 0u, "marker [0,28] 0x06", Fruit, "mutation 7 \0doc2", "mutation 8 \0doc5", "mutation 9 \0doc10", "mutation 10 \bdoc2", "mutation 11 \bdoc5", "mutation 12 \bdoc10", "mutation 22 \bdoc19", "mutation 28 \0doc32", "end 0")]
    [InlineData("""{"uid":"99","collections":["b"]}""", 0u, "marker [0,28] 0x06", "event 3 0 v0 x 0000000000000000000000090000000b", "mutation 19 \vdoc2", "mutation 20 \vdoc5", "mutation 21 \vdoc10", "mutation 25 \vdoc23", "mutation 26 \vdoc24", "advanced 28", "end 0")]
    [InlineData("""{"collections":[]}""", 0u, "marker [0,28] 0x06", "advanced 28", "end 0")]
    public async Task A_filtered_backfill_ends_with_its_snapshot(string filter, uint flags, params string[] expected)
    {
        await using var producer = await RecordedBucket.StartAsync();
        producer.ExpelCheckpoints(RecordedBucket.Zero);
        await using var client = await RawClient.OpenDcpAsync(producer, flags: 0x25);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, end: flags == 0 ? 28 : ulong.MaxValue, flags: flags, value: filter)).Status);
        Assert.Equal(expected, await client.ReadTextsAsync(expected.Length));
    }

    [Theory]
    [InlineData("""{"collections":["0"]}""", 0u, "marker [6,28] 0x05", "mutation 7 \0doc2", "mutation 8 \0doc5", "mutation 9 \0doc10", "mutation 28 \0doc32", "end 0")]
    [InlineData("""{"collections":["8"]}""", 0u, "marker [6,22] 0x05", "mutation 10 \bdoc2", "mutation 11 \bdoc5", "mutation 12 \bdoc10", "mutation 22 \bdoc19", "end 0")]
    [InlineData("""{"collections":["8"]}""", 4u, "marker [6,22] 0x05", "mutation 10 \bdoc2", "mutation 11 \bdoc5", "mutation 12 \bdoc10", "mutation 22 \bdoc19", "end 0")]
    [InlineData("""{"scope":"8"}""", 4u, "marker [6,27] 0x05", "mutation 13 \tdoc2", "mutation 15 \tdoc10", "mutation 16 \ndoc2", "mutation 17 \ndoc5", "mutation 18 \ndoc10", "mutation 23 \tdoc19", "mutation 24 \ndoc19", "deletion 27 \tdoc5", "end 0")]
    [InlineData("""{"collections":[]}""", 0u, "end 0")]
    public async Task A_filtered_snapshot_from_memory_ends_at_its_last_change(string filter, uint flags, params string[] expected)
    {
        await using var producer = await RecordedBucket.StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer, flags: 0x25);
        var uuid = producer.Bucket.FailoverLog(RecordedBucket.Zero).NewestUuid.Value;
        var answer = await client.StreamAsync(0, start: 6, end: flags == 0 ? 28 : ulong.MaxValue, uuid: uuid, flags: flags, value: filter);
        Assert.Equal(Status.Success, answer.Status);
        Assert.Equal(expected, await client.ReadTextsAsync(expected.Length));
    }

    [Theory]
    [InlineData("""{"collections":["8","77"]}""", Status.UnknownCollection)]
    [InlineData("""{"scope":"77"}""", Status.UnknownScope)]
    public async Task Unknown_ids_are_answered_with_the_manifest_of_now(string filter, Status expected)
    {
        await using var producer = await RecordedBucket.StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        var answer = await client.StreamAsync(0, value: filter);
        Assert.Equal(expected, answer.Status);
        Assert.Equal("""{"error":{"context":"Unknown scope or collection in operation"},"manifest_uid":"7"}""", answer.ValueText);
    }

    [Fact]
    public async Task A_collection_named_twice_costs_the_connection()
    {
        await using var producer = await RecordedBucket.StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await Assert.ThrowsAnyAsync<IOException>(() => client.StreamAsync(0, value: """{"collections":["8","8"]}"""));
    }

    [Fact]
    public async Task A_connection_without_collections_sees_the_default_collection_and_markers_that_end_with_it()
    {
        await using var producer = await RecordedBucket.StartAsync();
        RecordedBucket.Write(producer, 8, "later");
        producer.ExpelCheckpoints(RecordedBucket.Zero);
        await using var client = await RawClient.OpenDcpAsync(producer, features: [HelloFeature.Xerror, HelloFeature.SelectBucket]);
        await client.StreamAsync(0, end: 29);
        Assert.Equal(
            ["marker [0,28] 0x06", "mutation 7 doc2", "mutation 8 doc5", "mutation 9 doc10", "mutation 28 doc32", "end 0"],
            await client.ReadTextsAsync(6));
    }

    [Fact]
    public async Task A_connection_without_collections_gets_no_marker_where_the_default_collection_is_empty()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Collections.CreateCollection("", "fruit");
        producer.ExpelCheckpoints(RecordedBucket.Zero);
        await using var client = await RawClient.OpenDcpAsync(producer, features: [HelloFeature.Xerror, HelloFeature.SelectBucket]);
        await client.StreamAsync(0, end: 1);
        Assert.Equal("end 0", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task A_stream_above_all_of_its_collection_skips_the_backfill_and_waits()
    {
        await using var producer = await RecordedBucket.StartAsync();
        producer.ExpelCheckpoints(RecordedBucket.Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        var uuid = producer.Bucket.FailoverLog(RecordedBucket.Zero).NewestUuid.Value;
        await client.StreamAsync(0, start: 23, uuid: uuid, value: """{"collections":["8"]}""");
        RecordedBucket.Write(producer, 8, "live");
        Assert.Equal(["marker [23,29] 0x05", "mutation 29 \blive"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_filter_with_nothing_newer_is_not_rolled_back_behind_purged_tombstones()
    {
        await using var producer = await RecordedBucket.StartAsync();
        Assert.Equal(0, producer.PurgeTombstones(RecordedBucket.Zero, new Seqno(28)));
        RecordedBucket.Write(producer, 9, "newer");
        Assert.Equal(1, producer.PurgeTombstones(RecordedBucket.Zero, new Seqno(28)));
        Assert.Equal(27UL, producer.Bucket.PurgeSeqno(RecordedBucket.Zero).Value);
        await using var client = await RawClient.OpenDcpAsync(producer);
        var uuid = producer.Bucket.FailoverLog(RecordedBucket.Zero).NewestUuid.Value;
        Assert.Equal(Status.Rollback, (await client.StreamAsync(0, start: 23, uuid: uuid, value: """{"collections":["9"]}""")).Status);
        Assert.Equal(Status.Success, (await client.StreamAsync(0, start: 23, uuid: uuid, value: """{"collections":["8"]}""")).Status);
    }

    [Fact]
    public async Task Left_out_changes_of_a_backfill_can_be_told_of_in_between_as_newer_servers_do()
    {
        await using var producer = await EmbeddedProducer.StartAsync(
            new EmbeddedProducerOptions { VBuckets = 1, FilteredItemsPerSeqnoAdvanced = 4 });
        producer.Bucket.Collections.CreateCollection("", "fruit");
        for (var i = 0; i < 10; i++)
            RecordedBucket.Write(producer, 0, $"hidden{i}");
        RecordedBucket.Write(producer, 8, "seen");
        RecordedBucket.Write(producer, 0, "hidden");
        producer.ExpelCheckpoints(RecordedBucket.Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, end: 13, value: """{"collections":["8"]}""");
        Assert.Equal(
            ["marker [0,13] 0x06", "event 1 0 v0 fruit 00000000000000010000000000000008", "advanced 5", "advanced 9", "mutation 12 \bseen", "advanced 13", "end 0"],
            await client.ReadTextsAsync(7));
    }
}
