using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Producer.Tests.Snapshots;

/// <summary>Streams of a copy that is itself being fed: they never claim more than it has (dcp-reference.md 4.5, 5.6).</summary>
public sealed class ReplicaStreamTests : IDisposable
{
    private static readonly VBucketId Zero = new(0);
    private readonly string _folder = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_on_disk_and_the_snapshot_still_received_come_under_one_marker()
    {
        await using var producer = await StartAsync(_folder);
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        feed.Memory(1, 500);
        feed.Items(1, 300);
        await producer.Bucket.FlushAsync();
        Assert.Equal(300ul, producer.Bucket.PersistedSeqno(Zero).Value);
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, end: 400);
        var texts = await client.ReadTextsAsync(301);
        Assert.Equal(("marker [0,500] 0x06", "mutation 1 \0key1", "mutation 300 \0key300"), (texts[0], texts[1], texts[^1]));

        feed.Items(301, 499);
        Assert.Equal("mutation 499 \0key499", (await client.ReadTextsAsync(199))[^1]);
        // above the end asked for, but the snapshot is not whole: neither does it complete nor the stream end
        Assert.Equal(Status.KeyExists, (await client.StreamAsync(0)).Status);
        Assert.Equal(0, client.SkippedCount);
        feed.Items(500, 500);
        Assert.Equal(["mutation 500 \0key500", "end 0"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_disk_snapshot_1_to_900_of_which_600_are_here_is_announced_whole()
    {
        await using var producer = await StartAsync();
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        feed.Disk(1, 900);
        feed.Items(1, 600);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        var texts = await client.ReadTextsAsync(601);
        Assert.Equal(("marker [0,900] 0x06", "mutation 600 \0key600"), (texts[0], texts[^1]));
        feed.Items(601, 900);
        texts = await client.ReadTextsAsync(300);
        Assert.Equal(("mutation 601 \0key601", "mutation 900 \0key900"), (texts[0], texts[^1]));
        feed.Memory(901, 901);
        feed.Items(901, 901);
        Assert.Equal(["marker [901,901] 0x05", "mutation 901 \0key901"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_snapshot_received_whole_ends_before_the_next_that_is_received_in_part()
    {
        await using var producer = await StartAsync();
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        feed.Memory(0, 5);
        feed.Items(1, 3);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal("marker [0,5] 0x05", (await client.ReadTextsAsync(4))[0]);
        producer.StallDelivery();
        feed.Items(4, 5);
        feed.Memory(6, 9, newCheckpoint: false);
        feed.Item(6, "key4");
        producer.ResumeDelivery();
        Assert.Equal(
            ["mutation 4 \0key4", "mutation 5 \0key5", "marker [6,9] 0x01", "mutation 6 \0key4"], await client.ReadTextsAsync(4));
    }

    [Fact]
    public async Task A_change_that_a_promised_snapshot_shows_outlives_its_replacement_and_compaction()
    {
        await using var producer = await StartAsync();
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        feed.Memory(0, 5);
        feed.Items(1, 3);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        await client.ReadTextsAsync(4);
        producer.StallDelivery();
        feed.Items(4, 5);
        feed.Memory(6, 3_000, newCheckpoint: false);
        for (ulong seqno = 6; seqno <= 3_000; seqno++)
            feed.Item(seqno, "key4");
        Assert.True(feed.Copy.Compact() > 0);
        producer.ResumeDelivery();
        Assert.Equal(
            ["mutation 4 \0key4", "mutation 5 \0key5", "marker [3000,3000] 0x01", "mutation 3000 \0key4"], await client.ReadTextsAsync(4));
    }

    [Fact]
    public async Task A_snapshot_that_ends_without_a_change_is_completed_by_its_seqno()
    {
        await using var producer = await StartAsync();
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        feed.Disk(1, 5);
        feed.Items(1, 3);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal("marker [0,5] 0x06", (await client.ReadTextsAsync(4))[0]);
        feed.Copy.ReceiveSeqnoAdvanced(5);
        Assert.Equal("advanced 5", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task A_replica_that_is_built_from_its_first_disk_snapshot_asks_to_wait()
    {
        await using var producer = await StartAsync();
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        feed.Disk(0, 3);
        feed.Items(1, 2);
        await using var client = await RawClient.OpenDcpAsync(producer);
        Assert.Equal(Status.TemporaryFailure, (await client.StreamAsync(0)).Status);
        feed.Items(3, 3);
        Assert.Equal(Status.Success, (await client.StreamAsync(0)).Status);
        Assert.Equal("marker [0,3] 0x06", (await client.ReadAsync()).ToString());
    }

    [Fact]
    public async Task A_replica_in_the_middle_of_a_snapshot_comes_back_there_after_a_restart_and_its_branch_begins_before_it()
    {
        await using (var producer = await StartAsync(_folder))
        {
            var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
            feed.Memory(0, 10);
            feed.Items(1, 10);
            feed.Memory(11, 20);
            feed.Items(11, 15);
        }
        await using var again = await StartAsync(_folder);
        // this node's layout makes the copy active: it was promoted at its start
        var copy = again.Bucket.Find(Zero);
        Assert.Equal((VBucketState.Active, 15ul), (copy.State, copy.HighSeqno));
        Assert.Equal((10ul, 0xabcdul), (copy.FailoverLog.Entries[0].Seqno.Value, copy.FailoverLog.Entries[1].Uuid.Value));
    }

    [Fact]
    public async Task A_consumer_within_a_snapshot_goes_on_to_where_the_promoted_copy_was_whole()
    {
        await using var producer = await StartAsync();
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        // so that both checkpoints stay in memory
        CheckpointCursor? slow = null;
        Assert.True(feed.Copy.ReadMemory(ref slow, 0, 0, droppable: false).IsEmpty);
        feed.Memory(0, 3);
        feed.Items(1, 3);
        // 4 was a change of key7, which 7 replaced before it was sent here
        feed.Memory(4, 8);
        feed.Items(5, 8);
        feed.Copy.Promote(takeover: true);
        await using var client = await RawClient.OpenDcpAsync(producer);
        // its snapshot lacked what 4 replaced, and ends where this copy never was whole
        Assert.Equal(Status.Success, (await client.StreamAsync(0, 2, uuid: 0xabcd, snapshotStart: 1, snapshotEnd: 4)).Status);
        Assert.Equal(
            ["marker [1,8] 0x05", "mutation 3 \0key3", "mutation 5 \0key5", "mutation 6 \0key6", "mutation 7 \0key7", "mutation 8 \0key8"],
            await client.ReadTextsAsync(6));
    }

    [Fact]
    public async Task A_copy_that_goes_back_while_a_stream_is_opened_ends_that_stream()
    {
        using var log = new RecordingLog();
        await using var producer = await StartAsync(log: log);
        var feed = new ReplicaFeed(producer.Bucket.Find(Zero));
        feed.Memory(0, 5);
        feed.Items(1, 5);
        feed.Memory(6, 10);
        feed.Items(6, 10);
        await using var client = await RawClient.OpenDcpAsync(producer);
        // between the decision and the stream being known to the copy, which keeps its branch
        log.Added = text =>
        {
            if (text.Contains("asked for vbucket 0: Success", StringComparison.Ordinal))
                Assert.Equal(5ul, feed.Copy.RollBackTo(7));
        };
        Assert.Equal(Status.Success, (await client.StreamAsync(0, 10, uuid: 0xabcd)).Status);
        log.Added = null;
        Assert.Equal(5ul, feed.Copy.HighSeqno);
        Assert.Equal("end 2", (await client.ReadAsync()).ToString());
    }

    private static Task<EmbeddedProducer> StartAsync(string? folder = null, ILoggerFactory? log = null) => EmbeddedProducer.StartAsync(
        new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder, LoggerFactory = log ?? NullLoggerFactory.Instance });
}
