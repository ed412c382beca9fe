using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

/// <summary>The single-node rows of dcp-reference.md 5.6.</summary>
public sealed class MarkerTests
{
    private static readonly VBucketId Zero = new(0);

    [Fact]
    public async Task An_empty_vbucket_has_no_marker_and_the_first_write_begins_at_zero()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        producer.Bucket.Set(Zero, "a", "1"u8);
        Assert.Equal(["marker [0,1] 0x05", "mutation 1 \0a"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task Five_items_in_memory_are_one_snapshot_and_each_later_write_its_own()
    {
        await using var producer = await StartAsync(writes: 5);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal("marker [0,5] 0x05", (await client.ReadTextsAsync(6))[0]);
        producer.Bucket.Set(Zero, "x", "1"u8);
        Assert.Equal(["marker [6,6] 0x01", "mutation 6 \0x"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_thousand_items_on_disk_are_one_disk_snapshot_then_memory_goes_on()
    {
        await using var producer = await StartAsync(writes: 1000);
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal("marker [0,1000] 0x06", (await client.ReadTextsAsync(1001))[0]);
        producer.Bucket.Set(Zero, "x", "1"u8);
        Assert.Equal(["marker [1001,1001] 0x05", "mutation 1001 \0x"], await client.ReadTextsAsync(2));
        producer.Bucket.Set(Zero, "y", "1"u8);
        Assert.Equal(["marker [1002,1002] 0x01", "mutation 1002 \0y"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task Resuming_inside_a_disk_snapshot_keeps_its_start()
    {
        await using var producer = await StartAsync(writes: 1000);
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, 500, uuid: Uuid(producer), snapshotStart: 400, snapshotEnd: 700);
        Assert.Equal(["marker [400,1000] 0x06", "mutation 501 \0key501"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task Resuming_in_memory_announces_the_requested_start_though_it_is_not_sent_again()
    {
        await using var producer = await StartAsync(writes: 510);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, 500, uuid: Uuid(producer));
        Assert.Equal(["marker [500,510] 0x05", "mutation 501 \0key501"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task Marker_version_2_2_is_used_for_disk_snapshots_only()
    {
        await using var producer = await StartAsync(writes: 3);
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("max_marker_version", "2.2"));
        await client.StreamAsync(0);
        Assert.Equal("marker2.2 [0,3] 0x06", (await client.ReadTextsAsync(4))[0]);
        producer.Bucket.Set(Zero, "x", "1"u8);
        Assert.Equal("marker [4,4] 0x05", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task A_producer_can_be_told_to_know_as_little_of_markers_as_a_7_6_node()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, UnderstandsMarkersV22 = false });
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.InvalidArguments, (await client.TryControlAsync("max_marker_version", "2.2")).Status);
        Assert.Equal(Status.InvalidArguments, (await client.StreamAsync(0, value: """{"purge_seqno":"1"}""")).Status);
        Assert.Equal(Status.Success, (await client.StreamAsync(0)).Status);
    }

    [Fact]
    public async Task Each_checkpoint_in_memory_is_a_snapshot_of_its_own()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, CheckpointMaxItems = 3 });
        await using var first = await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", "1"));
        // this reader's cursor stays at 0, so no checkpoint can be expelled
        await first.StreamAsync(0);
        producer.StallDelivery();
        Write(producer, 7);
        await using var second = await RawClient.OpenDcpAsync(producer);
        await second.StreamAsync(0);
        producer.ResumeDelivery();
        var texts = await second.ReadTextsAsync(10);
        Assert.Equal(["marker [0,3] 0x05", "marker [4,6] 0x05", "marker [7,7] 0x05"], texts.Where(text => text.StartsWith("marker", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_rewritten_key_appears_once_in_a_snapshot_and_keeps_its_newest_seqno()
    {
        await using var producer = await StartAsync();
        foreach (var key in (string[])["a", "b", "a", "c", "b"])
            producer.Bucket.Set(Zero, key, "v"u8);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(["marker [0,5] 0x05", "mutation 3 \0a", "mutation 4 \0c", "mutation 5 \0b"], await client.ReadTextsAsync(4));
    }

    [Fact]
    public async Task A_key_rewritten_in_a_later_checkpoint_appears_in_both()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, CheckpointMaxItems = 2 });
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        producer.StallDelivery();
        foreach (var key in (string[])["a", "b", "a"])
            producer.Bucket.Set(Zero, key, "v"u8);
        producer.ResumeDelivery();
        Assert.Equal(
            ["marker [0,2] 0x05", "mutation 1 \0a", "mutation 2 \0b", "marker [3,3] 0x05", "mutation 3 \0a"], await client.ReadTextsAsync(5));
    }

    [Fact]
    public async Task A_slow_reader_is_sent_back_to_disk_and_sees_one_more_disk_snapshot()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, CheckpointMaxItems = 2 });
        Write(producer, 2);
        await using var client = await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", "1"));
        await client.StreamAsync(0);
        Assert.Equal("marker [0,2] 0x05", (await client.ReadAsync()).ToString());
        for (var i = 3; i <= 40; i++)
            producer.Bucket.Set(Zero, $"key{i}", "v"u8);
        await client.ControlAsync("connection_buffer_size", "0");
        Assert.Equal(["mutation 1 \0key1", "mutation 2 \0key2", "marker [3,40] 0x06", "mutation 3 \0key3"], await client.ReadTextsAsync(4));
        await client.ReadTextsAsync(37);
        producer.Bucket.Set(Zero, "last", "v"u8);
        Assert.Equal(["marker [41,41] 0x05", "mutation 41 \0last"], await client.ReadTextsAsync(2));
    }

    private static ulong Uuid(EmbeddedProducer producer) => producer.Bucket.FailoverLog(Zero).NewestUuid.Value;

    private static async Task<EmbeddedProducer> StartAsync(int writes = 0)
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        Write(producer, writes);
        return producer;
    }

    private static void Write(EmbeddedProducer producer, int count)
    {
        for (var i = 1; i <= count; i++)
            producer.Bucket.Set(Zero, $"key{i}", "v"u8);
    }
}
