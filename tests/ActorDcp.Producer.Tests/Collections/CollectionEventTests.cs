using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Tests.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Collections;

/// <summary>Changes of scopes and collections as streams tell them (dcp-reference.md 3.12).</summary>
public sealed class CollectionEventTests
{
    private static readonly VBucketId Zero = new(0);

    [Theory]
    [InlineData(false, "classic")]
    [InlineData(true, "flatbuffers")]
    public async Task Six_manifests_give_the_events_that_were_recorded(bool flat, string recording)
    {
        var capture = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "captures", "collections-live-events.jsonl"));
        using var header = JsonDocument.Parse(capture[0]);
        var expect = header.RootElement.GetProperty("expect");
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var client = await RawClient.OpenDcpAsync(producer, controls: flat ? [("flatbuffers_system_events", "true")] : []);
        await client.StreamAsync(0);
        var manifests = expect.GetProperty("manifests").EnumerateArray().ToArray();
        foreach (var manifest in manifests)
            producer.Bucket.Collections.Replace(RecordedBucket.ReadManifest(manifest.GetRawText()));

        var expected = expect.GetProperty("steps").EnumerateArray().SelectMany(step => step.GetProperty(recording).EnumerateArray())
            .Where(told => told.GetProperty("vb").GetInt32() == 1)
            .Select(told => $"event {told.GetProperty("seqno")} {told.GetProperty("event")} v{told.GetProperty("version")} {told.GetProperty("key")} {told.GetProperty("value")}")
            .ToList();
        var events = new List<string>();
        while (events.Count < expected.Count)
            if (await client.ReadAsync() is { Opcode: Opcode.DcpSystemEvent } frame)
                events.Add(frame.ToString());
        Assert.Equal(15, expected.Count);
        Assert.Equal(expected, events);
    }

    [Fact]
    public async Task Collections_begin_and_end_with_a_checkpoint_of_their_own()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        var collections = producer.Bucket.Collections;
        producer.Bucket.Set(Zero, "a", "1"u8);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        var markers = new List<string>();
        async Task ExpectAsync(int frames) => markers.Add((await client.ReadTextsAsync(frames))[0]);

        await ExpectAsync(2);
        collections.CreateScope("s");
        await ExpectAsync(2);
        collections.CreateCollection("s", "c");
        await ExpectAsync(2);
        producer.Bucket.Collection("s", "c").Set(Zero, "k", "1"u8);
        await ExpectAsync(2);
        collections.DropScope("s");
        await ExpectAsync(3);
        producer.Bucket.Set(Zero, "b", "1"u8);
        await ExpectAsync(2);
        Assert.Equal(
            ["marker [0,1] 0x05", "marker [2,2] 0x01", "marker [3,3] 0x05", "marker [4,4] 0x01", "marker [5,6] 0x05", "marker [7,7] 0x05"], markers);
    }

    [Fact]
    public async Task A_dropped_collection_leaves_the_disk_and_its_begin_gives_way_to_its_end()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var fromMemory = await RawClient.OpenDcpAsync(producer);
        await fromMemory.StreamAsync(0);
        producer.StallDelivery();
        producer.Bucket.Collections.CreateCollection("", "fruit");
        var fruit = producer.Bucket.Collection("", "fruit");
        fruit.Set(Zero, "apple", "1"u8);
        producer.Bucket.Set(Zero, "kept", "1"u8);
        producer.Bucket.Collections.DropCollection("", "fruit");
        Assert.Equal(1, producer.Bucket.DocumentCount);
        Assert.Null(fruit.Get("apple"));
        producer.ResumeDelivery();
        Assert.Equal(
            ["marker [0,3] 0x05", "event 1 0 v0 fruit 00000000000000010000000000000008", "mutation 2 \bapple", "mutation 3 \0kept",
                "marker [4,4] 0x05", "event 4 1 v0  00000000000000020000000000000008"],
            await fromMemory.ReadTextsAsync(6));
        producer.ExpelCheckpoints(Zero);
        await using var fromDisk = await RawClient.OpenDcpAsync(producer);
        await fromDisk.StreamAsync(0);
        Assert.Equal(
            ["marker [0,4] 0x06", "mutation 3 \0kept", "event 4 1 v0  00000000000000020000000000000008"], await fromDisk.ReadTextsAsync(3));
    }

    [Fact]
    public async Task Losing_the_drop_brings_the_documents_back_and_drops_them_again_on_the_new_branch()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Collections.CreateCollection("", "fruit");
        producer.Bucket.Collection("", "fruit").Set(Zero, "apple", "1"u8);
        producer.Bucket.Collections.DropCollection("", "fruit");
        producer.Failover(Zero, new Seqno(2));
        Assert.Equal(3UL, producer.Bucket.HighSeqno(Zero).Value);
        producer.ExpelCheckpoints(Zero);
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        Assert.Equal(["marker [0,3] 0x06", "event 3 1 v0  00000000000000020000000000000008"], await client.ReadTextsAsync(2));
    }

    [Fact]
    public async Task A_stream_ends_with_reason_7_when_the_last_of_its_collections_is_dropped()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Collections.CreateCollection("", "a");
        producer.Bucket.Collections.CreateCollection("", "b");
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, value: """{"collections":["8","9"]}""");
        producer.Bucket.Collections.DropCollection("", "b");
        producer.Bucket.Collections.DropCollection("", "a");
        var frames = await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd);
        Assert.Equal(
            ["event 1 0 v0 a 00000000000000010000000000000008", "event 2 0 v0 b 00000000000000020000000000000009",
                "event 3 1 v0  00000000000000030000000000000009", "event 4 1 v0  00000000000000040000000000000008", "end 7"],
            frames.Where(frame => frame.Opcode != Opcode.DcpSnapshotMarker).Select(frame => frame.ToString()));
    }

    [Fact]
    public async Task A_stream_of_a_scope_follows_its_collections_and_ends_with_it()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        var collections = producer.Bucket.Collections;
        collections.CreateScope("s");
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0, value: """{"scope":"8"}""");
        collections.CreateCollection("s", "late");
        collections.CreateCollection("", "elsewhere");
        producer.Bucket.Collection("", "elsewhere").Set(Zero, "hidden", "1"u8);
        producer.Bucket.Collection("s", "late").Set(Zero, "seen", "1"u8);
        collections.DropScope("s");
        var frames = await client.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd);
        Assert.Equal(
            ["event 1 3 v0 s 000000000000000100000008", "event 2 0 v0 late 00000000000000020000000800000008", "mutation 5 \bseen",
                "event 6 1 v0  00000000000000030000000800000008", "event 7 4 v0  000000000000000400000008", "end 7"],
            frames.Where(frame => frame.Opcode != Opcode.DcpSnapshotMarker).Select(frame => frame.ToString()));
    }

    [Fact]
    public async Task New_settings_of_a_collection_are_told_to_those_who_read_flatbuffers()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        var collections = producer.Bucket.Collections;
        await using var classic = await RawClient.OpenDcpAsync(producer);
        await classic.StreamAsync(0, end: 2);
        await using var flat = await RawClient.OpenDcpAsync(producer, controls: ("flatbuffers_system_events", "true"));
        await flat.StreamAsync(0, end: 2);
        collections.CreateCollection("", "h", history: true);
        collections.ModifyCollection("", "h", maxTtl: 5, history: false);
        var told = await flat.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpStreamEnd);
        Assert.Equal([0u, 5u], told.Where(frame => frame.Opcode == Opcode.DcpSystemEvent).Select(frame => (uint)frame.Extras[11]));
        Assert.Equal(["marker [0,1] 0x05", "event 1 0 v0 h 00000000000000010000000000000008", "end 0"], await classic.ReadTextsAsync(3));
    }

    [Fact]
    public async Task The_manifest_and_its_events_are_there_after_a_restart_and_ids_are_never_used_again()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var options = new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder };
            await using (var producer = await EmbeddedProducer.StartAsync(options))
            {
                producer.Bucket.Collections.CreateScope("s");
                producer.Bucket.Collections.CreateCollection("s", "c", maxTtl: 100);
                producer.Bucket.Collections.CreateCollection("s", "gone");
                producer.Bucket.Collection("s", "gone").Set(Zero, "k", "1"u8);
                producer.Bucket.Collections.DropCollection("s", "gone");
                producer.Bucket.Collection("s", "c").Set(Zero, "k", "1"u8);
            }
            await using var again = await EmbeddedProducer.StartAsync(options);
            Assert.Equal("4", again.Bucket.Collections.Current.Uid.ToString());
            Assert.Equal(6UL, again.Bucket.HighSeqno(Zero).Value);
            Assert.Equal(1, again.Bucket.DocumentCount);
            again.Bucket.Collections.CreateCollection("s", "new");
            Assert.Equal(10u, again.Bucket.Collections.Current.Find("s", "new")!.Id);
            await again.Bucket.FlushAsync();
            await using var client = await RawClient.OpenDcpAsync(again);
            await client.StreamAsync(0, end: 6);
            Assert.Equal(
                ["marker [0,7] 0x06", "event 1 3 v0 s 000000000000000100000008", "event 2 0 v1 c 0000000000000002000000080000000800000064",
                    "event 5 1 v0  00000000000000040000000800000009", "mutation 6 \bk"],
                await client.ReadTextsAsync(5));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Nothing_of_a_collection_follows_its_end_however_many_write_to_it()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2 });
        await using var client = await RawClient.OpenDcpAsync(producer);
        await client.StreamAsync(0);
        for (var round = 0; round < 20; round++)
        {
            producer.Bucket.Collections.CreateCollection("", "busy");
            var collection = producer.Bucket.Collection("", "busy");
            var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteUntilDropped(collection, writer))).ToArray();
            producer.Bucket.Collections.DropCollection("", "busy");
            await Task.WhenAll(writers).WaitAsync(RawClient.Deadline);
        }
        producer.Bucket.Set(Zero, "last", "1"u8);

        uint? open = null;
        var ended = 0;
        foreach (var frame in await client.ReadUntilAsync(frame => frame.IsEvent && frame.Key.AsSpan().EndsWith("last"u8)))
        {
            if (frame.Opcode == Opcode.DcpSystemEvent)
            {
                var id = (uint)frame.Value[15];
                var begins = frame.Extras[11] == 0;
                ended += begins ? 0 : 1;
                open = begins ? id : null;
            }
            else if (frame.IsEvent && frame.Key[0] != 0)
            {
                Assert.Equal(open, (uint)frame.Key[0]);
            }
        }
        Assert.Equal(20, ended);
        Assert.Equal(1, producer.Bucket.DocumentCount);
    }

    [Fact]
    public async Task A_durable_write_under_way_is_aborted_when_its_collection_is_dropped()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        producer.Bucket.Collections.CreateCollection("", "c8");
        producer.Bucket.Find(Zero).SetReplicationChain(["n_0", "n_1"]);
        await using var reader = await SyncWriteClient.StreamAsync(producer, 0, syncWrites: true);
        await using var writer = await SyncWriteClient.LoginAsync(producer);
        await writer.SendAsync(Opcode.Set, 0, 77, new byte[8], "\bk"u8.ToArray(), "1"u8.ToArray(), framing: [0x11, 1]);
        var first = await reader.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpPrepare);
        Assert.Equal([1UL, 2UL], first.Where(frame => frame.Opcode != Opcode.DcpSnapshotMarker).Select(frame => frame.Seqno));
        producer.Bucket.Collections.DropCollection("", "c8");
        Assert.Equal(Status.SyncWriteAmbiguous, (await writer.AnswerAsync(77)).Status);
        var rest = await reader.ReadUntilAsync(frame => frame.Opcode == Opcode.DcpSystemEvent);
        Assert.Equal(
            [Opcode.DcpSnapshotMarker, Opcode.DcpAbort, Opcode.DcpSnapshotMarker, Opcode.DcpSystemEvent], rest.Select(frame => frame.Opcode));
        producer.ExpelCheckpoints(Zero);
        await using var disk = await SyncWriteClient.StreamAsync(producer, 0, syncWrites: true);
        Assert.Equal(["marker [0,4] 0x06", "event 4 1 v0  00000000000000020000000000000008"], await disk.ReadStepsAsync(2));
    }

    private static void WriteUntilDropped(BucketCollection collection, int writer)
    {
        try
        {
            for (var i = 0; ; i++)
                collection.Set(Zero, $"k{writer}.{i % 5}", "1"u8);
        }
        catch (InvalidOperationException)
        {
            // dropped, as expected
        }
    }
}
