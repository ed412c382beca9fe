using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Snapshots;

/// <summary>What DCP means by snapshots, with the numbers by which it is usually explained (dcp-reference.md 4.5, 5.5).</summary>
public sealed class SnapshotExampleTests : IDisposable
{
    private static readonly VBucketId Zero = new(0);
    private readonly string _folder = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0, "marker [0,60] 0x06", 60)]
    [InlineData(15, "marker [15,60] 0x06", 45)]
    public async Task Persisted_snapshots_1_to_20_and_21_to_30_and_31_to_60_are_sent_as_one(ulong start, string marker, int count)
    {
        await using var producer = await StartWithThreePersistedSnapshotsAsync();
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, start, uuid: Uuid(producer));
        var texts = await client.ReadTextsAsync(1 + count);
        Assert.Equal(marker, texts[0]);
        Assert.Equal(Enumerable.Range((int)start + 1, count).Select(seqno => $"mutation {seqno} \0key{seqno:d4}"), texts[1..]);
        producer.Bucket.Set(Zero, "next", "v"u8);
        Assert.Equal(["marker [61,61] 0x05", "mutation 61 \0next"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_disk_snapshot_holds_the_last_version_of_a_key_that_was_persisted_twice()
    {
        await using var producer = await StartAsync();
        foreach (var key in (string[])["a", "b", "a"])
        {
            producer.Bucket.Set(Zero, key, "v"u8);
            await producer.Bucket.FlushAsync();
        }
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(["marker [0,3] 0x06", "mutation 2 \0b", "mutation 3 \0a"], await client.ReadTextsAsync(3));
    }

    [Fact]
    public async Task Each_client_gets_what_there_is_when_its_cursor_asks()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        Write(producer, 1, 100);
        // each window is full when the first snapshot was sent, so that the next is made when it is opened again
        await using var first = await OpenWithWindowForAsync(producer, items: 100);
        await first.StreamAsync(0);
        Assert.Equal("marker [0,100] 0x05", (await first.ReadTextsAsync(101))[0]);

        Write(producer, 101, 120);
        await using var second = await OpenWithWindowForAsync(producer, items: 120);
        await second.StreamAsync(0);
        Assert.Equal("marker [0,120] 0x05", (await second.ReadTextsAsync(121))[0]);

        Write(producer, 121, 150);
        await first.ControlAsync("connection_buffer_size", "0");
        await second.ControlAsync("connection_buffer_size", "0");
        var texts = await first.ReadTextsAsync(51);
        Assert.Equal(("marker [101,150] 0x01", "mutation 101 \0key0101", "mutation 150 \0key0150"), (texts[0], texts[1], texts[^1]));
        texts = await second.ReadTextsAsync(31);
        Assert.Equal(("marker [121,150] 0x01", "mutation 121 \0key0121", "mutation 150 \0key0150"), (texts[0], texts[1], texts[^1]));
    }

    [Fact]
    public async Task A_key_rewritten_between_two_snapshots_of_one_client_is_in_both_and_once_in_another_clients()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        Write(producer, 1, 3);
        await using var first = await RawClient.OpenDcpAsync(producer);
        await first.StreamAsync(0);
        Assert.Equal(["marker [0,3] 0x05", "mutation 1 \0key0001", "mutation 2 \0key0002", "mutation 3 \0key0003"], await first.ReadTextsAsync(4));
        producer.Bucket.Set(Zero, "key0002", "again"u8);
        Assert.Equal(["marker [4,4] 0x01", "mutation 4 \0key0002"], await first.ReadTextsAsync(2));
        await using var second = await RawClient.OpenDcpAsync(producer);
        await second.StreamAsync(0);
        Assert.Equal(["marker [0,4] 0x05", "mutation 1 \0key0001", "mutation 3 \0key0003", "mutation 4 \0key0002"], await second.ReadTextsAsync(4));
    }

    [Fact]
    public async Task A_slow_client_of_a_bucket_on_disk_is_dropped_to_it_and_sees_one_more_disk_snapshot()
    {
        await using var producer = await EmbeddedProducer.StartAsync(
            new EmbeddedProducerOptions { VBuckets = 1, CheckpointMaxItems = 2, DataDirectory = _folder });
        Write(producer, 1, 2);
        await using var slow = await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", "1"));
        await slow.StreamAsync(0);
        Assert.Equal("marker [0,2] 0x05", (await slow.ReadAsync()).ToString());
        Write(producer, 3, 60);
        await producer.Bucket.FlushAsync();
        await slow.ControlAsync("connection_buffer_size", "0");
        var texts = await slow.ReadTextsAsync(61);
        Assert.Equal(["mutation 1 \0key0001", "mutation 2 \0key0002", "marker [3,60] 0x06", "mutation 3 \0key0003"], texts[..4]);
        producer.Bucket.Set(Zero, "last", "v"u8);
        Assert.Equal(["marker [61,61] 0x05", "mutation 61 \0last"], await slow.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_backfill_of_an_ephemeral_bucket_holds_the_last_version_of_a_key()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, Ephemeral = true });
        foreach (var key in (string[])["a", "b", "a"])
            producer.Bucket.Set(Zero, key, "v"u8);
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(["marker [0,3] 0x06", "mutation 2 \0b", "mutation 3 \0a"], await client.ReadTextsAsync(3));
    }

    [Theory]
    [InlineData(true, 1_005)]
    [InlineData(false, 1_020)]
    public async Task An_ephemeral_bucket_is_deduplicated_from_time_to_time_as_far_as_no_failover_may_need_it(bool isEphemeral, int left)
    {
        var clock = new Faults.SteppedClock();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
        {
            VBuckets = 1,
            Ephemeral = isEphemeral,
            ExpiryPagerInterval = TimeSpan.FromMinutes(1),
            TimeProvider = clock,
        });
        for (var number = 0; number < 1_020; number++)
            producer.Bucket.Set(Zero, $"key{number % 5}", "v"u8);
        var vbucket = producer.Bucket.Find(Zero);
        Assert.Equal(1_020, vbucket.LogAfter(0).Count);
        clock.Advance(TimeSpan.FromMinutes(1));
        // the newest 1,000 can be undone, with what they replaced
        Assert.Equal(left, vbucket.LogAfter(0).Count);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(
            ["marker [0,1020] 0x05", "mutation 1016 \0key0", "mutation 1017 \0key1", "mutation 1018 \0key2", "mutation 1019 \0key3", "mutation 1020 \0key4"],
            await client.ReadTextsAsync(6));
    }

    private static ulong Uuid(EmbeddedProducer producer) => producer.Bucket.FailoverLog(Zero).NewestUuid.Value;

    private static async Task<RawClient> OpenWithWindowForAsync(EmbeddedProducer producer, int items)
    {
        const int marker = 24 + 20, mutation = 24 + 31 + 8 + 1;
        var window = (marker + items * mutation).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return await RawClient.OpenDcpAsync(producer, controls: ("connection_buffer_size", window));
    }

    private static void Write(EmbeddedProducer producer, int from, int to)
    {
        for (var number = from; number <= to; number++)
            producer.Bucket.Set(Zero, $"key{number:d4}", "v"u8);
    }

    private Task<EmbeddedProducer> StartAsync() =>
        EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = _folder });

    private async Task<EmbeddedProducer> StartWithThreePersistedSnapshotsAsync()
    {
        await using (var producer = await StartAsync())
        {
            foreach (var (from, to) in ((int, int)[])[(1, 20), (21, 30), (31, 60)])
            {
                Write(producer, from, to);
                await producer.Bucket.FlushAsync();
                Assert.Equal((ulong)to, producer.Bucket.PersistedSeqno(Zero).Value);
            }
        }
        return await StartAsync();
    }
}
